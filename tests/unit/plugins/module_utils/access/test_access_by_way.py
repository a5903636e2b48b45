"""The same gap stops one way and not another: a restore, a switch alone, and an RDS that was given up."""

from __future__ import annotations

from typing import Any

import pytest
from failback.access import aws_look, host_look, iam, mysql_judge, paths
from failback.access.iam import Decision
from failback.access.model import Seen
from failback.access.site import Site
from failback.findings import Finding

WAYS = [("switch-first", "warning"), ("restore-first", "blocker"), ("stop-first", "blocker")]
SHOP = {"name": "shop", "hosts": "app_hosts", "container": "shop", "needs": ["mysql"], "server": "{host}"}
MYSQL = {"name": "mysql", "hosts": "database_hosts", "container": "{host}-mysql"}


def site(**variables: Any) -> Site:
    every = {"backup_sources": [{"url": "s3://backups/nightly"}], "aws_network_acls": [], **variables}
    names = ("db", "db1", "app1", "lb1")
    groups = {"databases": ("db",), "database_hosts": ("db1",), "app_hosts": ("app1",), "load_balancers": ("lb1",)}
    return Site(dict.fromkeys(names, every), groups)


@pytest.mark.parametrize(("way", "severity"), WAYS)
def test_backups_out_of_reach_stop_only_what_restores_them(way: str, severity: str) -> None:
    here = site(rr_strategy=way)
    calls = [call for call in iam.calls(here, "db", "1") if call.need.when == "s3"]
    assert {call.severity for call in calls} == {severity}
    denied = iam.findings("me", [(calls[0], Decision(allowed=False))])
    assert ("Only a way that restores" in denied[0].sentence) == (severity == "warning")
    (path,) = paths.of_apis(here, "db", [("s3", "https://s3.example.net")])
    assert path.severity == severity
    folder = {"path": "/var/backups", "problem": "is closed"}
    report: dict[str, Any] = {
        **dict.fromkeys(("docker", "commands", "files", "in_container", "socket"), ()),
        "user": {"name": "ops"},
        "folders": [folder],
    }
    assert [one.severity for one in host_look.judge(here, "db1", report)] == [severity]


def test_what_only_follows_and_lists_never_stops_anything_and_is_asked_once() -> None:
    def looks(**variables: Any) -> dict[str, str]:
        here = iam.calls(site(aws_network_fence="security_group", aws_security_groups=["sg-1"], **variables), "db", "1")
        assert len({(call.need.action, call.arn) for call in here}) == len(here)
        return {call.need.action: call.severity for call in here}

    followed = looks(aws_db_instance="shop")
    assert followed["cloudwatch:GetMetricData"] == followed["ec2:DescribeVolumes"] == "warning"
    assert followed["ec2:DescribeSecurityGroups"] == "blocker", "the fence reads them too"
    assert "cloudwatch:GetMetricData" not in looks(aws_db_instance="shop", watching_cloudwatch_period=0)
    assert "cloudwatch:GetMetricData" not in looks(), "nothing is followed without an instance"


@pytest.mark.parametrize(("given_up", "severity"), [("rows", "blocker"), ("", "warning")])
def test_an_rds_that_was_given_up_needs_the_api_and_the_rights_on_its_acl(given_up: str, severity: str) -> None:
    here = site(aws_network_acls=["acl-1"], rr_accept_loss=given_up)
    calls = [call for call in iam.calls(here, "db", "1") if call.need.when == "network_acl"]
    assert {call.severity for call in calls} == {severity}
    rds, ec2 = paths.of_apis(here, "db", [("rds", "https://rds.example.net"), ("ec2", "https://ec2.example.net")])
    assert (rds.severity, ec2.severity) == ("warning", severity), "a silent RDS is cut off by EC2 alone"
    assert iam.without_acl(here, "db") is None


def test_an_rds_that_was_given_up_without_an_acl_is_a_blocker_now() -> None:
    found = iam.without_acl(site(rr_accept_loss="rows"), "db")
    assert found is not None
    assert (found.severity, found.key) == ("blocker", "acl:db:none")
    assert "aws_network_acls" in found.next_step
    assert iam.without_acl(site(), "db") is None


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("AccessDenied", Decision(allowed=False, why="said")),
        ("DryRunOperation", Decision(allowed=True, why="said")),
        ("InvalidPermission.Duplicate", Decision(allowed=True, why="said")),
        ("DBParameterGroupNotFound", Decision(allowed=None, why="said", missing=True)),
        ("DBParameterGroupNotFoundFault", Decision(allowed=None, why="said", missing=True)),
        ("NoSuchHostedZone", Decision(allowed=None, why="said", missing=True)),
        ("NoSuchBucket", Decision(allowed=None, why="said", missing=True)),
        ("InvalidGroupId.Malformed", Decision(allowed=None, why="said", missing=True)),
        ("InvalidNetworkAclID.NotFound", Decision(allowed=None, why="said", missing=True)),
        ("Throttling", Decision(allowed=None, why="said")),
        ("RequestLimitExceeded", Decision(allowed=None, why="said")),
        ("ServiceUnavailable", Decision(allowed=None, why="said")),
    ],
)
def test_what_aws_objects_to_a_call_is_told_apart(code: str, decision: Decision) -> None:
    assert aws_look.objection(code, "said") == decision


def test_a_wrong_name_is_a_finding_and_a_call_nobody_answered_is_told() -> None:
    call = next(one for one in iam.calls(site(aws_parameter_group="shop"), "db", "1") if ":pg:" in one.arn)
    (missing,) = iam.findings("me", [(call, Decision(allowed=None, why="no such group", missing=True))])
    assert missing.severity == "blocker"
    assert "pg:shop does not exist" in missing.sentence
    (busy,) = iam.findings("me", [(call, Decision(allowed=None, why="slow down"))])
    assert (busy.severity, busy.next_step) == ("warning", "look again in a minute")
    assert "slow down" in busy.sentence


@pytest.mark.parametrize(("way", "refused"), [("switch-first", "blocker"), ("restore-first", "warning")])
def test_a_server_that_waits_for_its_data_may_refuse_until_it_is_restored(way: str, refused: str) -> None:
    here = site(site_strategy=way, lb_servers_idc=["app1"], service_containers=[MYSQL, SHOP])
    path = paths.of_host(here, "lb1", [("app1", "192.0.2.21", 8080)])[-1]
    said = {answer: paths.judge(path, Seen(answer, 0.1)) for answer in ("refused", "filtered")}  # type: ignore[arg-type]
    assert {answer: one.severity for answer, one in said.items() if one} == {"refused": refused, "filtered": "blocker"}


def test_a_server_that_needs_no_database_may_not_refuse() -> None:
    front = {**SHOP, "needs": ["cache"]}
    here = site(site_strategy="restore-first", lb_servers_idc=["app1"], service_containers=[MYSQL, front])
    path = paths.of_host(here, "lb1", [("app1", "192.0.2.21", 8080)])[-1]
    found = paths.judge(path, Seen("refused", 0.1))
    assert found is not None
    assert found.severity == "blocker"


def test_an_account_that_comes_with_the_data_is_a_warning() -> None:
    found = mysql_judge.until_restored(Finding("blocker", "login:IDC MySQL:app", "refused", "let it in"))
    assert (found.severity, found.key) == ("warning", "login:IDC MySQL:app")
    assert "restores IDC" in found.sentence
    assert "let it in" in found.next_step
