"""Says how a job or a workflow of AWX ended. Pure.

AWX calls a workflow successful although a node failed, when the failure had a path on, and a job when Ansible was
content. Neither counts: every node on the way must have ended well, and each leg's own record say that it is proven.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner.awx import workflow
from rollback_runner.errors import Exit
from rollback_runner.record import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OVER = frozenset({"successful", "failed", "error", "canceled"})
# What a job hands over about its record.
STATUS = "rr_status"


@dataclass(frozen=True)
class Seen:
    """One node, or one job alone. `status` is AWX's word; `record` what the leg's record says, "" where there is none.

    `seconds` is what it took, `budget` when AWX ends it, in seconds; `leg` is what it carries out, "" for none.
    """

    name: str
    status: str = ""
    approval: bool = False
    timed_out: bool = False
    person: str = ""
    seconds: float = 0.0
    budget: int = 0
    record: str = ""
    leg: str = ""

    @property
    def over(self) -> bool:
        """Tell whether nothing more will happen here."""
        return self.status in OVER

    @property
    def word(self) -> str:
        """Return the key of the word for it."""
        if not self.approval:
            return self.status or "not_reached"
        if self.timed_out:
            return "timed_out"
        return {"successful": "approved", "failed": "denied", "": "not_reached"}.get(self.status, "asked")


@dataclass(frozen=True)
class Verdict:
    """`kind` is proven, checked, ended, failed, denied or unproven; `nodes` are those that stand in the way."""

    kind: str
    nodes: tuple[str, ...] = ()

    @property
    def code(self) -> Exit:
        """Return the exit code."""
        if self.kind in {"proven", "checked", "ended"}:
            return Exit.PROVEN
        return Exit.REFUSED if self.kind == "denied" else Exit.FAILED


def of_workflow(seen: Sequence[Seen], nodes: Sequence[workflow.Node], status: str) -> Verdict:
    """Judge a workflow that is over. `status` is AWX's own word for it, which can only make it worse."""
    by_name = {one.name: one for one in seen}
    denied = tuple(one.name for one in seen if one.approval and one.status in {"failed", "error", "canceled"})
    ill = tuple(
        one.name
        for one in seen
        if not one.approval and one.status in {"failed", "error", "canceled"} and one.name != workflow.FAILED
    )
    if ill:
        return Verdict("failed", ill)
    if denied:
        return Verdict("denied", denied)
    legs = {node.identifier for node in nodes if node.leg}
    open_ones = [name for name in workflow.expected(nodes) if by_name.get(name, Seen(name)).status != "successful"]
    open_ones += [
        name
        for name in workflow.expected(nodes)
        if name in legs and name not in open_ones and by_name[name].record not in verdict.PASSED
    ]
    if status != "successful":
        return Verdict("failed", tuple(open_ones) or (workflow.FAILED,))
    return Verdict("unproven", tuple(open_ones)) if open_ones else Verdict("proven")


def of_job(seen: Seen, *, keeps_record: bool, check: bool) -> Verdict:
    """Judge a job alone that is over."""
    if seen.status != "successful":
        return Verdict("failed", (seen.name,))
    if not keeps_record:
        return Verdict("ended")
    if seen.record not in verdict.PASSED:
        return Verdict("unproven", (seen.name,))
    return Verdict("checked" if check else "proven")


def news(before: Mapping[str, Seen], now: Sequence[Seen]) -> list[Seen]:
    """Return what changed since the last look, in the order of the nodes."""
    return [one for one in now if one.status and before.get(one.name, Seen(one.name)).word != one.word]


def record_of(job: Mapping[str, Any]) -> str:
    """Return what a job's artifacts say of its record."""
    return str((job.get("artifacts") or {}).get(STATUS, ""))
