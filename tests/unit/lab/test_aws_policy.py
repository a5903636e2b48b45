"""The stand-in's judgement of policies, and its reading of requests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from failback.access import iam
from failback.access.site import Site

from lab.aws import iam_seed, policy, requests

GROUP = "arn:aws:ec2:r:1:security-group/sg-1"
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKIA1/20260101/r/{}/aws4_request, SignedHeaders=host, Signature=x"

DENY = {"Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": GROUP}}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


@pytest.mark.parametrize(
    ("documents", "decision"),
    [
        ([], "implicitDeny"),
        ([allow("ec2:CreateTags")], "allowed"),
        ([allow("EC2:create*", GROUP)], "allowed"),
        ([allow("ec2:CreateTags", "arn:aws:ec2:r:1:network-acl/*")], "implicitDeny"),
        (
            [allow("ec2:CreateTags"), {"Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": GROUP}}],
            "explicitDeny",
        ),
        ([allow("ec2:CreateTags", Condition={"Bool": {}})], "implicitDeny"),
        ([{"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}], "allowed"),
        ([{"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": GROUP}]}], "implicitDeny"),
    ],
)
def test_policies_are_judged_as_aws_does(documents: list[dict[str, Any]], decision: str) -> None:
    assert policy.decide(documents, "ec2:CreateTags", GROUP) == decision


@pytest.mark.parametrize(
    ("service", "method", "path", "body", "name", "resources"),
    [
        ("ec2", "POST", "/", b"Action=CreateTags&ResourceId.1=sg-1", "ec2:CreateTags", (GROUP,)),
        ("rds", "POST", "/", b"Action=ModifyDBParameterGroup&DBParameterGroupName=g", "rds:ModifyDBParameterGroup",
         ("arn:aws:rds:r:1:pg:g",)),
        ("route53", "POST", "/2013-04-01/hostedzone/Z1/rrset/", b"<x/>", "route53:ChangeResourceRecordSets",
         ("arn:aws:route53:::hostedzone/Z1",)),
        ("route53", "GET", "/2013-04-01/change/C1", b"", "route53:GetChange", ("arn:aws:route53:::change/C1",)),
        ("route53", "GET", "/2013-04-01/hostedzone", b"", "route53:ListHostedZones", ("*",)),
        ("s3", "GET", "/bucket/a/b", b"", "s3:GetObject", ("arn:aws:s3:::bucket/a/b",)),
        ("s3", "GET", "/bucket", b"", "s3:ListBucket", ("arn:aws:s3:::bucket",)),
        ("ec2", "POST", "/", b"Action=DescribeVpcs", "ec2:DescribeVpcs", ("*",)),
    ],
)  # fmt: skip
def test_requests_are_read(  # noqa: PLR0913, PLR0917 - one row of the table
    service: str, method: str, path: str, body: bytes, name: str, resources: tuple[str, ...]
) -> None:
    call = requests.read(method, path, "", AUTHORIZATION.format(service), body, "1")
    assert call is not None
    assert (call.key, call.name, call.resources) == ("AKIA1", name, resources)


def test_an_unsigned_request_is_nobodys() -> None:
    assert requests.read("GET", "/", "", "", b"", "1") is None


def test_the_labs_policy_allows_what_the_page_of_permissions_lists() -> None:
    ids = {"security_groups": ["sg-1"], "network_acls": ["acl-1"], "hosted_zone": "Z1"}
    config = SimpleNamespace(region="r", parameter_group="g")
    document = iam_seed.policy_document(config, ids)  # type: ignore[arg-type]  # all that it reads
    database = {
        "aws_region": "r",
        "aws_parameter_group": "g",
        "aws_network_fence": "network_acl",
        "aws_network_acls": ["acl-1"],
        "aws_security_groups": ["sg-1"],
    }
    service = {"dns_records": [{"provider": "route53"}], "dns_servers": {"route53": {"zone_id": "Z1"}}}
    groups = {"databases": ("db",), "service": ("shop",)}
    for fence in ("network_acl", "security_group"):
        site = Site({"db": database | {"aws_network_fence": fence}, "shop": service}, groups)
        for call in (*iam.calls(site, "db", iam_seed.ACCOUNT), *iam.calls(site, "shop", iam_seed.ACCOUNT)):
            assert policy.decide([document], call.need.action, call.arn) == "allowed", call
