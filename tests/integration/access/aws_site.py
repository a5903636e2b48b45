"""The lab's AWS stand-in on a free port, with the users and policies a test gives it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from daemons import free_port, wait_until
from failback.access import iam
from failback.access.site import Site
from run_tasks import ROOT

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

REGION = "ap-northeast-2"
ACCOUNT = "123456789012"
GROUP = "shop-prod-mysql"


@dataclass
class Aws:
    """One stand-in with an instance, its group, a security group, a network ACL and a zone."""

    directory: Path
    port: int = field(default_factory=free_port)
    ids: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        argv = [sys.executable, "-m", "lab.aws.server", "--port", str(self.port), "--config", "/nonexistent"]
        self._process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, lambda: "the AWS stand-in did not start")
        self._fill()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """With a key that nobody has, which may do everything."""
        if service not in self._clients:
            session = boto3.Session(aws_access_key_id="root", aws_secret_access_key="root", region_name=REGION)
            self._clients[service] = session.client(service, endpoint_url=self.url)
        return self._clients[service]

    def _answers(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), 0.5).close()
        return True

    def _fill(self) -> None:
        rds, ec2, route53 = self.client("rds"), self.client("ec2"), self.client("route53")
        rds.create_db_parameter_group(DBParameterGroupName=GROUP, DBParameterGroupFamily="mysql8.4", Description="d")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        group = ec2.create_security_group(GroupName="shop", Description="d", VpcId=vpc)["GroupId"]
        acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        zone = route53.create_hosted_zone(Name="shop.example.net.", CallerReference="1")["HostedZone"]["Id"]
        self.ids = {"group": group, "acl": acl, "zone": zone.removeprefix("/hostedzone/")}

    def site(self, user: str, **more: Any) -> Site:
        """The site as the plugins see it, with the key of this user."""
        account = {"region": REGION, "endpoint_url": self.url, "profile": user}
        account["credentials_file"] = str(self.directory / "credentials")
        aws = {f"aws_{name}": value for name, value in account.items()}
        database = {
            **aws,
            "aws_parameter_group": GROUP,
            "aws_network_fence": "security_group",
            "aws_security_groups": [self.ids["group"]],
            "aws_network_acls": [self.ids["acl"]],
            "db_fence_required": [],
            **more,
        }
        service = {
            "dns_records": [{"name": "m.shop.example.net", "provider": "route53"}],
            "dns_servers": {"route53": {**account, "zone_id": self.ids["zone"]}},
        }
        groups = {"databases": ("shop-db",), "service": ("shop",)}
        return Site({"shop-db": database, "shop": service}, groups)

    def least(self, user: str = "anyone", **more: Any) -> dict[str, Any]:
        """The policy that the page of permissions gives for this site."""
        site = self.site(user, **more)
        calls = [*iam.calls(site, "shop-db", ACCOUNT), *iam.calls(site, "shop", ACCOUNT)]
        return iam.policy(calls, f"arn:aws:iam::{ACCOUNT}:user/{user}")

    def user(self, name: str, policy: dict[str, Any]) -> None:
        """Make a user with this policy and write its key into the credentials file."""
        api = self.client("iam")
        api.create_user(UserName=name)
        api.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = api.create_access_key(UserName=name)["AccessKey"]
        with (self.directory / "credentials").open("a", encoding="utf-8") as file:
            file.write(f"[{name}]\naws_access_key_id = {key['AccessKeyId']}\n")
            file.write(f"aws_secret_access_key = {key['SecretAccessKey']}\n")
        (self.directory / "credentials").chmod(0o600)

    def state(self) -> str:
        """Everything a look must leave as it is: rules, entries, parameters and records."""
        with urllib.request.urlopen(f"{self.url}/lab/desired?{REGION}", timeout=10) as answer:  # noqa: S310 - our own
            return str(answer.read().decode())
