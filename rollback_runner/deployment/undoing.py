"""Whether production stands on a rollback, and which deployment it went back from. Pure: facts in, answers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.deployment.facts import Facts


def rolled_back(facts: Facts) -> bool:
    """Tell whether there is anything to undo: new pushes are held back, or the last request was a rollback.

    A provider that says neither leaves it open, and open counts as yes: a person asked for it.
    """
    project: Mapping[str, Any] = facts.project or {}
    last = project.get("last_request") or {}
    if project.get("auto_assign") is False or _went_back(last, project):
        return True
    return not last and project.get("auto_assign") is None


def went_back_from(facts: Facts) -> str:
    """Name the deployment production went back from; "" where it is not known."""
    project: Mapping[str, Any] = facts.project or {}
    last = project.get("last_request") or {}
    if _went_back(last, project) and last.get("since"):
        return str(last["since"])
    left = [one for one in facts.deployments if one["mark"]["word"] == "left"]
    newest = max(left, key=lambda one: max(one.get("served") or [one.get("created") or ""]), default=None)
    return str(newest["id"]) if newest else ""


def _went_back(last: Mapping[str, Any], project: Mapping[str, Any]) -> bool:
    done = last.get("ended") in {"succeeded", "skipped"}
    return last.get("kind") == "rollback" and done and last.get("to") == project.get("live")
