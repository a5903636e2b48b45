"""The two fences outside of SQL, against moto's server: parameter group, security group, network ACL, and silence."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from idc_side import run_action
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import mysql_pair

REGION = "ap-northeast-2"
KEEP = ["10.0.0.1/32", "10.0.0.11/32"]


@pytest.fixture(name="aws", scope="module")
def _aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A moto server on a free port, and how the plugins reach it."""
    credentials: Path = tmp_path_factory.mktemp("aws") / "credentials"
    credentials.write_text("[test]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "region": REGION,
        "endpoint_url": f"http://{host}:{port}",
        "credentials_file": str(credentials),
        "profile": "test",
    }
    server.stop()


def client(aws: dict[str, str], service: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws["endpoint_url"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture(name="instance")
def _instance(aws: dict[str, str]) -> Iterator[str]:
    rds = client(aws, "rds")
    for group in ("shop-group", "shared-group"):
        rds.create_db_parameter_group(DBParameterGroupName=group, DBParameterGroupFamily="mysql8.4", Description="d")
    common = {"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "AllocatedStorage": 20, "MasterUsername": "a"}
    for name, group in (("shop", "shop-group"), ("one", "shared-group"), ("two", "shared-group")):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBParameterGroupName=group, MasterUserPassword="testing-password", **common
        )
    yield "shop"
    for name in ("shop", "one", "two"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    for group in ("shop-group", "shared-group"):
        rds.delete_db_parameter_group(DBParameterGroupName=group)


def parameter(aws: dict[str, str], pair: mysql_pair.Pair, *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {**aws, "instance": "shop", "group": "shop-group", "read_only": True, "server": pair.rds.login_dict()}
    return run_action("rds_parameter", args | {"timeout": 5.0} | more, check=check)


def value_in_group(aws: dict[str, str]) -> str:
    found = client(aws, "rds").describe_db_parameters(DBParameterGroupName="shop-group")["Parameters"]
    return next((str(p["ParameterValue"]) for p in found if p["ParameterName"] == "read_only"), "")


@pytest.mark.usefixtures("instance")
def test_read_only_is_set_and_seen_on_the_server(aws: dict[str, str], mysql_pair: mysql_pair.Pair) -> None:
    rehearsal = parameter(aws, mysql_pair, check=True)
    assert rehearsal["changed"]
    assert value_in_group(aws) == ""
    # What RDS does some time after the API has answered.
    applied = threading.Timer(1.0, lambda: mysql_pair.rds.root("SET GLOBAL read_only=1"))
    applied.start()
    result = parameter(aws, mysql_pair)
    applied.join()
    assert result["changed"]
    assert result["after"]["observed"]
    assert result["evidence"]["seconds"]["observed"] > 0.5
    again = parameter(aws, mysql_pair)
    assert not again["changed"]


@pytest.mark.usefixtures("instance")
def test_the_answer_of_the_api_is_no_proof(aws: dict[str, str], mysql_pair: mysql_pair.Pair) -> None:
    result = parameter(aws, mysql_pair, timeout=0.6)
    assert result["failed"]
    assert "still shows 0" in result["msg"]
    assert value_in_group(aws) == "1"
    assert "failed" not in parameter(aws, mysql_pair, wait=False)


@pytest.mark.usefixtures("instance")
def test_a_silent_rds_is_closed_by_the_api_all_the_same(aws: dict[str, str], mysql_pair: mysql_pair.Pair) -> None:
    silent = mysql_pair.rds.login_dict() | {"port": 9}
    assert parameter(aws, mysql_pair, server=silent)["failed"], "who waits for RDS needs its answer"
    result = parameter(aws, mysql_pair, server=silent, wait=False)
    assert result["changed"], result
    assert result["before"]["observed"] is None
    assert value_in_group(aws) == "1"
    told = parameter(
        aws | {"endpoint_url": "http://127.0.0.1:9"}, mysql_pair, server=silent, wait=False, silence="tell"
    )
    assert "could not be seen either" in told["msg"]


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"group": "shared-group", "instance": "one"}, "shared with two"),
        ({"group": "shared-group"}, "does not use the group"),
        ({"instance": "nowhere"}, "there is no RDS instance nowhere"),
    ],
)
def test_refuses_a_lever_that_would_stop_others(
    aws: dict[str, str], mysql_pair: mysql_pair.Pair, more: dict[str, str], words: str
) -> None:
    result = parameter(aws, mysql_pair, **more)
    assert result["refused"]
    assert words in result["msg"]


def test_silence_of_aws_is_decided(aws: dict[str, str], mysql_pair: mysql_pair.Pair) -> None:
    silent = aws | {"endpoint_url": "http://127.0.0.1:9"}
    result = parameter(silent, mysql_pair)
    assert result["failed"]
    assert result["evidence"]["aws_api"] == "unreachable"
    assert "stays closed by its locked accounts" in result["msg"]
    told = parameter(silent, mysql_pair, silence="tell")
    assert "failed" not in told
    assert "does not need it" in told["msg"]
    mysql_pair.rds.root("SET GLOBAL read_only=1")
    assert "failed" not in parameter(silent, mysql_pair), "the server shows it: that is the proof"


