"""The part of a run's report that is about a release: from what its items told. Pure: items and moments in.

Empty for every other run. Times are seconds from the moment the command was given (where that is known, else from the
run's start) to the end of the switch, and to the end of the run once all is proven.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rollback_runner.deployment import facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SWITCH = "DEPLOY-04"
_CONFIRMED = "DEPLOY-03"
_PASSED = frozenset({"done", "already"})
_ONE_OF_SKIP = ("id", "why", "why_ko")


def make(
    items: Sequence[Mapping[str, Any]], told: Mapping[str, str], *, began: str, ended: str, proven: bool
) -> dict[str, Any]:
    """Make it from the report's items; `told` is what the play was told, empty for a run of another kind."""
    if not told.get("deployment_app"):
        return {}
    found = facts.read(_evidence(items))
    plan: Mapping[str, Any] = found.plan or {}
    chosen: Mapping[str, Any] = found.chosen or {}
    choice: Mapping[str, Any] = found.choice or {}
    switch = next((item for item in items if item["id"] == _SWITCH and item["status"] in _PASSED), None)
    return {
        "application": told["deployment_app"],
        "kind": told.get("deployment_kind", "rollback"),
        "reason": told.get("deployment_reason", ""),
        "provider": str(plan.get("provider") or ""),
        "from": str(plan.get("from") or ""),
        "to": str(plan.get("to") or told.get("deployment_to") or ""),
        "target": dict(chosen.get("to") or {}),
        "by": str(chosen.get("by") or ""),
        "why": str(chosen.get("why") or ""),
        "why_ko": str(chosen.get("why_ko") or ""),
        "skips": [{key: str(one.get(key, "")) for key in _ONE_OF_SKIP} for one in chosen.get("skips", ())],
        "domains": list(plan.get("domains") or ()),
        "digest": told.get("deployment_plan") or found.digest,
        "has_database": found.gate is not None or found.choice is not None,
        "strategy": found.strategy,
        "strategy_by": str(choice.get("by") or ""),
        "strategy_why": dict(choice.get("why") or {}),
        "loses": [dict(one.get("said") or {}) for one in choice.get("loses", ())],
        "migrations": [_migration(one) for one in (found.gate or {}).get("ahead", ())],
        "reversals": _reversals(choice),
        "backup": str((choice.get("backup") or {}).get("name") or "") if found.strategy == "restore" else "",
        "named": [dict(one) for one in found.named],
        "korean": dict(found.korean),
        "auto_assign": found.pushes.get("auto_assign", (found.project or {}).get("auto_assign")),
        "seconds_to_switched": _between(began, switch["ended"]) if switch and switch.get("ended") else None,
        "seconds_to_proven": _between(began, ended) if proven else None,
    }


def _evidence(items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Give the evidence of each item's tasks; the plan's own task carries no item, so DEPLOY-03 tells the plan."""
    for item in items:
        for host in item["hosts"]:
            for task in host["evidence"]:
                found = task.get("evidence")
                if isinstance(found, dict):
                    yield (item["id"],), found


def _migration(one: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("number", "kind", "rule", "statement", "reason")
    statements = [{key: each.get(key) for key in keys} for each in one.get("statements", ())]
    return {"name": str(one.get("name") or ""), "kind": str(one.get("kind") or "unknown"), "statements": statements}


def _reversals(choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    if choice.get("strategy") != "reversal":
        return []
    wanted = choice.get("undo") or ()
    mine = [one for one in choice.get("reversals", ()) if one.get("migration") in wanted]
    keys = ("migration", "path", "sha256", "reviewed_by")
    return [
        {key: str(one.get(key) or "") for key in keys} | {"statements": [*one.get("statements", ())]} for one in mine
    ]


def _between(began: str, ended: str) -> float | None:
    try:
        return round((datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds(), 3)
    except (ValueError, TypeError):
        return None
