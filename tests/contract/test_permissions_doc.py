"""docs/permissions.md is what the probes look for, and the probes look for all that the plugins use."""

from __future__ import annotations

import re
from pathlib import Path

import botocore
import botocore.session
import pytest
from failback import grants
from failback.access import catalogue, page
from failback.access.model import EVERY_WAY, AwsPermission, MysqlPermission

from rollback_runner import checklist

PROJECT = Path(__file__).resolve().parents[2]
UTILS = PROJECT / "plugins" / "module_utils" / "failback"
# Calls of boto3 that a plugin or its library makes; `failback/access` only asks about them.
CALL = re.compile(
    r"(?:\.|get_paginator\(\")((?:describe|modify|authorize|revoke|change|list|get|create|delete|reset|stop|start)_\w+)"
    r"(?:\(|\"\))"
)
SERVICES = {
    "rds_closing.py": "ec2",
    "rds_group.py": "rds",
    "rds_parameter.py": "rds",
    "route53.py": "route53",
    "source_s3.py": "s3",
}
# What lists, follows and deletes is called through several clients in one file: each call is asked of boto3 itself.
LOOKING = (
    *("situation/rds_view.py", "leftovers/readers_ec2.py", "leftovers/readers_rds.py", "leftovers/find.py"),
    *("leftovers/remove.py", "../../../rollback_runner/watching/sources/cloudwatch.py"),
)
CLIENTS = {
    "rds": "rds",
    "ec2": "ec2",
    "elbv2": "elasticloadbalancing",
    "route53": "route53",
    "cloudwatch": "cloudwatch",
}
WORD = re.compile(r"\b(?:describe|list|get|create|delete|stop|terminate|release)_[a-z0-9_]+\b")
OTHER_NAMES = {"s3:ListObjectsV2": "s3:ListBucket"}


def test_the_page_is_made_from_the_catalogue() -> None:
    kept = (PROJECT / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert kept == page.markdown(), (
        "run: PYTHONPATH=plugins/module_utils python -m failback.access.page > docs/permissions.md"
    )


def test_keys_are_different_and_name_known_things() -> None:
    known = {item.id for item in checklist.items()}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for one in catalogue.PERMISSIONS:
        assert (one.key, one.ways) not in seen, one.key
        seen.add((one.key, one.ways))
        assert one.items, one.key
        assert set(one.items) <= known, one.key
        assert one.probe in catalogue.PROBES, one.key
        assert set(one.ways) <= set(EVERY_WAY), one.key
        assert re.search("[가-힣]", one.what.ko), one.key


@pytest.mark.parametrize(
    ("holder", "needs"),
    [
        ("rds", grants.RDS_NEEDS),
        ("idc", grants.IDC_NEEDS),
        ("idc", grants.DEFINER_NEEDS),
        ("idc", grants.SCHEMA_NEEDS),
    ],
)
def test_what_the_gate_asks_for_is_looked_for_before(holder: str, needs: dict[str, tuple[str, ...]]) -> None:
    """Prepare must never let pass what the emergency phase would refuse."""
    listed = {(one.names, one.what.en) for one in catalogue.of_holder(holder) if isinstance(one, MysqlPermission)}
    assert [(names, what) for what, names in needs.items() if (names, what) not in listed] == []


def test_every_call_of_the_aws_api_is_in_the_catalogue() -> None:
    actions = {one.action for one in catalogue.PERMISSIONS if isinstance(one, AwsPermission)}
    found: set[str] = set()
    for name, service in SERVICES.items():
        for path in PROJECT.glob(f"plugins/**/{name}"):
            for call in set(CALL.findall(path.read_text(encoding="utf-8"))) - {"get_paginator"}:
                action = f"{service}:{''.join(part.capitalize() for part in call.split('_'))}"
                action = action.replace("DescribeDb", "DescribeDB").replace("ModifyDb", "ModifyDB")
                found.add(OTHER_NAMES.get(action, action))
    assert len(found) >= 12, "the search finds the calls"
    assert sorted(found - actions) == []


def called(name: str) -> set[str]:
    """The actions of AWS that a file names as methods of a client."""
    loader = botocore.session.get_session()
    words = set(WORD.findall((UTILS / name).read_text(encoding="utf-8")))
    return {
        f"{prefix}:{operation}"
        for client, prefix in CLIENTS.items()
        for operation in loader.get_service_model(client).operation_names
        if botocore.xform_name(operation) in words
    }


@pytest.mark.parametrize("name", LOOKING)
def test_what_looks_and_what_deletes_is_in_the_catalogue(name: str) -> None:
    of_runs = {one.action for one in catalogue.of_holder("aws") if isinstance(one, AwsPermission)}
    of_cleanup = {one.action for one in catalogue.of_holder("aws_cleanup") if isinstance(one, AwsPermission)}
    # rds and elbv2 both have DescribeTags-like names that the other one's caller means.
    found = called(name) - {"ec2:DescribeTags", "rds:ListTagsForResource"}
    assert found, "the search finds the calls"
    assert sorted(found - of_runs - of_cleanup) == []
    if not name.endswith("remove.py"):
        assert sorted(found - of_runs) == [], "what looks belongs to the key of the runs"


def test_no_key_of_a_run_may_delete_what_stands_on_aws() -> None:
    of_runs = {one.action for one in catalogue.of_holder("aws") if isinstance(one, AwsPermission)}
    of_cleanup = {one.action for one in catalogue.of_holder("aws_cleanup") if isinstance(one, AwsPermission)}
    assert of_runs & of_cleanup == set()
