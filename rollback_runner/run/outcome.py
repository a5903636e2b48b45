"""What a run has come to, and what a person does next. Pure: statuses and what the journal says in, words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner.record import verdict

if TYPE_CHECKING:
    from rollback_runner.plan.ways import Leg
    from rollback_runner.record.acts import Promoted
    from rollback_runner.record.verdict import Status


# What follows a proven leg, and what follows an outcome whatever leg it came in.
_PROVEN = {
    "prepare": "next.plan",
    "approve": "next.begin",
    "full": "next.complete",
    "complete": "next.watch",
    "watch": "next.close",
    "full:restore": "next.restored",
    "emergency:stop": "next.stopped",
}
_ALWAYS = {"rehearsed": "next.act", "aborted": "next.again"}
# What people still owe where the service is back already.
_WAITING = {"complete": "next.tie_up", "watch": "next.watching"}


@dataclass(frozen=True)
class Ended:
    """How the last leg of a run ended. `touched`: an act is on record; `gate`: nothing but checks stopped the play."""

    leg: Leg
    status: Status
    promoted: Promoted
    touched: bool
    gate: bool
    cancelled: bool
    check: bool


def settle(end: Ended) -> tuple[Status, str]:
    """Return the status that is reported, and the outcome in one word."""
    if end.status in verdict.PASSED:
        return end.status, "rehearsed" if end.check else "proven"
    if end.cancelled:
        return end.status, "interrupted"
    status = end.status
    if end.promoted == "yes" and status == "refused":
        status = "failed"  # "refused" tells people that nothing was done
    if status == "waiting":
        return status, "waiting"
    return status, "refused" if status == "refused" or (not end.touched and end.gate) else "unproven"


def goes_back(end: Ended, *, stay: bool) -> bool:
    """Tell whether the abort playbook follows: RDS is sound, this leg closed it, and IDC was not made writable."""
    failed = end.status not in verdict.PASSED and not end.cancelled
    return failed and end.leg.goes_back and end.touched and end.promoted != "yes" and not (end.check or stay)


def next_step(  # noqa: PLR0913 - what the next step depends on
    outcome: str,
    leg: Leg,
    promoted: Promoted,
    *,
    touched: bool,
    strategy: str = "",
    kind: str = "",
    check: bool = False,
) -> str:
    """Name the sentence of the catalogue that tells what to do next; `kind` is that of a release's move."""
    if check and outcome != "rehearsed":
        return "next.rehearse"  # nothing was begun, so there is nothing to go on with
    if leg.phase == "deployment":
        return _of_release(outcome, kind, touched=touched)
    if outcome == "proven":
        decide = leg.name == "full" and strategy == "stop-first"
        return "next.quarantine" if decide else _PROVEN.get(leg.name, "next.full")
    if outcome in _ALWAYS:
        return _ALWAYS[outcome]
    if outcome == "waiting":
        return _WAITING.get(leg.name, "next.words")
    return _troubled(outcome, leg, promoted, touched=touched)


def _of_release(outcome: str, kind: str, *, touched: bool) -> str:
    """Name the sentence after the rollback of a release: it is never taken back by itself."""
    if outcome == "proven":
        return "next.deployment_promoted" if kind == "promote" else "next.deployment"
    if outcome == "rehearsed":
        return "next.deployment_act"
    return "next.deployment_resume" if touched or outcome != "refused" else "next.deployment_refused"


def _troubled(outcome: str, leg: Leg, promoted: Promoted, *, touched: bool) -> str:
    """Name the sentence for a leg that was refused, broke or was interrupted."""
    if leg.name in _WAITING:
        return "next.after"
    if leg.name in {"prepare", "approve"}:
        return "next.findings"
    if leg.goes_back and promoted != "no":
        return "next.forward"
    if leg.goes_back and touched:
        return "next.fenced"
    return "next.refused" if outcome == "refused" else "next.resume"
