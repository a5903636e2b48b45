"""Carries plans out: lock, journal, playbook, verdict, stop. It decides nothing about the world; the playbooks look.

Several legs make one run: the next begins only when the one before is proven. On a failure before the promotion a leg
that closed RDS goes back by the abort playbook (complete, or the state before), unless told to stay.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from failback import journal, lock

from rollback_runner import acts, ansible_run, holding, interrupts, outcome, report, store, verdict
from rollback_runner import plan as planning
from rollback_runner.content import ROOT
from rollback_runner.errors import Exit, RecordError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rollback_runner.history import History
    from rollback_runner.live import View
    from rollback_runner.messages import Texts
    from rollback_runner.plan import Plan
    from rollback_runner.seen import TaskSeen
    from rollback_runner.site import Site

# The budget is a promise to people, not a reason to cut a run in half; twice the budget is.
_DEADLINE_FACTOR = 2.0
_ABORT_BUDGET = 120.0  # seconds; unlock, release and look take about ten in the lab


@dataclass(frozen=True)
class Options:
    """What the person asked for. `takeover` is why a lock that is still held may be taken."""

    check: bool = False
    accept_loss: str = ""
    takeover: str | None = None
    stay_fenced: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Stage:
    """A plan with what it needs to be carried out."""

    plan: Plan
    past: History
    playbook: Path


@dataclass
class _State:
    """What is known so far of the run that goes on."""

    items: list[dict[str, Any]] = field(default_factory=list)
    seen: list[TaskSeen] = field(default_factory=list)
    phases: list[report.PhaseReport] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    stopped_at: str = ""
    task: str = ""


class Engine:
    """One run: created, carried out once, thrown away."""

    def __init__(self, site: Site, home: Path, view: View, texts: Texts, options: Options) -> None:
        self._site = site
        self._home = home
        self._view = view
        self._texts = texts
        self._options = options
        self._cancel = threading.Event()
        self._state = _State()
        self._epoch = 0
        self._started = store.now()

    def carry_out(self, stages: Sequence[Stage], name: str) -> dict[str, Any]:
        """Carry the legs out in order and return the run's report. Raises `LockedError`, `RecordError`; tells the rest.

        `name` is what the run is called in its record: the leg's name, or `rollback`.
        """
        plans = [stage.plan for stage in stages]
        with self._run(plans, name) as run, interrupts.watched(self._cancel, self._interrupted):
            for stage in stages:
                end = self._leg(run, stage)
                if end.status not in verdict.PASSED:
                    break
            for left in plans[len(self._state.phases) :]:
                self._state.items += report.items_of(left.phase, verdict.judge(left.items, left.steps, []))
            status, word = outcome.settle(end)
            if outcome.goes_back(end, stay=self._options.stay_fenced or not stage.plan.steps):
                self._view.say(self._texts("live.abort"))
                self._write(run, "abort", reason=status)
                word = "aborted" if self._abort(run) in verdict.PASSED else "unproven"
            return self._finish(run, plans, stage.plan, status, word)

    def abort(self, plan: Plan, last: store.Run | None) -> dict[str, Any]:
        """Go back by hand. Raises `RefusedError` when the record says that IDC was promoted."""
        if last is not None and acts.promoted(last.entries(), self._site.hosts("databases")) == "yes":
            raise RefusedError(
                f"There is no way back: run {last.id} made IDC writable, and opening RDS again would make two writers.",
                next_step="rollback-runner resume finishes the way forward; going to AWS again is a new cut-over",
            )
        with self._run([plan], "abort") as run, interrupts.watched(self._cancel, self._interrupted):
            status = self._abort(run)
            word = "aborted" if status in verdict.PASSED else "refused" if status == "refused" else "unproven"
            word = "interrupted" if self._cancel.is_set() and word != "aborted" else word
            return self._finish(run, [plan], plan, status, word)

    @contextmanager
    def _run(self, plans: Sequence[Plan], name: str) -> Iterator[store.Run]:
        """Take the lock, open the record; give both back whatever happens."""
        run_id = store.new_id(self._home, self._site.name, name.replace(":", "-"))
        path = store.lock_path(self._home, self._site.name)
        # A rehearsal touches nothing and must never stand in the way of the real thing: it takes no lock.
        if not self._options.check:
            self._epoch = holding.acquire(
                self._home,
                self._site.name,
                run_id,
                reason=self._options.reason or f"phase {name}",
                takeover=self._options.takeover,
                swept=lambda count, left: self._view.say(self._texts("live.swept", count=count, run=left)),
            )
        try:
            run = store.create(self._home, run_id, self._site.secret_files)
            begin = {
                "phase": name,
                "site": self._site.name,
                "site_directory": str(self._site.directory),
                "legs": [plan.leg.name for plan in plans],
                "strategy": plans[0].strategy,
                "plan": planning.whole_digest(plans),
                "epoch": self._epoch,
                "options": asdict(self._options),
                "holder": store.holder(),
            }
            self._write(run, "begin", **begin)
            store.write_json(run, "plan.json", {"plans": [asdict(plan) for plan in plans]})
            yield run
            store.give_back_reserve(run)
        finally:
            if not self._options.check:
                lock.release(path, self._epoch)

    def _leg(self, run: store.Run, stage: Stage) -> outcome.Ended:
        """Play one leg and judge it by what was seen."""
        plan = stage.plan
        first, written = len(self._state.seen), len(run.entries())
        deadline = plan.budget * _DEADLINE_FACTOR
        self._view.begin(plan, stage.past, deadline, check=self._options.check)
        started = store.now()
        try:
            ended = self._play(run, stage.playbook, deadline, {"rr_leg": plan.leg.name, "rr_strategy": plan.strategy})
        finally:
            self._view.end()
        seen = self._state.seen[first:]
        verdicts = verdict.judge(plan.items, plan.steps, seen, check=self._options.check)
        failed = verdict.failures(seen)
        status = verdict.phase_status(verdicts, failed, plan.excused)
        reason = ""
        if ended.status != "successful" and status in verdict.PASSED:
            status = "failed"
        if ended.status == "timeout":
            reason = f"stopped at its deadline of {deadline:.0f} s"
        elif ended.status == "failed" and not failed:
            status = "failed"
            reason = ended.last_words or "the play ended without a word"
        name = plan.leg.name
        self._state.phases.append(report.PhaseReport(name, status, started, ended.seconds, plan.budget, reason))
        self._state.failures += report.failures_of(name, failed)
        for item in verdicts:
            hosts = {host.host: host.status for host in item.hosts}
            self._write(run, "item", id=item.id, status=item.status, reason=item.reason, hosts=hosts)
        self._write(run, "leg", leg=name, status=status)
        self._state.items += report.items_of(plan.phase, verdicts)
        entries = run.entries()
        return outcome.Ended(
            leg=plan.leg,
            status=status,
            promoted=acts.promoted(entries, self._site.hosts("databases")),
            touched=any(entry["kind"] == "intent" for entry in entries[written:]),
            gate=verdict.stopped_by_a_gate(seen),
            cancelled=self._cancel.is_set(),
            check=self._options.check,
        )

    def _abort(self, run: store.Run) -> verdict.Status:
        started, before = store.now(), len(self._state.seen)
        ended = self._play(run, ROOT / "playbooks" / "abort.yml", _ABORT_BUDGET * _DEADLINE_FACTOR, {})
        failed = verdict.failures(self._state.seen[before:])
        ran = any(event.kind == "result" for event in self._state.seen[before:])
        status: verdict.Status = "done" if ran and ended.status == "successful" else "failed"
        if failed:
            status = min((failure.status for failure in failed), key=verdict.ORDER.index)
        reason = "" if failed else ended.last_words
        self._state.phases.append(report.PhaseReport("abort", status, started, ended.seconds, _ABORT_BUDGET, reason))
        self._state.failures += report.failures_of("abort", failed)
        return status

    def _play(self, run: store.Run, playbook: Path, deadline: float, told: dict[str, str]) -> ansible_run.Ended:
        if self._options.accept_loss:
            told = {**told, "rr_accept_loss": self._options.accept_loss}
        variables = {"RR_RUN_DIR": str(run.directory), "RR_HOME": str(self._home)}
        if not self._options.check:
            variables |= {"RR_EPOCH": str(self._epoch), "RR_LOCK": str(store.lock_path(self._home, self._site.name))}
        order = ansible_run.Order(
            playbook=playbook,
            inventory=self._site.directory,
            directory=run.directory,
            variables=variables,
            secret_files=self._site.secret_files,
            deadline=deadline,
            check=self._options.check,
            extra=told,
        )

        def take(event: TaskSeen) -> None:
            self._state.seen.append(event)
            if event.kind == "task":
                self._state.task = event.name
                if event.ids:
                    self._write(run, "task", task=event.name, play=event.play)
            elif event.kind == "result" and event.outcome in {"failed", "refused", "unreachable"}:
                self._write(
                    run, "failure", task=event.name, host=event.host, outcome=event.outcome, message=event.message
                )
            self._view.event(event)

        ended = ansible_run.run(order, take, self._cancel, self._view.tick)
        if self._cancel.is_set() and ended.status != "successful":
            self._state.stopped_at = self._state.task or playbook.name
            self._write(run, "interrupted", task=self._state.stopped_at)
        return ended

    def _finish(
        self, run: store.Run, plans: Sequence[Plan], last: Plan, status: verdict.Status, word: str
    ) -> dict[str, Any]:
        interrupted = word == "interrupted"
        code = Exit.INTERRUPTED if interrupted else verdict.exit_code("refused" if word == "refused" else status)
        entries = run.entries()
        promoted = acts.promoted(entries, self._site.hosts("databases"))
        touched = any(entry["kind"] == "intent" for entry in entries)
        self._write(run, "end", status=status, outcome=word, exit_code=int(code))
        made = report.Report(
            run=run.id,
            site=self._site.name,
            site_title=self._site.titles,
            started=self._started,
            ended=store.now(),
            seconds=round(sum(phase.seconds for phase in self._state.phases), 3),
            check=self._options.check,
            status=status,
            outcome=word,
            exit_code=int(code),
            strategy=last.strategy,
            strategy_reason=last.reason,
            plan_digest=planning.whole_digest(plans),
            epoch=self._epoch,
            holder=store.holder(),
            promoted=promoted,
            accepted_loss=self._options.accept_loss,
            forecast=last.forecast,
            phases=self._state.phases,
            items=report.merged(self._state.items),
            failures=self._state.failures,
            stopped_at=self._state.stopped_at,
            unfinished_acts=acts.unfinished(entries),
            next_step=outcome.next_step(word, last.leg, promoted, touched=touched, strategy=last.strategy),
            journal={**_journal_head(run), "problems": journal.verify(run.journal)},
        )
        content = report.as_dict(made)
        report.write(run, content)
        return content

    def _write(self, run: store.Run, kind: str, **fields: Any) -> None:
        try:
            journal.append(run.journal, kind, **fields)
        except journal.JournalError as error:
            if kind == "begin":
                raise RecordError(f"{error}; nothing was done.", next_step=f"df -h {run.directory}") from error
            # The plugins write intent and outcome themselves and refuse to act without; our notes may be missing.
            self._view.say(str(error))

    def _interrupted(self) -> None:
        self._view.say(self._texts("live.interrupted"))


def _journal_head(run: store.Run) -> dict[str, Any]:
    end = journal.head(run.journal)
    return {"lines": end.lines, "digest": end.digest}
