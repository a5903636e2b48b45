"""Read what EC2, the load balancers and Route 53 hold of a site. Looks only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback import aws
from failback.leftovers.model import Resource
from failback.situation import times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from failback.leftovers.model import Scope

Read = tuple[list[Resource], int]
_TAGS_AT_ONCE = 20  # load balancers whose tags one call may ask for
OVER = frozenset({"terminated", "shutting-down"})


def instances(ec2: Any, scope: Scope) -> Read:
    """Virtual machines that are not gone; AWS shows a terminated one for about an hour."""
    with aws.answering("describe the EC2 instances"):
        rows = [
            row
            for page in ec2.get_paginator("describe_instances").paginate()
            for one in page["Reservations"]
            for row in one["Instances"]
            if row["State"]["Name"] not in OVER
        ]

    def facts(row: Mapping[str, Any]) -> dict[str, Any]:
        disks = [one["Ebs"] for one in row.get("BlockDeviceMappings") or () if "Ebs" in one]
        return {
            "type": row.get("InstanceType", ""),
            "image": row.get("ImageId", ""),
            "subnet": row.get("SubnetId", ""),
            "addresses": sorted({str(row[key]) for key in ("PrivateIpAddress", "PublicIpAddress") if row.get(key)}),
            "security_groups": sorted(one["GroupId"] for one in row.get("SecurityGroups") or ()),
            "volumes": sorted(one["VolumeId"] for one in disks),
            "volumes_that_go_with_it": sorted(one["VolumeId"] for one in disks if one.get("DeleteOnTermination")),
        }

    return _judged("ec2_instance", "InstanceId", rows, scope, facts, state=lambda row: str(row["State"]["Name"]),
                   created="LaunchTime")  # fmt: skip


def volumes(ec2: Any, scope: Scope) -> Read:
    """Disks: tagged, or on a machine of the site."""
    machines, _ = instances(ec2, scope)
    attached = {volume: one for one in machines if one.owner == "site" for volume in one.facts["volumes"]}
    with aws.answering("describe the EBS volumes"):
        rows = [row for page in ec2.get_paginator("describe_volumes").paginate() for row in page["Volumes"]]
    mine, others = [], 0
    for row in rows:
        name = str(row["VolumeId"])
        judged, through = scope.judge("ebs_volume", name, _tags(row)), ""
        if judged is None and name in attached and not _foreign(scope, row):
            judged, through = ("site", f"attached to {attached[name].id}"), attached[name].key
        if judged is None:
            others += 1
            continue
        users = tuple(f"ec2_instance:{one['InstanceId']}" for one in row.get("Attachments") or ())
        strangers = [user for user in users if user.partition(":")[2] not in {one.id for one in machines}]
        if strangers and judged[0] == "site":
            judged = ("shared", f"attached to {strangers[0]}")
        facts = {"gib": int(row.get("Size") or 0), "type": row.get("VolumeType", "")}
        created = _moment(row.get("CreateTime"))
        state = str(row.get("State", ""))
        made = Resource("ebs_volume", name, _name(row, name), "", created, state, facts, users, *judged, through)
        mine.append(made)
    return mine, others


def snapshots(ec2: Any, scope: Scope) -> Read:
    """Disk snapshots of this account, by their tags."""
    with aws.answering("describe the EBS snapshots"):
        pages = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"])
        rows = [row for page in pages for row in page["Snapshots"]]
    return _judged(
        "ebs_snapshot",
        "SnapshotId",
        rows,
        scope,
        lambda row: {"gib": int(row.get("VolumeSize") or 0), "volume": row.get("VolumeId", "")},
        created="StartTime",
    )


def addresses(ec2: Any, scope: Scope) -> Read:
    """Public addresses that are reserved, used or not: they cost either way."""
    with aws.answering("describe the addresses"):
        rows = ec2.describe_addresses()["Addresses"]
    found, others = _judged(
        "elastic_ip", "AllocationId", rows, scope, lambda row: {"addresses": [str(row.get("PublicIp", ""))]}, created=""
    )
    users = {str(row.get("AllocationId")): _holder(row) for row in rows}
    return [replace(one, used_by=users[one.id]) for one in found], others


def _holder(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the machine or the interface an address is bound to: releasing it would take it away from there."""
    if row.get("InstanceId"):
        return (f"ec2_instance:{row['InstanceId']}",)
    return (f"network_interface:{row['NetworkInterfaceId']}",) if row.get("NetworkInterfaceId") else ()


