"""Decide what an IAM policy says about one action on one resource. Pure.

As AWS evaluates identity policies (IAM user guide, policy evaluation logic): an explicit deny wins, then an allow, else
it is denied by default. Conditions are not evaluated: a statement that has one never allows and always denies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]


def decide(documents: Iterable[Mapping[str, Any]], action: str, resource: str) -> Decision:
    """Decide for one action, such as ``ec2:CreateTags``, on one ARN or "*"."""
    decision: Decision = "implicitDeny"
    for document in documents:
        for statement in _list(document.get("Statement")):
            if not _matches(statement, action, resource):
                continue
            conditional = bool(statement.get("Condition"))
            if statement.get("Effect") == "Deny":
                return "explicitDeny"
            if statement.get("Effect") == "Allow" and not conditional:
                decision = "allowed"
    return decision


def _matches(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    if "NotAction" in statement:
        right_action = not any(_like(one, action.lower()) for one in _lower(statement["NotAction"]))
    else:
        right_action = any(_like(one, action.lower()) for one in _lower(statement.get("Action")))
    if "NotResource" in statement:
        return right_action and not any(_like(one, resource) for one in _list(statement["NotResource"]))
    return right_action and any(_like(one, resource) for one in _list(statement.get("Resource")))


def _like(pattern: str, text: str) -> bool:
    """Match as IAM does: * for any characters, ? for one. A request about everything is within no narrower pattern."""
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(char) or re.escape(char) for char in str(pattern)), text) is not None


def _lower(value: object) -> list[str]:
    return [str(one).lower() for one in _list(value)]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
