"""Carries plans out: lock, journal, playbook, verdict, stop. It decides nothing about the world; the playbooks look.

Several legs make one run: the next begins only when the one before is proven. On a failure before the promotion a leg
that closed RDS goes back by the abort playbook (complete, or the state before), unless told to stay.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import lock

from rollback_runner.content import ROOT
from rollback_runner.errors import RefusedError
from rollback_runner.record import acts, elsewhere, report, store, verdict
from rollback_runner.run import ansible_run, holding, interrupts, outcome
from rollback_runner.run.aside import Aside
from rollback_runner.run.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rollback_runner.messages import Texts
    from rollback_runner.plan.history import History
    from rollback_runner.plan.leg import Plan
    from rollback_runner.plan.ways import Leg
    from rollback_runner.run.options import Options
    from rollback_runner.screen.live import View
    from rollback_runner.site.site import Site

# The budget is a promise to people, not a reason to cut a run in half; twice the budget is.
_DEADLINE_FACTOR = 2.0
_ABORT_BUDGET = 120.0  # seconds; unlock, release and look take about ten in the lab


@dataclass(frozen=True)
class Stage:
    """A plan with what it needs to be carried out."""

    plan: Plan
    past: History
    playbook: Path


@dataclass(frozen=True)
class Handover:
    """What people did between a leg and the next: the digest of the plan they froze, or what is waited for."""

    approved_plan: str = ""
    waiting: str = ""


def nothing_between(_leg: Leg) -> Handover:
    """Go on at once."""
    return Handover()


@dataclass(frozen=True)
class Mark:
    """Where a leg began: when, after how many events, after how many lines of the journal."""

    started: str
    seen: int
    written: int


class Engine:
    """One run: created, carried out once, thrown away."""

    awx_job = 0  # the number of the job that plays it, where AWX does

    def __init__(self, site: Site, home: Path, view: View, texts: Texts, options: Options) -> None:
        self._site = site
        self._home = home
        self._view = view
        self._texts = texts
        self._options = options
        self._cancel = threading.Event()

    def carry_out(
        self, stages: Sequence[Stage], name: str, between: Callable[[Leg], Handover] = nothing_between
    ) -> dict[str, Any]:
        """Carry the legs out in order and return the run's report. Raises `LockedError`, `RecordError`; tells the rest.

        `name` is what the run is called in its record: the leg's name, or `rollback`. `between` is asked after each
        leg that is proven.
        """
        plans = [stage.plan for stage in stages]
        with self._run(plans, name) as record, interrupts.watched(self._cancel, self._interrupted):
            for stage in stages:
                end = self._leg(record, stage)
                if end.status not in verdict.PASSED:
                    break
                if stage is not stages[-1]:
                    gap = between(stage.plan.leg)
                    record.options = replace(
                        record.options, approved_plan=gap.approved_plan or record.options.approved_plan
                    )
                    if gap.waiting:
                        end = replace(end, status="waiting")
                        self._view.say(gap.waiting)
                        record.failures.append(_missing_word(stage.plan, gap.waiting))
                        break
            for left in plans[len(record.phases) :]:
                record.items += report.items_of(verdict.judge(left.items, left.steps, []))
            return self._close(record, stage, end)

    def abort(self, plan: Plan, last: store.Run | None) -> dict[str, Any]:
        """Go back by hand. Raises `RefusedError` when the record says that IDC was promoted."""
        if last is not None and acts.promoted(last.entries(), self._site.hosts("databases")) == "yes":
            raise RefusedError(
                f"There is no way back: run {last.id} made IDC writable, and opening RDS again would make two writers.",
                next_step="rollback-runner resume finishes the way forward; going to AWS again is a new cut-over",
            )
        with self._run([plan], "abort") as record, interrupts.watched(self._cancel, self._interrupted):
            status = self._abort(record)
            word = "aborted" if status in verdict.PASSED else "refused" if status == "refused" else "unproven"
            word = "interrupted" if self._cancel.is_set() and word != "aborted" else word
            return record.finish(plan.leg, status, word)

    @contextmanager
    def _run(self, plans: Sequence[Plan], name: str) -> Iterator[Recorder]:
        """Take the lock, open the record; give both back whatever happens."""
        run_id = store.new_id(self._home, self._site.name, name.replace(":", "-"))
        epoch = 0
        # A rehearsal touches nothing and must never stand in the way of the real thing: it takes no lock.
        if not self._options.check:
            epoch = holding.acquire(
                self._home,
                self._site.name,
                run_id,
                reason=self._options.reason or f"phase {name}",
                takeover=self._options.takeover,
                job=self.awx_job,
                swept=lambda count, left: self._view.say(self._texts("live.swept", count=count, run=left)),
            )
        try:
            run = store.create(self._home, run_id, self._site.secret_files)
            aside = Aside.of(self._site, self._home, self._options, self._view.say)
            record = Recorder(run, self._site, plans, self._options, epoch, self._view, aside)
            record.begin(name)
            elsewhere.tell_without(record.write, self._view.say)
            with elsewhere.held(self._home, self._site.name, epoch, self._view.say):
                yield record
            if self._options.incident_is_ours and not any(entry["kind"] == "intent" for entry in run.entries()):
                incidents.close(self._home, self._site.name)  # nothing began that anybody would have to follow
            store.give_back_reserve(run)
        finally:
            if not self._options.check:
                lock.release(store.lock_path(self._home, self._site.name), epoch)

    def _leg(self, record: Recorder, stage: Stage) -> outcome.Ended:
        """Play one leg and judge it by what was seen."""
        plan = stage.plan
        first, written = len(record.seen), len(record.run.entries())
        deadline = plan.budget * _DEADLINE_FACTOR
        self._view.begin(plan, stage.past, deadline, check=self._options.check, directory=record.run.directory)
        started = store.now()
        record.leg_began(plan.leg, plan.budget)
        try:
            told = {"rr_leg": plan.leg.name, "rr_strategy": plan.strategy}
            ended = self._play(record, stage.playbook, deadline, told)
        finally:
            self._view.end()
        return self._judged(record, plan, Mark(started, first, written), ended)

    def _judged(self, record: Recorder, plan: Plan, mark: Mark, ended: ansible_run.Ended) -> outcome.Ended:
        """Judge a leg that was played by what was seen of it since `mark`, and put its end on record."""
        seen = record.seen[mark.seen :]
        verdicts = verdict.judge(plan.items, plan.steps, seen, check=self._options.check)
        failed = verdict.failures(seen)
        status = verdict.phase_status(verdicts, failed, plan.excused | verdict.waived(seen))
        reason = ""
        if ended.status != "successful" and status in verdict.PASSED:
            status = "failed"
        if ended.status == "timeout":
            reason = f"stopped at its deadline of {plan.budget * _DEADLINE_FACTOR:.0f} s"
        elif ended.status == "failed" and not failed:
            status = "failed"
            reason = ended.last_words or "the play ended without a word"
        name = plan.leg.name
        record.failures += report.failures_of(name, failed)
        record.leg_ended(
            plan, verdicts, report.PhaseReport(name, status, mark.started, ended.seconds, plan.budget, reason)
        )
        if not self._options.check:
            elsewhere.leg_ended(self._home, self._site.name, self._view.say)
        return outcome.Ended(
            leg=plan.leg,
            status=status,
            promoted=record.promoted(),
            touched=any(entry["kind"] == "intent" for entry in record.run.entries()[mark.written :]),
            gate=verdict.stopped_by_a_gate(seen),
            cancelled=self._cancel.is_set(),
            check=self._options.check,
        )

    def _close(self, record: Recorder, stage: Stage, end: outcome.Ended) -> dict[str, Any]:
        """Go back where that follows from how the last leg ended, and finish the record. Returns the report."""
        status, word = outcome.settle(end)
        if outcome.goes_back(end, stay=self._options.stay_fenced or not stage.plan.steps):
            self._view.say(self._texts("live.abort"))
            record.write("abort", reason=status)
            word = "aborted" if self._abort(record) in verdict.PASSED else "unproven"
        return record.finish(stage.plan.leg, status, word)

    def _abort(self, record: Recorder) -> verdict.Status:
        started, before = store.now(), len(record.seen)
        ended = self._play(record, ROOT / "playbooks" / "abort.yml", _ABORT_BUDGET * _DEADLINE_FACTOR, {})
        failed = verdict.failures(record.seen[before:])
        ran = any(event.kind == "result" for event in record.seen[before:])
        status: verdict.Status = "done" if ran and ended.status == "successful" else "failed"
        if failed:
            status = min((failure.status for failure in failed), key=verdict.ORDER.index)
        reason = "" if failed else ended.last_words
        record.phases.append(report.PhaseReport("abort", status, started, ended.seconds, _ABORT_BUDGET, reason))
        record.failures += report.failures_of("abort", failed)
        return status

    def _play(self, record: Recorder, playbook: Path, deadline: float, told: dict[str, str]) -> ansible_run.Ended:
        if self._options.accept_loss:
            told = {**told, "rr_accept_loss": self._options.accept_loss}
        told = {**told, **self._options.deployment}
        order = ansible_run.Order(
            playbook=playbook,
            inventory=self._site.directory,
            directory=record.run.directory,
            variables=self._environment(record),
            secret_files=self._site.secret_files,
            deadline=deadline,
            check=self._options.check,
            extra=told,
        )
        ended = ansible_run.run(order, record.take, self._cancel, record.tick)
        if self._cancel.is_set() and ended.status != "successful":
            record.stopped_at = record.task or playbook.name
            record.write("interrupted", task=record.stopped_at)
        return ended

    def _environment(self, record: Recorder) -> dict[str, str]:
        variables = {"RR_RUN_DIR": str(record.run.directory), "RR_HOME": str(self._home)}
        if self._options.incident:
            variables["RR_INCIDENT"] = self._options.incident
        if record.options.approved_plan:
            variables["RR_PLAN"] = record.options.approved_plan
        if self._options.break_glass:
            variables["RR_BREAK_GLASS"] = self._options.break_glass
        if not self._options.check:
            lock_path = store.lock_path(self._home, self._site.name)
            variables |= {"RR_EPOCH": str(record.epoch), "RR_LOCK": str(lock_path)}
        return variables

    def _interrupted(self) -> None:
        self._view.say(self._texts("live.interrupted"))


def _missing_word(plan: Plan, sentence: str) -> dict[str, Any]:
    return {
        "phase": plan.leg.name,
        "ids": [],
        "host": "",
        "task": "Freeze the plan and have it signed",
        "status": "waiting",
        "message": sentence,
    }
