"""Read what RDS holds of a site: instances, snapshots, parameter and subnet groups. Looks only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback import aws
from failback.leftovers.model import Resource
from failback.situation import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.leftovers.model import Scope

Read = tuple[list[Resource], int]


def instances(rds: Any, scope: Scope) -> Read:
    """Instances and their read replicas. A replica is a resource of its own and needs its own tag or name."""
    with aws.answering("describe the RDS instances"):
        rows = list(_all(rds, "describe_db_instances", "DBInstances"))
    mine, others = [], 0
    for row in rows:
        name = str(row["DBInstanceIdentifier"])
        judged = scope.judge("rds_instance", name, _tags(row))
        if judged is None:
            others += 1
            continue
        replicas = tuple(f"rds_instance:{one}" for one in row.get("ReadReplicaDBInstanceIdentifiers") or ())
        facts = {
            "resource_id": row.get("DbiResourceId", ""),
            "class": row.get("DBInstanceClass", ""),
            "version": row.get("EngineVersion", ""),
            "storage_gib": int(row.get("AllocatedStorage") or 0),
            "storage_type": row.get("StorageType", ""),
            "multi_az": bool(row.get("MultiAZ")),
            "deletion_protection": bool(row.get("DeletionProtection")),
            "subnet_group": (row.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""),
            "parameter_groups": sorted(one["DBParameterGroupName"] for one in row.get("DBParameterGroups") or ()),
            "security_groups": sorted(one["VpcSecurityGroupId"] for one in row.get("VpcSecurityGroups") or ()),
        }
        mine.append(
            Resource(
                kind="rds_instance",
                id=name,
                name=name,
                arn=str(row.get("DBInstanceArn", "")),
                created=_moment(row.get("InstanceCreateTime")),
                state=str(row.get("DBInstanceStatus", "")),
                facts=facts,
                used_by=replicas,
                owner=judged[0],
                because=judged[1],
            )
        )
    return mine, others


def snapshots(rds: Any, scope: Scope) -> Read:
    """Snapshots made by hand: those go on costing. Automated ones go with their instance."""
    with aws.answering("describe the RDS snapshots"):
        rows = list(_all(rds, "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"))
    mine, others = [], 0
    for row in rows:
        name, instance = str(row["DBSnapshotIdentifier"]), str(row.get("DBInstanceIdentifier", ""))
        tags = _tags(row)
        judged = scope.judge("rds_snapshot", name, tags)
        foreign = any(key in tags and tags[key] != value for key, value in scope.tags.items())
        if judged is None and instance in scope.names.get("rds_instance", ()) and not foreign:
            judged = ("site", f"a snapshot of {instance}")
        if judged is None:
            others += 1
            continue
        facts = {
            "instance": instance,
            "storage_gib": int(row.get("AllocatedStorage") or 0),
            "version": row.get("EngineVersion", ""),
            "encrypted": bool(row.get("Encrypted")),
        }
        mine.append(
            Resource(
                kind="rds_snapshot",
                id=name,
                name=name,
                arn=str(row.get("DBSnapshotArn", "")),
                created=_moment(row.get("SnapshotCreateTime")),
                state=str(row.get("Status", "")),
                facts=facts,
                owner=judged[0],
                because=judged[1],
            )
        )
    return mine, others


def groups(rds: Any, scope: Scope) -> Read:
    """Parameter and subnet groups, each with the instances that use it: one that is a neighbour's makes it shared."""
    with aws.answering("describe the RDS groups"):
        found = list(_all(rds, "describe_db_instances", "DBInstances"))
        parameter = list(_all(rds, "describe_db_parameter_groups", "DBParameterGroups"))
        subnet = list(_all(rds, "describe_db_subnet_groups", "DBSubnetGroups"))
    own = {str(row["DBInstanceIdentifier"]) for row in found if _own(scope, row)}
    used: dict[str, list[str]] = {}
    for row in found:
        name = str(row["DBInstanceIdentifier"])
        for one in row.get("DBParameterGroups") or ():
            used.setdefault(f"rds_parameter_group:{one['DBParameterGroupName']}", []).append(name)
        if row.get("DBSubnetGroup"):
            used.setdefault(f"rds_subnet_group:{row['DBSubnetGroup']['DBSubnetGroupName']}", []).append(name)
    mine, others = [], 0
    for kind, name, arn, facts in [*_parameter_groups(parameter), *_subnet_groups(subnet)]:
        users = used.get(f"{kind}:{name}", [])
        judged, through = scope.judge(kind, name, {}), ""
        if judged is None and kind == "rds_subnet_group" and own & set(users):
            through = f"rds_instance:{min(own & set(users))}"
            judged = ("site", f"the subnet group of {', '.join(sorted(own & set(users)))}")
        if judged is None:
            others += 1
            continue
        made = Resource(kind, name, name, arn, facts=facts, owner=judged[0], because=judged[1])
        made = replace(made, used_by=tuple(f"rds_instance:{one}" for one in users), through=through)
        strangers = sorted(set(users) - own)
        if strangers and made.owner == "site":
            made = replace(made, owner="shared", because=f"{', '.join(strangers)} uses it too")
        mine.append(made)
    return mine, others


def _own(scope: Scope, row: Mapping[str, Any]) -> bool:
    judged = scope.judge("rds_instance", str(row["DBInstanceIdentifier"]), _tags(row))
    return judged is not None and judged[0] == "site"


def _parameter_groups(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for row in rows:
        facts = {"family": row.get("DBParameterGroupFamily", "")}
        yield "rds_parameter_group", row["DBParameterGroupName"], str(row.get("DBParameterGroupArn", "")), facts


def _subnet_groups(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for row in rows:
        facts = {"vpc": row.get("VpcId", ""), "subnets": sorted(s["SubnetIdentifier"] for s in row.get("Subnets", []))}
        yield "rds_subnet_group", row["DBSubnetGroupName"], str(row.get("DBSubnetGroupArn", "")), facts


def _all(client: Any, call: str, part: str, **wanted: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(call).paginate(**wanted):
        yield from page.get(part, [])


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in row.get("TagList") or ()}


def _moment(value: Any) -> str:
    return times.utc(value) if value is not None else ""
