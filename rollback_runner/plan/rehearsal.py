"""Rehearsing every leg of the way in check mode: everything is read and computed, nothing is touched, no lock is taken.

It is recorded aside (RR_HOME/rehearsals), so that it is no run: nothing resumes it, `runs/latest` does not move. A leg
that stands on an earlier one (IDC must serve before its environment is proven) can only be rehearsed up to its gate
until then; that is told, and is no failure. What its gate says against RDS, or against the two servers together, is
one: no earlier leg puts it right.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from failback import journal

from rollback_runner.content import ROOT
from rollback_runner.plan import rule as plan_rule
from rollback_runner.plan import whole as plan_whole
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, interrupts
from rollback_runner.site import gate
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.verdict import Failure
    from rollback_runner.site.site import Site

SHELF = "rehearsals"
# passed: everything was rehearsed. not_yet: stopped by its own gate, since an earlier leg was not carried out yet.
Result = Literal["passed", "not_yet", "failed"]


@dataclass(frozen=True)
class LegRehearsed:
    """How the rehearsal of a leg ended; `seconds` it took, `said` is why it ended early where no task says so."""

    leg: str
    result: Result
    seconds: float
    failures: Sequence[Failure]
    findings: Sequence[dict[str, str]]
    said: str = ""


@dataclass(frozen=True)
class Rehearsed:
    """The rehearsal of a whole way, and where its record is."""

    strategy: str
    record: str
    legs: Sequence[LegRehearsed]
    wanted: int  # legs the way has; an interruption leaves some out

    @property
    def passed(self) -> bool:
        """True when every leg was rehearsed and none failed."""
        return len(self.legs) == self.wanted and all(leg.result != "failed" for leg in self.legs)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self) | {"passed": self.passed}


def rehearse(  # noqa: PLR0913 - what a rehearsal depends on
    site_name: str,
    home: Path,
    strategy: str,
    say: Callable[[str], None],
    cancel: threading.Event | None = None,
    *,
    accept_loss: str = "",
) -> Rehearsed:
    """Rehearse every leg of the strategy (the site's where it is empty), each even if one before it failed.

    `accept_loss` is the reason the run itself would be given: without it the gate refuses a silent RDS here too.
    Raises `SiteError`, `UsageError`, `RecordError` when it cannot begin.
    """
    site = sites.load(site_name)
    gate.check(site)
    chosen = plan_rule.choose(plan_rule.Signals(), of_site=site.strategy, asked=strategy).strategy
    plans = plan_whole.plans_of(site, home, chosen)
    run = store.create_aside(home, SHELF, store.new_id(home, site.name, "rehearsal"), site.secret_files)
    begin = {"phase": "rehearsal", "site": site.name, "strategy": chosen, "holder": store.holder(), "options": {}}
    journal.append(run.journal, "begin", **begin)
    stop = cancel or threading.Event()
    legs: list[LegRehearsed] = []
    with interrupts.watched(stop, lambda: None):
        for plan in plans:
            legs.append(_leg(site, home, run, plan, _Way(say, stop, first=not legs, accept_loss=accept_loss)))
            journal.append(run.journal, "leg", leg=plan.leg.name, status=legs[-1].result)
            if stop.is_set():
                break
    made = Rehearsed(chosen, str(run.directory), legs, len(plans))
    journal.append(run.journal, "end", outcome="rehearsed" if made.passed else "unproven")
    store.write_json(run, "rehearsal.json", made.as_dict())
    store.give_back_reserve(run)
    return made


@dataclass(frozen=True)
class _Way:
    say: Callable[[str], None]
    stop: threading.Event
    first: bool
    accept_loss: str = ""


def _leg(site: Site, home: Path, run: store.Run, plan: Plan, way: _Way) -> LegRehearsed:
    order = ansible_run.Order(
        playbook=ROOT / "playbooks" / plan.leg.playbook,
        inventory=site.directory,
        directory=run.directory,
        variables={"RR_RUN_DIR": str(run.directory), "RR_HOME": str(home)},
        secret_files=site.secret_files,
        deadline=plan.budget,
        check=True,
        extra={
            "rr_leg": plan.leg.name,
            "rr_strategy": plan.strategy,
            **({"rr_accept_loss": way.accept_loss} if way.accept_loss else {}),
        },
    )
    seen: list[TaskSeen] = []

    def take(event: TaskSeen) -> None:
        seen.append(event)
        if event.kind == "result" and event.outcome in {"failed", "refused", "unreachable"}:
            way.say(f"{plan.leg.name}: {event.host}: {event.sentence}: {event.message}")

    ended = ansible_run.run(order, take, way.stop, lambda: None)
    return judge(plan, seen, ended, first=way.first)


def judge(plan: Plan, seen: Sequence[TaskSeen], ended: ansible_run.Ended, *, first: bool) -> LegRehearsed:
    """Judge a leg by what was seen. Pure. `first`: nothing has to be carried out before this leg."""
    failures = verdict.failures(seen)
    verdicts = verdict.judge(plan.items, plan.steps, seen, check=True)
    status = verdict.phase_status(verdicts, failures, plan.excused)
    found = tuple(dict(one) for event in seen for one in event.findings)
    said = ""
    result: Result = "passed"
    if status not in verdict.PASSED or ended.status != "successful":
        awaits = not first and verdict.stopped_by_a_gate(seen) and not _lasting(seen)
        result = "not_yet" if awaits else "failed"
        said = "" if failures else _why(ended, verdicts)
    return LegRehearsed(plan.leg.name, result, ended.seconds, failures, found, said)


def _lasting(seen: Sequence[TaskSeen]) -> bool:
    """Tell whether a gate named something that no earlier leg puts right."""
    told = [event.evidence for event in seen if event.kind == "result"]
    told += [one for evidence in told for one in evidence.get("each", ())]
    return any(isinstance(one.get("evidence"), dict) and one["evidence"].get("lasting") for one in told)


def _why(ended: ansible_run.Ended, verdicts: Sequence[verdict.ItemVerdict]) -> str:
    """Say why it is no success although no task failed."""
    if ended.status != "successful":
        return ended.last_words or f"it ended {ended.status}"
    open_one = next((one for one in verdicts if one.status not in verdict.PASSED), None)
    return f"{open_one.id}: {open_one.reason}" if open_one else "it ended without a word"
