"""AWS: what a policy lacks is found by simulation, by dry runs where nobody may simulate, and never by doing it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_site import ACCOUNT, GROUP, Aws
from failback.access import apis, aws_look, iam
from failback.dns.records import RecordSet
from failback.dns.route53 import Route53, Zone
from idc_side import run_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.findings import Finding

ACTS = (
    "rds:DescribeDBInstances",
    "rds:DescribeDBParameters",
    "rds:ModifyDBParameterGroup",
    "ec2:DescribeSecurityGroups",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:CreateTags",
    "ec2:DeleteTags",
    "ec2:CreateNetworkAclEntry",
    "ec2:DeleteNetworkAclEntry",
    "route53:ListResourceRecordSets",
    "route53:ChangeResourceRecordSets",
    "route53:GetChange",
)
SIMULATE = "iam:SimulatePrincipalPolicy"


@pytest.fixture(name="aws", scope="module")
def _aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with Aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


def look(aws: Aws, user: str, part: str = "fence", **more: Any) -> dict[str, Any]:
    site = aws.site(user, **more)
    variables = {"hostvars": site.hosts, "groups": {name: list(found) for name, found in site.groups.items()}}
    before = aws.state()
    result = run_action(
        "access_aws", {"part": part}, host="shop" if part == "names" else "shop-db", task_vars=variables
    )
    assert aws.state() == before, "a look changes nothing"
    assert "failed" not in result, result
    return result


def without(policy: dict[str, Any], *actions: str) -> dict[str, Any]:
    kept = [{**one, "Action": [name for name in one["Action"] if name not in actions]} for one in policy["Statement"]]
    return {**policy, "Statement": [one for one in kept if one["Action"]]}


def user(aws: Aws, name: str, *, lacks: tuple[str, ...] = (), **more: Any) -> str:
    aws.user(name, without(aws.least(name, **more), *lacks))
    return name


def test_the_least_policy_passes(aws: Aws) -> None:
    name = user(aws, "complete")
    for part in ("fence", "names"):
        result = look(aws, name, part)
        assert result.get("findings") is None, result["findings"]
        assert result["evidence"]["how"] == "simulated"


@pytest.mark.parametrize("action", ACTS)
def test_each_action_that_is_missing_is_named_with_its_statement(aws: Aws, action: str) -> None:
    fence = "network_acl" if "Acl" in action else "security_group"
    name = user(aws, f"lacks-{action.replace(':', '-')}", lacks=(action,), aws_network_fence=fence)
    site, arn = aws.site(name, aws_network_fence=fence), f"arn:aws:iam::{ACCOUNT}:user/{name}"
    wanted = [*iam.calls(site, "shop-db", ACCOUNT), *iam.calls(site, "shop", ACCOUNT)]

    def found() -> list[Finding]:
        decided = aws_look.simulate(aws.client, arn, wanted)
        assert decided is not None
        return iam.findings(arn, [(call, decided[call]) for call in wanted])

    wrong = found()
    assert any(one.severity == "blocker" for one in wrong)
    assert all(action in one.sentence for one in wrong)
    # Giving exactly the statement that is named makes it pass.
    policy = without(aws.least(name, aws_network_fence=fence), action)
    policy["Statement"] += [json.loads(one.next_step.partition(": ")[2]) for one in wrong]
    aws.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    assert found() == []


def test_the_plugin_tells_what_is_missing_and_passes_once_it_is_given(aws: Aws) -> None:
    name = user(aws, "short", lacks=("ec2:CreateTags", "route53:ChangeResourceRecordSets"))
    for part, action in (("fence", "ec2:CreateTags"), ("names", "route53:ChangeResourceRecordSets")):
        findings = look(aws, name, part)["findings"]
        assert [action in one["sentence"] for one in findings if one["severity"] == "blocker"] == [True]
    aws.client("iam").put_user_policy(
        UserName=name, PolicyName="p", PolicyDocument=json.dumps(aws.least(name, aws_network_fence="security_group"))
    )
    assert look(aws, name).get("findings") is None


def test_without_the_simulation_dry_runs_and_reading_tell(aws: Aws) -> None:
    name = user(aws, "dry", lacks=(SIMULATE, "ec2:RevokeSecurityGroupIngress", "ec2:CreateNetworkAclEntry"))
    result = look(aws, name)
    assert result["evidence"]["how"] == "dry runs and reading"
    blockers = {one["key"].rpartition(":arn")[0] for one in result["findings"] if one["severity"] == "blocker"}
    assert blockers == {"iam:ec2:RevokeSecurityGroupIngress"}
    warnings = [one for one in result["findings"] if one["severity"] == "warning"]
    assert any("CreateNetworkAclEntry" in one["sentence"] for one in warnings), "only --accept-loss needs it"
    assert any("rds:ModifyDBParameterGroup" in one["sentence"] for one in warnings), "RDS has no dry run: unproven"
    assert any(SIMULATE in one["next_step"] for one in warnings)


@pytest.mark.parametrize("simulating", [True, False], ids=["simulated", "tried out"])
def test_what_only_follows_and_lists_is_a_warning(aws: Aws, simulating: bool) -> None:  # noqa: FBT001 - a parameter
    missing = ("cloudwatch:GetMetricData", "ec2:DescribeVolumes", "elasticloadbalancing:DescribeLoadBalancers")
    lacks = missing if simulating else (*missing, SIMULATE)
    name = user(aws, f"follows-not-{simulating}", lacks=lacks, aws_db_instance="shop-prod")
    found = look(aws, name, aws_db_instance="shop-prod")["findings"]
    denied = [one for one in found if " may not " in one["sentence"]]
    assert {one["severity"] for one in denied} == {"warning"}
    assert [next((action for action in missing if action in one["sentence"]), "") for one in denied] == list(missing)
    assert all("The rollback does without it" in one["sentence"] for one in denied)


def test_a_name_that_aws_does_not_know_is_a_finding(aws: Aws) -> None:
    name = user(aws, "misnamed", aws_parameter_group="shop-prod-mysqk")
    findings = look(aws, name, aws_parameter_group="shop-prod-mysqk")["findings"]
    assert [(one["severity"], one["key"].rpartition(":")[2]) for one in findings] == [("blocker", "missing")]
    assert "shop-prod-mysqk does not exist" in findings[0]["sentence"]


def test_an_explicit_deny_is_told_as_one(aws: Aws) -> None:
    policy = aws.least("denied")
    policy["Statement"].append({"Effect": "Deny", "Action": ["rds:Modify*"], "Resource": ["*"]})
    aws.user("denied", policy)
    findings = look(aws, "denied")["findings"]
    assert len(findings) == 1
    assert "denies it by name" in findings[0]["sentence"]


def test_the_acts_themselves_work_with_the_least_policy(aws: Aws) -> None:
    name = user(aws, "acting")
    site = aws.site(name)
    reach = {
        key: site.get("shop-db", f"aws_{key}") for key in ("region", "endpoint_url", "credentials_file", "profile")
    }
    rule = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "10.0.9.0/24"}]}
    aws.client("ec2").authorize_security_group_ingress(GroupId=aws.ids["group"], IpPermissions=[rule])
    before = aws.state()
    for kind, number in (("security_group", aws.ids["group"]), ("network_acl", aws.ids["acl"])):
        for state in ("closed", "open"):
            args = {**reach, "state": state, "kind": kind, "ids": [number], "keep_sources": ["10.0.0.1/32"]}
            result = run_action("rds_network", args)
            assert "failed" not in result, result["msg"]
            assert result["changed"]
    assert aws.state() == before
    account = apis.account(site, "shop-db", "rds")
    parameter = {"ParameterName": "read_only", "ParameterValue": "1", "ApplyMethod": "immediate"}
    account.client("rds").modify_db_parameter_group(DBParameterGroupName=GROUP, Parameters=[parameter])
    record = {"Name": "m.shop.example.net.", "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": "192.0.2.71"}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    aws.client("route53").change_resource_record_sets(HostedZoneId=aws.ids["zone"], ChangeBatch=batch)
    api = Route53(Zone.from_dict(site.get("shop", "dns_servers")["route53"]), 5.0)
    old = api.read("m.shop.example.net", "A")
    assert old is not None
    change = api.replace("m.shop.example.net", "A", old=old, new=RecordSet(("192.0.2.31",), 30), run="test")
    api.wait_in_sync(change, 5.0)


def test_a_silent_api_is_told(aws: Aws) -> None:
    name = user(aws, "silent")
    site = aws.site(name, aws_endpoint_url="http://127.0.0.1:9")
    variables = {"hostvars": site.hosts, "groups": {key: list(found) for key, found in site.groups.items()}}
    silent = run_action("access_aws", {"part": "fence"}, task_vars=variables)
    assert [one["severity"] for one in silent["findings"]] == ["warning"], "the fence by SQL does without the API"
    given_up = aws.site(name, aws_endpoint_url="http://127.0.0.1:9", rr_accept_loss="rows", aws_network_acls=[])
    silent = run_action("access_aws", {"part": "fence"}, task_vars=variables | {"hostvars": given_up.hosts})
    assert [(one["severity"], one["key"]) for one in silent["findings"]] == [
        ("blocker", "acl:shop-db:none"),
        ("blocker", "iam:silent"),
    ]
    required = aws.site(name, aws_endpoint_url="http://127.0.0.1:9", db_fence_required=["read_only"])
    silent = run_action("access_aws", {"part": "fence"}, task_vars=variables | {"hostvars": required.hosts})
    assert [one["severity"] for one in silent["findings"]] == ["blocker"]
