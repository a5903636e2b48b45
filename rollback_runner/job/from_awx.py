"""The report of a run as AWX tells it: from the events of a workflow's jobs, by the same rules as every other report.

AWX knows the events of the plays and who approved; it does not have the run's journal. So what only a journal tells
(acts that were announced and not finished, the epoch of the lock, what a job did after its play to go back) is not in
such a report, and `source` says so. The runs' own reports are at the site's store.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from failback.approval import policy, statement
from failback.approval.record import instant

from rollback_runner import content
from rollback_runner.content import ROOT
from rollback_runner.errors import Exit, UsageError
from rollback_runner.job import awx_kept, legs
from rollback_runner.people import approvals
from rollback_runner.plan import leg as planning
from rollback_runner.plan import ways
from rollback_runner.record import acts, rebuilt, report, store, verdict
from rollback_runner.record.timeline_words import when
from rollback_runner.run import ansible_run, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rollback_runner.job.workflow import Node, Workflow
    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.site.site import Site

_NOTHING = "0" * 64
_NO = {"failed": "denied", "error": "ended by an error", "canceled": "cancelled"}
# What has a sentence of its own where the workflow stopped at a node and not in a play.
_STOPPED = {"refused": "next.refused", "waiting": "next.words"}


@dataclass(frozen=True)
class _Part:
    """A leg of the workflow: its node, its plan, and what was seen of it."""

    node: Node
    plan: Plan
    seen: tuple[TaskSeen, ...]


def make(told: Workflow, site: Site, home: Path) -> dict[str, Any]:
    """Make the report, and keep the run it is of below `home`, where an incident's pages can be drawn from it.

    Raises `UsageError` when no node of the workflow is a leg of this site's way.
    """
    strategy = _strategy(told) or site.strategy
    run = awx_kept.events(told, site, home, lambda node: _leg(node, strategy) is not None)
    parts = _parts(told, run, site, strategy)
    if not parts:
        raise UsageError(
            f"Workflow job {told.number} ({told.name}) has no phase of {site.name} in it.",
            next_step="-i SITE names the site the workflow is of",
        )
    fields = {
        "phase": "rollback",
        "site": site.name,
        "site_directory": str(site.directory),
        "strategy": strategy,
        "legs": [part.plan.leg.name for part in parts],
        "plan": planning.whole_digest([p.plan for p in parts]),
        "epoch": 0,
        "holder": _holder(told),
        "options": {
            **{name: _said(told, f"rr_{name}") for name in ("accept_loss", "break_glass", "drill")},
            "incident": _incident(told),
        },
    }
    awx_kept.journal(run, told, fields, [(part.node, part.plan, part.seen) for part in parts])
    made = _judged(told, site, run, parts, strategy)
    report.write(run, made)
    return made


def _judged(told: Workflow, site: Site, run: store.Run, parts: Sequence[_Part], strategy: str) -> dict[str, Any]:
    check = any(part.node.check for part in parts)
    items: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    phases: list[report.PhaseReport] = []
    end: outcome.Ended | None = None
    promoted = acts.promoted(run.entries(), site.hosts("databases"))
    for part in parts:
        verdicts = verdict.judge(part.plan.items, part.plan.steps, part.seen, check=check)
        items += report.items_of(verdicts) if part.plan.leg != ways.ABORT else []
        if not part.node.kind:
            continue
        failed = verdict.failures(part.seen)
        status = _status(part, verdicts, failed)
        name = part.plan.leg.name if part.plan.leg != ways.ABORT else "abort"
        failures += report.failures_of(name, failed)
        failures += [_row(name, gap, "not_run") for gap in part.node.gaps]
        reason = _reason(part, status, failed)
        seconds = round(part.node.seconds, 3)
        phases.append(report.PhaseReport(name, status, when(part.node.started), seconds, part.plan.budget, reason))
        if part.plan.leg != ways.ABORT:
            end = outcome.Ended(
                leg=part.plan.leg,
                status=status,
                promoted=promoted,
                touched=any(event.outcome == "changed" for event in part.seen),
                gate=verdict.stopped_by_a_gate(part.seen),
                cancelled=part.node.status == "canceled",
                check=check,
            )
    failures += list(_stops(told))
    status, word, step = _settled(end, parts, phases, failures, strategy)
    code = Exit.INTERRUPTED if word == "interrupted" else verdict.exit_code("refused" if word == "refused" else status)
    plans = [part.plan for part in parts]
    seen = [event for part in parts for event in part.seen]
    prepared = next((part.node.artifacts or {} for part in parts if part.node.name == "prepare"), {})
    made = report.as_dict(
        report.Report(
            run=run.id,
            site=site.name,
            site_title=site.titles,
            started=when(told.started),
            ended=when(told.finished),
            seconds=round(sum(phase.seconds for phase in phases), 3),
            check=check,
            status=status,
            outcome=word,
            exit_code=int(code),
            strategy=strategy,
            strategy_reason=ways.way(strategy).reason,
            plan_digest=planning.whole_digest(plans),
            approved_plan=str(prepared.get("rr_plan_digest") or ""),
            break_glass=_said(told, "rr_break_glass"),
            incident=_incident(told),
            drill=_said(told, "rr_drill"),
            epoch=0,
            holder=_holder(told),
            promoted=promoted,
            accepted_loss=_said(told, "rr_accept_loss"),
            forecast=None,
            phases=phases,
            items=report.merged(items),
            failures=failures,
            findings=report.findings_of(seen),
            stake=report.stake_of(items),
            approvals=report.approvals_of(items) or list(_approvals(told, site)),
            stopped_at=_stopped_at(parts) if word == "interrupted" else "",
            unfinished_acts=[],
            next_step=step,
            journal={"lines": 0, "digest": _NOTHING, "problems": []},
        )
    )
    numbers = [node.number for node in told.nodes if node.kind == "job"]
    return made | {"source": {"kind": "awx", "url": told.url, "workflow_job": told.number, "jobs": numbers}}


def _settled(
    end: outcome.Ended | None,
    parts: Sequence[_Part],
    phases: Sequence[report.PhaseReport],
    failures: Sequence[dict[str, Any]],
    strategy: str,
) -> tuple[verdict.Status, str, str]:
    """Say what it came to: by every leg that ran, and by what kept the next one from running."""
    stop: verdict.Status | None = next((row["status"] for row in failures if row["phase"] == "approval"), None)
    if end is None:
        return stop or "not_run", stop or "unproven", _STOPPED.get(stop or "", "next.resume")
    status, word = outcome.settle(end)
    ran = [phase.status for phase in phases if phase.name != "abort"]
    # AWX went on after a leg whose events it lost, or past a failure: what came later proves nothing of that leg.
    if any(before not in verdict.PASSED for before in ran[:-1]):
        status, word = min((status, *ran[:-1]), key=verdict.ORDER.index), "unproven"
        status = "failed" if status == "refused" else status  # "refused" tells people that nothing was done
    if phases and phases[-1].name == "abort":
        went_back = phases[-1].status in verdict.PASSED
        return status, "aborted" if went_back else "unproven", "next.again" if went_back else "next.resume"
    left = [part for part in parts if not part.node.kind and part.plan.leg != ways.ABORT]
    if word == "proven" and (stop or left):
        status = stop or "not_run"
        word = stop if stop is not None and stop in _STOPPED else "unproven"
        if end.promoted == "yes" and word == "refused":
            status, word = "failed", "unproven"
        return status, word, _STOPPED.get(word, "next.resume")
    step = outcome.next_step(word, end.leg, end.promoted, touched=end.touched, strategy=strategy, check=end.check)
    return status, word, step


def _status(part: _Part, verdicts: Sequence[verdict.ItemVerdict], failed: Sequence[verdict.Failure]) -> verdict.Status:
    if part.plan.leg == ways.ABORT:
        ran = any(event.kind == "result" for event in part.seen)
        worst = min((failure.status for failure in failed), key=verdict.ORDER.index, default=None)
        return worst or ("done" if ran and part.node.status == "successful" else "failed")
    status = verdict.phase_status(verdicts, failed, part.plan.excused | verdict.waived(part.seen))
    if status in verdict.PASSED and part.node.gaps:
        return "not_run"  # what AWX lost may have been the failure
    if status in verdict.PASSED and part.node.status != "successful":
        return "failed"
    return status


def _reason(part: _Part, status: str, failed: Sequence[verdict.Failure]) -> str:
    if part.node.live:
        return f"job {part.node.number} is {part.node.status}"
    if part.node.status in {"canceled", "error"}:
        return f"AWX ended job {part.node.number}: {part.node.status}"
    if status == "failed" and not failed:
        return "the play ended without a word"
    return ""


def _stops(told: Workflow) -> Iterator[dict[str, Any]]:
    """Name the approval nodes that kept the workflow from going on."""
    for node in told.nodes:
        if node.kind != "workflow_approval" or node.status == "successful":
            continue
        if node.live:
            yield _row("approval", f"{node.name} waits for approval in AWX", "waiting")
        elif node.timed_out:
            yield _row("approval", f"{node.name}: nobody approved in time", "refused")
        else:
            yield _row(
                "approval", f"{node.name} was {_NO.get(node.status, node.status)} by {node.by or 'AWX'}", "refused"
            )


def _row(phase: str, message: str, status: str) -> dict[str, Any]:
    return {"phase": phase, "ids": [], "host": "", "task": "AWX", "status": status, "message": message}


def _approvals(told: Workflow, site: Site) -> Iterator[dict[str, str]]:
    """List who approved at the nodes, in the roles that the site gives them."""
    rules = approvals.policy_of(site)
    if rules is None or rules.source != policy.AWX:
        return
    for role, name in rules.nodes.items():
        node = next((one for one in told.nodes if one.name == name and one.status == "successful" and one.by), None)
        at = instant(node.finished) if node else None
        if node is not None and at is not None:
            made = statement.moment_text(at)
            yield {"item": policy.ITEMS[role], "by": node.by, "made_at": made, "expires_at": "", "conditions": ""}


def _parts(told: Workflow, run: store.Run, site: Site, strategy: str) -> list[_Part]:
    wanted = [(node, leg) for node in told.nodes if (leg := _leg(node, strategy)) is not None]
    wanted = [(node, leg) for node, leg in wanted if node.kind or leg != ways.ABORT]
    books = list(dict.fromkeys(leg.playbook for _node, leg in wanted))
    if not books:
        return []
    listed = ansible_run.list_all([ROOT / "playbooks" / name for name in books], site.directory)
    steps = dict(zip(books, listed, strict=True))
    plans = [
        planning.make(site, leg, steps[leg.playbook], home=str(content.home()), strategy=strategy)
        for _node, leg in wanted
    ]
    store.write_json(run, "plan.json", {"plans": [asdict(plan) for plan in plans]})
    seen: dict[str, list[TaskSeen]] = {}
    for ident, event in rebuilt.events_of(run):
        seen.setdefault(ident, []).append(event)
    return [
        _Part(node, plan, tuple(seen.get(plan.leg.playbook.removesuffix(".yml"), ())))
        for (node, _leg_of), plan in zip(wanted, plans, strict=True)
    ]


def _leg(node: Node, strategy: str) -> ways.Leg | None:
    if not node.playbook:
        return None
    try:
        return legs.of(node.playbook, strategy)
    except UsageError:
        return None  # a node of somebody's own: no part of what is proven here


def _stopped_at(parts: Sequence[_Part]) -> str:
    seen = [event for part in parts for event in part.seen if event.kind == "task"]
    return seen[-1].name if seen else ""


def _strategy(told: Workflow) -> str:
    return _said(told, "rr_strategy")


def _said(told: Workflow, name: str) -> str:
    values = [str((node.variables or {}).get(name) or "") for node in told.nodes]
    return next((value for value in values if value), "")


def _holder(told: Workflow) -> str:
    return f"{told.by or 'nobody'}@AWX"


def _incident(told: Workflow) -> str:
    return f"awx-{told.number}"