def network(aws: dict[str, str], kind: str, ids: list[str], *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {**aws, "state": "closed", "kind": kind, "ids": ids, "keep_sources": KEEP, **more}
    return run_action("rds_network", args, check=check)


def permissions(aws: dict[str, str], group: str) -> list[tuple[str, int, str]]:
    found = client(aws, "ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    return sorted(
        (p["IpProtocol"], p.get("FromPort", -1), source.get("CidrIp") or source.get("GroupId"))
        for p in found
        for source in (*p.get("IpRanges", []), *p.get("UserIdGroupPairs", []))
    )


def test_security_group_closed_again_and_opened_as_before(aws: dict[str, str]) -> None:
    ec2 = client(aws, "ec2")
    group = ec2.create_security_group(GroupName="db", Description="d")["GroupId"]
    other = ec2.create_security_group(GroupName="app", Description="d")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "10.0.0.0/24"}]},
            {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "UserIdGroupPairs": [{"GroupId": other}]},
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/24"}]},
        ],
    )
    before = permissions(aws, group)
    assert network(aws, "security_group", [group], check=True)["changed"]
    assert network(aws, "security_group", [group], state="verified")["failed"]
    assert permissions(aws, group) == before
    result = network(aws, "security_group", [group])
    assert result["changed"], result
    closed = [("tcp", 22, "10.0.0.0/24"), *(("tcp", 3306, source) for source in KEEP)]
    assert permissions(aws, group) == sorted(closed)
    assert not network(aws, "security_group", [group])["changed"]
    assert "failed" not in network(aws, "security_group", [group], state="verified")
    opened = network(aws, "security_group", [group], state="open")
    assert opened["changed"], opened
    assert permissions(aws, group) == before
    assert not network(aws, "security_group", [group], state="open")["changed"]


def test_network_acl_closed_in_front_and_opened_by_deleting_ours(aws: dict[str, str]) -> None:
    ec2 = client(aws, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"][0]["NetworkAclId"]

    def entries() -> list[tuple[int, str, str]]:
        found = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
        return sorted((e["RuleNumber"], e["RuleAction"], e["CidrBlock"]) for e in found if not e["Egress"])

    before = entries()
    assert network(aws, "network_acl", [acl], check=True)["changed"]
    assert entries() == before
    result = network(aws, "network_acl", [acl])
    assert result["changed"], result
    ours = [(1, "allow", KEEP[0]), (2, "allow", KEEP[1]), (3, "deny", "0.0.0.0/0")]
    assert entries() == sorted([*ours, *before])
    assert not network(aws, "network_acl", [acl])["changed"]
    # Somebody else's entry on the port is no business of ours when it is opened again.
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=50, RuleAction="deny", CidrBlock="192.0.2.0/24", Protocol="6", Egress=False,
        PortRange={"From": 3306, "To": 3306},
    )  # fmt: skip
    assert network(aws, "network_acl", [acl], state="open")["changed"]
    assert entries() == sorted([*before, (50, "deny", "192.0.2.0/24")])
    assert not network(aws, "network_acl", [acl], state="open")["changed"]


def test_ipv6_is_shut_with_the_rest_and_a_kept_source_of_it_let_in(aws: dict[str, str]) -> None:
    ec2 = client(aws, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"][0]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=101, RuleAction="allow", Ipv6CidrBlock="::/0", Protocol="-1", Egress=False
    )
    group = ec2.create_security_group(GroupName="db6", Description="d", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    def entries() -> list[tuple[int, str, str]]:
        found = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
        return sorted(
            (e["RuleNumber"], e["RuleAction"], e.get("Ipv6CidrBlock") or e["CidrBlock"])
            for e in found
            if not e["Egress"]
        )

    def sixes() -> list[str]:
        found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        return sorted(one["CidrIpv6"] for permission in found for one in permission["Ipv6Ranges"])

    before, keep = entries(), {"keep_sources": [KEEP[0], "2001:db8::/64"]}
    for kind, number in (("network_acl", acl), ("security_group", group)):
        assert network(aws, kind, [number], **keep)["changed"]
        assert not network(aws, kind, [number], **keep)["changed"]
        assert "failed" not in network(aws, kind, [number], state="verified", **keep)
    ours = [(1, "allow", KEEP[0]), (2, "allow", "2001:db8::/64"), (3, "deny", "0.0.0.0/0"), (4, "deny", "::/0")]
    assert entries() == sorted([*ours, *before])
    assert sixes() == ["2001:db8::/64"]
    for kind, number in (("network_acl", acl), ("security_group", group)):
        assert network(aws, kind, [number], state="open", **keep)["changed"]
    assert entries() == before
    assert sixes() == ["::/0"]


def test_network_without_ids_or_kept_sources_is_refused(aws: dict[str, str]) -> None:
    assert network(aws, "security_group", [])["refused"]
    assert "cut off themselves" in network(aws, "security_group", ["sg-1"], keep_sources=[])["msg"]
    assert "(InvalidGroup" in network(aws, "security_group", ["sg-12345678"])["msg"]


def test_network_silence_of_aws_is_decided(aws: dict[str, str]) -> None:
    silent = aws | {"endpoint_url": "http://127.0.0.1:9"}
    assert "close the network too" in network(silent, "security_group", ["sg-1"])["msg"].replace("\n", " ")
    assert "failed" not in network(silent, "security_group", ["sg-1"], silence="tell")
