"""What a site says of approvals that are given in AWX, and what it must not say."""

from __future__ import annotations

from typing import Any

import pytest
from failback.approval import policy
from failback.errors import ConfigError


def read(**given: Any) -> policy.Policy:
    found = policy.read({"site_approvals": given, "site_name": "shop", "site_critical": False})
    assert found is not None
    return found


def test_the_names_are_those_that_awx_configure_gives() -> None:
    found = read(source="awx")
    assert found.source == policy.AWX
    assert found.nodes["technical_lead"] == "approve-technical_lead"
    assert found.teams["executive"] == "rollback-runner shop: executive"
    assert found.required == ("technical_lead", "operations_manager")


def test_signatures_are_the_rule() -> None:
    assert read(signers_file="/s", roles={"technical_lead": ["a"], "operations_manager": ["b"]}).source == "signatures"
    with pytest.raises(ConfigError, match="signers_file is missing"):
        read(roles={"technical_lead": ["a"], "operations_manager": ["b"]})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"source": "chat"}, "source is 'chat'"),
        ({"source": "awx", "nodes": ["a"]}, "nodes must give a name"),
        ({"source": "awx", "teams": {"technical_lead": " "}}, "teams must give a name"),
        ({"source": "awx", "teams": {"boss": "a"}}, "boss is no role"),
        ({"source": "awx", "required": ["executive"]}, "two people must sign"),
    ],
)
def test_what_cannot_be_understood_lets_nothing_pass(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(**given)
