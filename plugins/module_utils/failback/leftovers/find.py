"""Find everything a site has on AWS, kind by kind; what cannot be read is named and leaves the rest standing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from failback import aws
from failback.errors import FailbackError
from failback.leftovers import readers_ec2, readers_rds
from failback.leftovers.model import KINDS, Found, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.aws import Account
    from failback.leftovers.model import Scope

# What is read with which client.
READERS: Mapping[str, tuple[str, Callable[[Any, Scope], tuple[list[Resource], int]]]] = {
    "load balancers": ("elbv2", readers_ec2.load_balancers),
    "EC2 instances": ("ec2", readers_ec2.instances),
    "RDS instances": ("rds", readers_rds.instances),
    "addresses": ("ec2", readers_ec2.addresses),
    "EBS volumes": ("ec2", readers_ec2.volumes),
    "RDS snapshots": ("rds", readers_rds.snapshots),
    "EBS snapshots": ("ec2", readers_ec2.snapshots),
    "RDS groups": ("rds", readers_rds.groups),
    "security groups": ("ec2", readers_ec2.security_groups),
    "network ACLs": ("ec2", readers_ec2.network_acls),
    "hosted zones": ("route53", readers_ec2.hosted_zones),
}


def look(account: Account, scope: Scope) -> Found:
    """Read it all. Raises ConfigError for credentials that cannot be used, AwsUnreachableError for a silent API."""
    clients = {service: _client(account, service) for service in {service for service, _ in READERS.values()}}
    resources: list[Resource] = []
    neighbours: dict[str, int] = {}
    unread: list[str] = []
    for what, (service, read) in READERS.items():
        try:
            mine, others = read(clients[service], scope)
        except FailbackError as error:
            if error.evidence.get("aws_api") == "unreachable":
                raise
            unread.append(f"{what}: {error}")
            continue
        resources += mine
        if others:
            neighbours[what] = others
    dressed = _with_users(clients, resources, unread)
    return Found(tuple(sorted(dressed, key=_order)), neighbours, tuple(unread))


def _with_users(clients: Mapping[str, Any], resources: list[Resource], unread: list[str]) -> list[Resource]:
    """Add to each security group who is in it: ours must go before, a stranger makes it shared.

    Where that cannot be read, nobody knows who is in it: then it is shared too.
    """
    groups = {one.id for one in resources if one.kind == "security_group"}
    if not groups:
        return resources
    try:
        members = members_of_groups(clients["ec2"], clients["rds"])
    except FailbackError as error:
        unread.append(f"who uses the security groups: {error}")
        return [replace(one, owner="shared", because="nobody knows who uses it") if one.id in groups else one
                for one in resources]  # fmt: skip
    mine = {one.key for one in resources}
    found = []
    for one in resources:
        if one.id in groups:
            users = members.get(one.id, set())
            strangers = sorted(users - mine)
            own = {other.key for other in resources if one.id in other.facts.get("security_groups", ())}
            found.append(replace(one, used_by=tuple(sorted(own | (users & mine)))))
            if strangers and one.owner == "site":
                found[-1] = replace(found[-1], owner="shared", because=f"{strangers[0]} of somebody else is in it")
        else:
            found.append(one)
    return found


def members_of_groups(ec2: Any, rds: Any) -> dict[str, set[str]]:
    """Read which machines and databases of the whole account are in which security group."""
    found: dict[str, set[str]] = defaultdict(set)
    with aws.answering("describe who is in the security groups"):
        for page in ec2.get_paginator("describe_instances").paginate():
            for row in (row for one in page["Reservations"] for row in one["Instances"]):
                if row["State"]["Name"] not in readers_ec2.OVER:
                    for group in row.get("SecurityGroups") or ():
                        found[str(group["GroupId"])].add(f"ec2_instance:{row['InstanceId']}")
        for page in rds.get_paginator("describe_db_instances").paginate():
            for row in page["DBInstances"]:
                for group in row.get("VpcSecurityGroups") or ():
                    found[str(group["VpcSecurityGroupId"])].add(f"rds_instance:{row['DBInstanceIdentifier']}")
    return found


@lru_cache(maxsize=32)
def _client(account: Account, service: str) -> Any:
    """Make each client once: that takes longer than ten questions to it, and a clean-up looks before each act."""
    return account.client(service)


def _order(one: Resource) -> tuple[int, str]:
    return KINDS.index(one.kind), one.id
