"""What a site may ask for: what is left out is asked for, what is not understood lets nothing pass."""

from __future__ import annotations

from typing import Any

import pytest
from failback.approval import policy
from failback.errors import ConfigError

ROLES = {"technical_lead": ["lee"], "operations_manager": ["park"], "executive": ["choi"]}
GOOD: dict[str, Any] = {"signers_file": "/etc/signers", "roles": ROLES}


def read(given: object, *, critical: object = False) -> policy.Policy | None:
    return policy.read({"site_approvals": given, "site_name": "shop", "site_critical": critical})


def test_the_defaults_are_safe() -> None:
    found = read(GOOD)
    assert found is not None
    assert found.required == ("technical_lead", "operations_manager")
    assert (found.valid_hours, found.clock_tolerance) == (24.0, 300.0)
    assert found.people == ("lee", "park", "choi")
    assert found.may("lee", "technical_lead")
    assert not found.may("lee", "operations_manager")


@pytest.mark.parametrize("critical", [True, "yes", None])
def test_what_is_not_known_to_be_uncritical_needs_the_executive(critical: object) -> None:
    found = read(GOOD, critical=critical)
    assert found is not None
    assert found.required[-1] == "executive"


def test_no_policy_asks_nobody() -> None:
    assert read(None) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"signers_file": ""}, "signers_file is missing"),
        ({"roles": None}, "roles is missing"),
        ({"roles": {"boss": ["lee"]}}, "boss is no role"),
        ({"roles": ROLES | {"technical_lead": "lee"}}, "roles.technical_lead must be a list of names"),
        ({"roles": ROLES | {"technical_lead": []}}, "names nobody for technical_lead"),
        ({"required": ["technical_lead"]}, "fewer than two roles"),
        ({"required": []}, "fewer than two roles"),
        ({"required": ["technical_lead", "boss"]}, "boss is no role"),
        ({"required": "all"}, "must be a list"),
        ({"valid_hours": 0}, "valid_hours is 0"),
        ({"valid_hours": True}, "valid_hours is True"),
        ({"valid_hours": float("inf")}, "valid_hours is inf"),
        ({"clock_tolerance": -2}, "clock_tolerance is -2"),
        ({"quorum": 1}, "quorum is not known"),
    ],
)
def test_what_is_not_understood_lets_nothing_pass(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read(GOOD | change)


@pytest.mark.parametrize("given", ["", [], 0, False])
def test_a_policy_that_is_no_mapping_is_not_taken_for_none(given: object) -> None:
    with pytest.raises(ConfigError, match="site_approvals must be a mapping"):
        read(given)


def test_an_executive_that_a_critical_site_lacks() -> None:
    with pytest.raises(ConfigError, match="names nobody for executive"):
        read(GOOD | {"roles": {key: ROLES[key] for key in ("technical_lead", "operations_manager")}}, critical=True)
