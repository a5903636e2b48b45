"""What people read of a rehearsal: it claims no proof. Statuses and exit codes stay those of any run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.plan import ways
from rollback_runner.record import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.messages import Texts


def word(row: Mapping[str, Any], *, check: bool) -> str:
    """Name the word for an item's or a host's status (`status.WORD`): a rehearsal does and proves nothing."""
    status: str = row["status"]
    if not check or status not in verdict.PASSED:
        return status
    if row.get("reason") == verdict.NOT_REHEARSED:
        return "not_rehearsed"
    return "would_change" if status == "done" else "rehearsed"


def of_phase(row: Mapping[str, Any], *, check: bool) -> str:
    """Name the word for a phase's status."""
    return "rehearsed" if check and row["status"] in verdict.PASSED else row["status"]


def count(report: Mapping[str, Any], texts: Texts) -> str:
    """Count the items: proven by a run; by a rehearsal only what it could see, what it could not stands beside it."""
    words = [word(row, check=report["check"]) for row in report["items"]]
    kept = {"total": len(words), "spared": words.count("skipped")}
    if report["check"]:
        seen = words.count("rehearsed") + words.count("would_change")
        return texts("report.rehearsed_count", seen=seen, left=words.count("not_rehearsed"), **kept)
    return texts("report.items_count", passed=sum(one in verdict.PASSED for one in words), **kept)


def next_step(report: Mapping[str, Any], texts: Texts) -> str:
    """Say what a person does next, with the very command where it is the same one again, or for real."""
    step: str = report["next_step"]
    if not texts.has(step):
        return step
    return texts(step, command=_command(report))


def _command(report: Mapping[str, Any]) -> str:
    phases = report["phases"]
    phase, _, part = (phases[-1]["name"] if phases else "emergency").partition(":")  # none: cut off at once
    if phase == ways.DEPLOYMENT.name:
        return f"rollback-runner deployment {(report.get('deployment') or {}).get('kind', 'rollback')}"
    return f"rollback-runner phase {phase}" + (f" --part {part}" if part else "")
