"""What else the move built in the account, and what a neighbour has there: for the clean-up to tell apart.

Safe to repeat. The neighbour, a billing system, shares the account and the network, and nothing of it is the shop's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.topology import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.aws.config import AwsConfig

OURS = {"service": "shop", "Name": "shop-prod"}
THEIRS = {"service": "billing", "Name": "billing"}
SNAPSHOT = "shop-prod-before-the-move"
_IMAGE = "ami-0000000000000ab1e"


def build(rds: Any, ec2: Any, config: AwsConfig, subnets: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """Build it. ``subnets`` are one a machine, ``groups`` what carries the shop's tag too. Returns the shop's ids."""
    vpc = ec2.describe_subnets(SubnetIds=[subnets[0]])["Subnets"][0]["VpcId"]
    ec2.create_tags(Resources=list(groups), Tags=_tags(OURS))
    own = _group(ec2, vpc, "shop-prod-app", OURS)
    machines = [
        _machine(ec2, name, subnet, own, ADDRESS[name])
        for name, subnet in zip(("aws-app1", "aws-lb1"), subnets, strict=True)
    ]
    _snapshot(rds, SNAPSHOT, config.instance, OURS)
    arn = rds.describe_db_instances(DBInstanceIdentifier=config.instance)["DBInstances"][0]["DBInstanceArn"]
    rds.add_tags_to_resource(ResourceName=arn, Tags=_tags(OURS))
    address = _address(ec2, OURS)
    _neighbour(rds, ec2, vpc, subnets)
    return {"app_group": own, "machines": machines, "address": address}


def _neighbour(rds: Any, ec2: Any, vpc: str, subnets: Sequence[str]) -> None:
    group = _group(ec2, vpc, "billing", THEIRS)
    _machine(ec2, "billing", subnets[1], group, "", THEIRS)
    if not _there(rds.describe_db_instances, DBInstanceIdentifier="billing"):
        rds.create_db_instance(
            DBInstanceIdentifier="billing",
            DBInstanceClass="db.t3.medium",
            Engine="mysql",
            EngineVersion="8.4.3",
            AllocatedStorage=20,
            MasterUsername="billing",
            ManageMasterUserPassword=True,
            VpcSecurityGroupIds=[group],
            Tags=_tags(THEIRS),
        )
    _snapshot(rds, "billing-monthly", "billing", THEIRS)


def _group(ec2: Any, vpc: str, name: str, tags: dict[str, str]) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [name]}]
    found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    group = found[0] if found else ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
    ec2.create_tags(Resources=[group["GroupId"]], Tags=_tags(tags))
    return str(group["GroupId"])


def _machine(  # noqa: PLR0913, PLR0917 - a machine has these parts
    ec2: Any, name: str, subnet: str, group: str, address: str, tags: dict[str, str] | None = None
) -> str:
    named = {**(tags or OURS), "Name": name}
    filters = [
        {"Name": "tag:Name", "Values": [name]},
        {"Name": "instance-state-name", "Values": ["running", "stopped"]},
    ]
    found = ec2.describe_instances(Filters=filters)["Reservations"]
    if found:
        return str(found[0]["Instances"][0]["InstanceId"])
    made = ec2.run_instances(
        ImageId=_IMAGE,
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.medium",
        SubnetId=subnet,
        SecurityGroupIds=[group],
        TagSpecifications=[{"ResourceType": "instance", "Tags": _tags(named)}],
        **({"PrivateIpAddress": address} if address else {}),
    )
    return str(made["Instances"][0]["InstanceId"])


def _address(ec2: Any, tags: dict[str, str]) -> str:
    found = ec2.describe_addresses(Filters=[{"Name": "tag:service", "Values": [tags["service"]]}])["Addresses"]
    if found:
        return str(found[0]["AllocationId"])
    specifications = [{"ResourceType": "elastic-ip", "Tags": _tags(tags)}]
    return str(ec2.allocate_address(Domain="vpc", TagSpecifications=specifications)["AllocationId"])


def _snapshot(rds: Any, name: str, instance: str, tags: dict[str, str]) -> None:
    if not _there(rds.describe_db_snapshots, DBSnapshotIdentifier=name):
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=instance, Tags=_tags(tags))


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _there(describe: Any, **name: str) -> bool:
    try:
        describe(**name)
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return False
        raise
    return True
