"""The lab's AWS stand-in on a free port with a site and a neighbour in one account, and a site that means it."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from daemons import free_port, wait_until
from run_tasks import ROOT

from rollback_runner.site.site import Site

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

REGION = "ap-northeast-2"
OURS = [{"Key": "service", "Value": "shop"}, {"Key": "Name", "Value": "shop-prod"}]
THEIRS = [{"Key": "service", "Value": "billing"}, {"Key": "Name", "Value": "billing"}]
PRICES = {
    "currency": "USD",
    "budget_month": 300,
    "prices": {
        "rds_instance": {"db.r6g.large": 0.25},
        "rds_storage": {"gp2": 0.1},
        "rds_snapshot": 0.1,
        "ec2_instance": {"t3.medium": 0.05},
        "ebs_volume": 0.1,
        "elastic_ip": 0.005,
        "hosted_zone": 0.5,
    },
}


@dataclass
class Cloud:
    """One stand-in. ``ids`` are those of the site's resources, ``theirs`` those of the neighbour."""

    directory: Path
    port: int = field(default_factory=free_port)
    ids: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        argv = [sys.executable, "-m", "lab.aws.server", "--port", str(self.port), "--config", "/nonexistent"]
        self._process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, lambda: "the AWS stand-in did not start")
        credentials = self.directory / "credentials"
        credentials.write_text("[looker]\naws_access_key_id = root\naws_secret_access_key = root\n", encoding="utf-8")
        credentials.chmod(0o600)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _answers(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=1) as answer:  # noqa: S310 - our own
            return bool(answer.status == 200)

    def client(self, service: str) -> Any:
        """With a key that nobody has, which may do everything."""
        if service not in self._clients:
            session = boto3.Session(aws_access_key_id="root", aws_secret_access_key="root", region_name=REGION)
            self._clients[service] = session.client(service, endpoint_url=self.url)
        return self._clients[service]

    def fill(self) -> None:
        """Empty the account and build both tenants anew."""
        reset = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 - our own
        urllib.request.urlopen(reset, timeout=10).close()  # noqa: S310 - our own
        ec2, rds, route53 = self.client("ec2"), self.client("rds"), self.client("route53")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
                "SubnetId"
            ]
            for n, zone in enumerate("ac")
        ]
        zone = route53.create_hosted_zone(Name="shop.example.net.", CallerReference="1")["HostedZone"]["Id"]
        self.ids = self._tenant("shop-prod", OURS, vpc, subnets) | {"zone": zone.removeprefix("/hostedzone/")}
        self.theirs = self._tenant("billing", THEIRS, vpc, subnets)
        acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        ec2.create_tags(Resources=[acl], Tags=OURS)
        self.ids["acl"] = acl
        rds.create_db_snapshot(DBSnapshotIdentifier="shop-prod-before", DBInstanceIdentifier="shop-prod")

    def _tenant(self, name: str, tags: list[dict[str, str]], vpc: str, subnets: list[str]) -> dict[str, str]:
        ec2, rds = self.client("ec2"), self.client("rds")

        def tagged(kind: str) -> list[dict[str, Any]]:
            return [{"ResourceType": kind, "Tags": tags}]

        group = ec2.create_security_group(
            GroupName=name, Description="d", VpcId=vpc, TagSpecifications=tagged("security-group")
        )["GroupId"]
        machine = ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.medium",
            SubnetId=subnets[0],
            SecurityGroupIds=[group],
            TagSpecifications=tagged("instance"),
        )["Instances"][0]
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
        volume = ec2.create_volume(
            AvailabilityZone=f"{REGION}a", Size=20, VolumeType="gp3", TagSpecifications=tagged("volume")
        )["VolumeId"]
        snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tagged("snapshot"))["SnapshotId"]
        rds.create_db_parameter_group(
            DBParameterGroupName=f"{name}-mysql", DBParameterGroupFamily="mysql8.4", Description="d"
        )
        rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=subnets)
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.r6g.large",
            Engine="mysql",
            AllocatedStorage=100,
            StorageType="gp2",
            MasterUsername="admin",
            MasterUserPassword="not-a-secret",
            DBParameterGroupName=f"{name}-mysql",
            DBSubnetGroupName=name,
            VpcSecurityGroupIds=[group],
            Tags=tags,
        )
        rds.create_db_snapshot(DBSnapshotIdentifier=f"{name}-by-hand", DBInstanceIdentifier=name, Tags=tags)
        return {
            "group": group,
            "machine": machine["InstanceId"],
            "address": address,
            "volume": volume,
            "snapshot": snapshot,
        }

    def variables(self, **more: Any) -> dict[str, Any]:
        """Variables of a host of ``databases``."""
        return {
            "site_name": "shop",
            "aws_region": REGION,
            "aws_endpoint_url": self.url,
            "aws_credentials_file": str(self.directory / "credentials"),
            "aws_profile": "looker",
            "aws_db_instance": "shop-prod",
            "aws_parameter_group": "shop-prod-mysql",
            "aws_security_groups": [self.ids["group"]],
            "aws_network_acls": [self.ids["acl"]],
            "aws_own_tags": {"service": "shop"},
            "site_cloud_costs": PRICES,
            **more,
        }

    def site(self, **more: Any) -> Site:
        """The site as the command loads it."""
        service = {"site_name": "shop", "dns_servers": {"route53": {"zone_id": self.ids["zone"]}}}
        return Site(
            name="shop",
            directory=self.directory,
            titles={"en": "Shop", "ko": "쇼핑몰"},
            critical=False,
            strategy="switch-first",
            budgets={"emergency": 900, "full": 3600},
            timezone="UTC",
            groups={"databases": ("shop-db",), "service": ("shop",)},
            variables={"shop-db": self.variables(**more), "shop": service},
            secret_files=(),
        )

    def neighbour(self) -> dict[str, Any]:
        """All that must stay as it is, whatever becomes of the site's."""
        ec2, rds = self.client("ec2"), self.client("rds")
        machine = ec2.describe_instances(InstanceIds=[self.theirs["machine"]])["Reservations"][0]["Instances"][0]
        return {
            "machine": machine["State"]["Name"],
            "group": ec2.describe_security_groups(GroupIds=[self.theirs["group"]])["SecurityGroups"][0]["GroupId"],
            "volume": ec2.describe_volumes(VolumeIds=[self.theirs["volume"]])["Volumes"][0]["VolumeId"],
            "snapshot": ec2.describe_snapshots(SnapshotIds=[self.theirs["snapshot"]])["Snapshots"][0]["SnapshotId"],
            "address": ec2.describe_addresses(AllocationIds=[self.theirs["address"]])["Addresses"][0]["AllocationId"],
            "instance": rds.describe_db_instances(DBInstanceIdentifier="billing")["DBInstances"][0]["DBInstanceStatus"],
            "by_hand": rds.describe_db_snapshots(DBSnapshotIdentifier="billing-by-hand")["DBSnapshots"][0]["Status"],
            "parameters": len(
                rds.describe_db_parameter_groups(DBParameterGroupName="billing-mysql")["DBParameterGroups"]
            ),
            "subnets": len(rds.describe_db_subnet_groups(DBSubnetGroupName="billing")["DBSubnetGroups"]),
        }