def security_groups(ec2: Any, scope: Scope) -> Read:
    """Security groups, each with the network interfaces in it: AWS refuses to delete a group that is in use."""
    with aws.answering("describe the security groups"):
        rows = [
            row for page in ec2.get_paginator("describe_security_groups").paginate() for row in page["SecurityGroups"]
        ]
    found, others = _judged(
        "security_group",
        "GroupId",
        rows,
        scope,
        lambda row: {
            "vpc": row.get("VpcId", ""),
            "name": row.get("GroupName", ""),
            "ingress": _plain(row.get("IpPermissions")),
            "egress": _plain(row.get("IpPermissionsEgress")),
        },
        created="",
    )
    return [replace(one, name=str(one.facts["name"] or one.name)) for one in found], others


def network_acls(ec2: Any, scope: Scope) -> Read:
    """Network ACLs; one that guards a subnet is in use."""
    with aws.answering("describe the network ACLs"):
        rows = [row for row in ec2.describe_network_acls()["NetworkAcls"] if not row.get("IsDefault")]
    found, others = _judged(
        "network_acl",
        "NetworkAclId",
        rows,
        scope,
        lambda row: {
            "vpc": row.get("VpcId", ""),
            "entries": _plain(row.get("Entries")),
            "subnets": sorted(one["SubnetId"] for one in row.get("Associations") or ()),
        },
        created="",
    )
    return [replace(one, used_by=tuple(f"subnet:{name}" for name in one.facts["subnets"])) for one in found], others


def load_balancers(elb: Any, scope: Scope) -> Read:
    """Load balancers of the second generation, by tags or name."""
    with aws.answering("describe the load balancers"):
        rows = [
            row for page in elb.get_paginator("describe_load_balancers").paginate() for row in page["LoadBalancers"]
        ]
        tags: dict[str, list[dict[str, str]]] = {}
        for place in range(0, len(rows), _TAGS_AT_ONCE):
            arns = [row["LoadBalancerArn"] for row in rows[place : place + _TAGS_AT_ONCE]]
            for one in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]:
                tags[one["ResourceArn"]] = one["Tags"]
    dressed = [dict(row, Tags=tags.get(row["LoadBalancerArn"], [])) for row in rows]
    found, others = _judged(
        "load_balancer",
        "LoadBalancerName",
        dressed,
        scope,
        lambda row: {
            "type": row.get("Type", ""),
            "addresses": [str(row.get("DNSName", "")).rstrip(".").lower()],
            "security_groups": sorted(row.get("SecurityGroups") or ()),
        },
        created="CreatedTime",
    )
    arns_of = {str(row["LoadBalancerName"]): str(row["LoadBalancerArn"]) for row in rows}
    return [replace(one, arn=arns_of[one.id]) for one in found], others


def hosted_zones(route53: Any, scope: Scope) -> Read:
    """Zones that the inventory names. They are never deleted here: the service's names live in them."""
    with aws.answering("list the hosted zones"):
        rows = [row for page in route53.get_paginator("list_hosted_zones").paginate() for row in page["HostedZones"]]
    mine, others = [], 0
    for row in rows:
        name = str(row["Id"]).removeprefix("/hostedzone/")
        if name not in scope.names.get("hosted_zone", ()):
            others += 1
            continue
        zone = str(row["Name"]).rstrip(".")
        mine.append(Resource("hosted_zone", name, zone, facts={"zone": zone}, because="the inventory names it"))
    return mine, others


def _judged(  # noqa: PLR0913, PLR0917 - one row of AWS has these parts
    kind: str,
    key: str,
    rows: Iterable[Mapping[str, Any]],
    scope: Scope,
    facts: Any,
    created: str = "",
    state: Any = lambda row: str(row.get("State", "")) if isinstance(row.get("State"), str) else "",
) -> Read:
    mine, others = [], 0
    for row in rows:
        name = str(row[key])
        judged = scope.judge(kind, name, _tags(row))
        if judged is None:
            others += 1
            continue
        moment = _moment(row.get(created)) if created else ""
        mine.append(
            Resource(
                kind=kind,
                id=name,
                name=_name(row, name),
                created=moment,
                state=state(row),
                facts=facts(row),
                owner=judged[0],
                because=judged[1],
            )
        )
    return mine, others


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in row.get("Tags") or ()}


def _foreign(scope: Scope, row: Mapping[str, Any]) -> bool:
    tags = _tags(row)
    return any(key in tags and tags[key] != value for key, value in scope.tags.items())


def _name(row: Mapping[str, Any], instead: str) -> str:
    return _tags(row).get("Name") or instead


def _plain(rules: Any) -> list[str]:
    """Make rules comparable: AWS gives no order."""
    return sorted(str(sorted(_flat(rule))) for rule in rules or ())


def _flat(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _flat(inside, f"{path}.{key}")
    elif isinstance(value, list):
        for inside in value:
            yield from _flat(inside, path)
    else:
        yield f"{path}={value}"


def _moment(value: Any) -> str:
    return times.utc(value) if value is not None else ""
