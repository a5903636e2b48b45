"""Put into the AWS stand-in what the move has built there: `python3 -m lab.aws.seed --config /etc/rr/reconciler.json`.

Safe to repeat: what is there by name is kept and put back as it should be. Writes the ids that AWS gave out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from lab.aws import leftover_seed
from lab.aws.config import AwsConfig, ConfigError, read_config
from lab.aws.iam_seed import CLEANUP_USER, POLICY, USER, cleanup_document, policy_document

VPC_CIDR = "172.30.77.0/24"
# The instance's address lies in the first. Hosts of the lab are outside both, so the network ACL judges their packets.
RDS_SUBNETS = ("172.30.77.48/29", "172.30.77.56/29")
APP_SUBNET = "172.30.77.64/28"
NAME = "shop-prod"
MYSQL_PORT = 3306
ANYWHERE = "0.0.0.0/0"
ALL_PROTOCOLS = "-1"


def clients(config: AwsConfig) -> tuple[Any, Any, Any, Any]:
    """Return the RDS, EC2, Route 53 and IAM clients, with a key that no user has and that may do everything."""
    session = boto3.Session(aws_access_key_id="root", aws_secret_access_key="root", region_name=config.region)  # noqa: S106 - no secret: moto compares none
    names = ("rds", "ec2", "route53", "iam")
    rds, ec2, route53, iam = (session.client(name, endpoint_url=config.endpoint) for name in names)
    return rds, ec2, route53, iam


def seed(config: AwsConfig) -> dict[str, Any]:
    """Build it all. Returns the ids, as written to `ids_file`."""
    rds, ec2, route53, iam = clients(config)
    vpc = _vpc(ec2)
    subnets = [_subnet(ec2, vpc, cidr, f"{config.region}{zone}") for cidr, zone in zip(RDS_SUBNETS, "ac", strict=True)]
    app_subnet = _subnet(ec2, vpc, APP_SUBNET, f"{config.region}a")
    acl = _network_acl(ec2, vpc, subnets)
    group = _security_group(ec2, vpc, config.allowed_cidrs)
    _instance(rds, config, subnets, group)
    zone = _zone(route53, config)
    ids = {
        "security_groups": [group],
        "network_acls": [acl],
        "hosted_zone": zone,
        "vpc": vpc,
        "subnets": subnets,
        "app_subnet": app_subnet,
    }
    ids |= leftover_seed.build(rds, ec2, config, (subnets[1], app_subnet), (group, acl))
    iam.put_user_policy(UserName=USER, PolicyName=POLICY, PolicyDocument=json.dumps(policy_document(config, ids)))
    ending = json.dumps(cleanup_document(config, ids))
    iam.put_user_policy(UserName=CLEANUP_USER, PolicyName=POLICY, PolicyDocument=ending)
    config.ids_file.write_text(json.dumps(ids) + "\n", encoding="utf-8")
    return ids


def _tags(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": NAME}]}]


def _vpc(ec2: Any) -> str:
    found = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": [VPC_CIDR]}])["Vpcs"]
    vpc = found[0] if found else ec2.create_vpc(CidrBlock=VPC_CIDR, TagSpecifications=_tags("vpc"))["Vpc"]
    return str(vpc["VpcId"])


def _subnet(ec2: Any, vpc: str, cidr: str, zone: str) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "cidrBlock", "Values": [cidr]}]
    found = ec2.describe_subnets(Filters=filters)["Subnets"]
    subnet = found[0] if found else ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]
    return str(subnet["SubnetId"])


def _network_acl(ec2: Any, vpc: str, subnets: list[str]) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["false"]}]
    found = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    acl = found[0] if found else ec2.create_network_acl(VpcId=vpc, TagSpecifications=_tags("network-acl"))["NetworkAcl"]
    name = str(acl["NetworkAclId"])
    for entry in acl["Entries"]:
        # 32767 is the closing rule of every ACL and cannot be deleted on AWS.
        if entry["RuleNumber"] < 32767:  # noqa: PLR2004
            ec2.delete_network_acl_entry(NetworkAclId=name, RuleNumber=entry["RuleNumber"], Egress=entry["Egress"])
    for egress in (False, True):
        ec2.create_network_acl_entry(
            NetworkAclId=name,
            RuleNumber=100,
            Protocol=ALL_PROTOCOLS,
            RuleAction="allow",
            Egress=egress,
            CidrBlock=ANYWHERE,
        )
    for other in ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": subnets}])[
        "NetworkAcls"
    ]:
        for association in other["Associations"]:
            if association["SubnetId"] in subnets and association["NetworkAclId"] != name:
                ec2.replace_network_acl_association(
                    AssociationId=association["NetworkAclAssociationId"],
                    NetworkAclId=name,
                )
    return name


def _security_group(ec2: Any, vpc: str, cidrs: tuple[str, ...]) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [NAME]}]
    found = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    wanted = {
        "IpProtocol": "tcp",
        "FromPort": MYSQL_PORT,
        "ToPort": MYSQL_PORT,
        "IpRanges": [{"CidrIp": cidr, "Description": "the shop and its operators"} for cidr in cidrs],
    }
    if found:
        group = str(found[0]["GroupId"])
        if found[0]["IpPermissions"]:
            ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=found[0]["IpPermissions"])
    else:
        group = str(ec2.create_security_group(GroupName=NAME, Description="RDS of the shop", VpcId=vpc)["GroupId"])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[wanted])
    return group


def _instance(rds: Any, config: AwsConfig, subnets: list[str], group: str) -> None:
    if not _exists(rds.describe_db_parameter_groups, DBParameterGroupName=config.parameter_group):
        rds.create_db_parameter_group(
            DBParameterGroupName=config.parameter_group,
            DBParameterGroupFamily="mysql8.4",
            Description="The shop's own group, used by one instance",
        )
    rds.reset_db_parameter_group(DBParameterGroupName=config.parameter_group, ResetAllParameters=True)
    if not _exists(rds.describe_db_subnet_groups, DBSubnetGroupName=NAME):
        rds.create_db_subnet_group(
            DBSubnetGroupName=NAME, DBSubnetGroupDescription="RDS of the shop", SubnetIds=subnets
        )
    if not _exists(rds.describe_db_instances, DBInstanceIdentifier=config.instance):
        rds.create_db_instance(
            DBInstanceIdentifier=config.instance,
            DBInstanceClass="db.r6g.large",
            Engine="mysql",
            EngineVersion="8.4.3",
            AllocatedStorage=100,
            BackupRetentionPeriod=7,
            MasterUsername="rr_admin",
            ManageMasterUserPassword=True,
            DBParameterGroupName=config.parameter_group,
            DBSubnetGroupName=NAME,
            VpcSecurityGroupIds=[group],
        )


def _zone(route53: Any, config: AwsConfig) -> str:
    wanted = f"{config.dns.zone}."
    zones = route53.list_hosted_zones_by_name(DNSName=wanted)["HostedZones"]
    known = [zone for zone in zones if zone["Name"] == wanted]
    zone = known[0] if known else route53.create_hosted_zone(Name=wanted, CallerReference=NAME)["HostedZone"]
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": record["name"],
                "Type": record["type"],
                "TTL": record["ttl"],
                "ResourceRecords": [{"Value": record["value"]}],
            },
        }
        for record in config.records
    ]
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})
    return str(zone["Id"]).removeprefix("/hostedzone/")


def _exists(describe: Any, **name: str) -> bool:
    """Tell whether AWS knows something by that name. Raises what is not a 'not found'."""
    try:
        describe(**name)
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return False
        raise
    return True


def main(argv: list[str] | None = None) -> int:
    """Seed once. Returns 2 when the configuration cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    try:
        config = read_config(parser.parse_args(argv).config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(seed(config)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
