"""Carries a plan out: lock, journal, playbook, verdict, stop. It decides nothing about the world; the playbooks look.

On a failure before the promotion it goes back by the abort playbook (complete, or the state before), unless told to
stay.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from failback import journal, lock

from rollback_runner import acts, ansible_run, interrupts, report, store, verdict
from rollback_runner.content import ROOT
from rollback_runner.errors import Exit, LockedError, RecordError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.acts import Promoted
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


@dataclass
class _State:
    """What is known so far of the run that goes on."""

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

    def phase(self, plan: Plan, past: History, playbook: Path) -> dict[str, Any]:
        """Carry out a phase and return its report. Raises `LockedError`, `RecordError`; it tells the rest."""
        with self._run(plan, plan.phase) as run, interrupts.watched(self._cancel, self._interrupted):
            items, status = self._phase(run, plan, past, playbook)
            promoted = acts.promoted(run.entries(), self._site.hosts("databases"))
            status, outcome = self._settle(run, plan, status, promoted)
            return self._finish(run, plan, items, status, outcome)

    def abort(self, plan: Plan, last: store.Run | None) -> dict[str, Any]:
        """Go back by hand. Raises `RefusedError` when the record says that IDC was promoted."""
        if last is not None and acts.promoted(last.entries(), self._site.hosts("databases")) == "yes":
            raise RefusedError(
                f"There is no way back: run {last.id} made IDC writable, and opening RDS again would make two writers.",
                next_step="rollback-runner resume finishes the way forward; going to AWS again is a new cut-over",
            )
        with self._run(plan, "abort") as run, interrupts.watched(self._cancel, self._interrupted):
            status = self._abort(run)
            outcome = "aborted" if status in verdict.PASSED else "refused" if status == "refused" else "unproven"
            outcome = "interrupted" if self._cancel.is_set() and outcome != "aborted" else outcome
            return self._finish(run, plan, [], status, outcome)

    @contextmanager
    def _run(self, plan: Plan, name: str) -> Iterator[store.Run]:
        """Take the lock, open the record; give both back whatever happens."""
        run_id = store.new_id(self._home, self._site.name, name)
        path = store.lock_path(self._home, self._site.name)
        # A rehearsal touches nothing and must never stand in the way of the real thing: it takes no lock.
        if not self._options.check:
            self._epoch = self._acquire(path, run_id, name)
        try:
            run = store.create(self._home, run_id, self._site.secret_files)
            begin = {
                "phase": name,
                "site": self._site.name,
                "site_directory": str(self._site.directory),
                "plan": plan.digest,
                "epoch": self._epoch,
                "options": asdict(self._options),
                "holder": store.holder(),
            }
            self._write(run, "begin", **begin)
            store.write_json(run, "plan.json", asdict(plan))
            yield run
            store.give_back_reserve(run)
        finally:
            if not self._options.check:
                lock.release(path, self._epoch)

    def _acquire(self, path: Path, run_id: str, name: str) -> int:
        reason = self._options.reason or f"phase {name}"
        try:
            before = lock.read(path)
            held = lock.acquire(path, site=self._site.name, reason=reason, run=run_id, takeover=self._options.takeover)
        except lock.LockHeldError as error:
            stale = error.lock.stale
            step = "rollback-runner resume" if stale else "wait for it, or ask its holder"
            raise LockedError(f"{error}.", next_step=f'{step}; --break-lock "REASON" takes it by force') from error
        except lock.LockError as error:
            raise RecordError(f"{error}; nothing was done.", next_step="df -h; ls -l " + str(path.parent)) from error
        if before is not None and before.held:
            left = ansible_run.sweep(store.runs_directory(self._home) / before.run)
            if left:
                self._view.say(self._texts("live.swept", count=left, run=before.run))
        return held.epoch

    def _phase(
        self, run: store.Run, plan: Plan, past: History, playbook: Path
    ) -> tuple[list[dict[str, Any]], verdict.Status]:
        deadline = plan.budget * _DEADLINE_FACTOR
        self._view.begin(plan, past, deadline, check=self._options.check)
        started = store.now()
        try:
            ended = self._play(run, playbook, deadline)
        finally:
            self._view.end()
        verdicts = verdict.judge(plan.items, plan.steps, self._state.seen, check=self._options.check)
        failed = verdict.failures(self._state.seen)
        status = verdict.phase_status(verdicts, failed, plan.excused)
        reason = ""
        if ended.status != "successful" and status in verdict.PASSED:
            status = "failed"
        if ended.status == "timeout":
            reason = f"stopped at its deadline of {deadline:.0f} s"
        elif ended.status == "failed" and not failed:
            status = "failed"
            reason = ended.last_words or "the play ended without a word"
        self._state.phases.append(report.PhaseReport(plan.phase, status, started, ended.seconds, plan.budget, reason))
        self._state.failures += report.failures_of(plan.phase, failed)
        for item in verdicts:
            hosts = {host.host: host.status for host in item.hosts}
            self._write(run, "item", id=item.id, status=item.status, reason=item.reason, hosts=hosts)
        return report.items_of(plan.phase, verdicts), status

    def _settle(
        self, run: store.Run, plan: Plan, status: verdict.Status, promoted: Promoted
    ) -> tuple[verdict.Status, str]:
        """Decide what the run has come to, and go back where that is right."""
        if status in verdict.PASSED:
            return status, "rehearsed" if self._options.check else "proven"
        if self._cancel.is_set():
            return status, "interrupted"
        if promoted == "yes" and status == "refused":
            status = "failed"  # "refused" tells people that nothing was done
        touched = any(entry["kind"] == "intent" for entry in run.entries())
        said_no = status == "refused" or (not touched and verdict.stopped_by_a_gate(self._state.seen))
        refused = "refused" if said_no else "unproven"
        if self._options.check or self._options.stay_fenced or promoted == "yes" or not touched or not plan.steps:
            return status, refused
        self._view.say(self._texts("live.abort"))
        self._write(run, "abort", reason=status)
        gone_back = self._abort(run)
        return status, "aborted" if gone_back in verdict.PASSED else "unproven"

    def _abort(self, run: store.Run) -> verdict.Status:
        started, before = store.now(), len(self._state.seen)
        ended = self._play(run, ROOT / "playbooks" / "abort.yml", _ABORT_BUDGET * _DEADLINE_FACTOR)
        failed = verdict.failures(self._state.seen[before:])
        ran = any(event.kind == "result" for event in self._state.seen[before:])
        status: verdict.Status = "done" if ran and ended.status == "successful" else "failed"
        if failed:
            status = min((failure.status for failure in failed), key=verdict.ORDER.index)
        reason = "" if failed else ended.last_words
        self._state.phases.append(report.PhaseReport("abort", status, started, ended.seconds, _ABORT_BUDGET, reason))
        self._state.failures += report.failures_of("abort", failed)
        return status

    def _play(self, run: store.Run, playbook: Path, deadline: float) -> ansible_run.Ended:
        loss = self._options.accept_loss
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
            extra={"rr_accept_loss": loss} if loss else None,
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
        self, run: store.Run, plan: Plan, items: list[dict[str, Any]], status: verdict.Status, outcome: str
    ) -> dict[str, Any]:
        interrupted = outcome == "interrupted"
        code = Exit.INTERRUPTED if interrupted else verdict.exit_code("refused" if outcome == "refused" else status)
        entries = run.entries()
        promoted = acts.promoted(entries, self._site.hosts("databases"))
        self._write(run, "end", status=status, outcome=outcome, exit_code=int(code))
        made = report.Report(
            run=run.id,
            site=self._site.name,
            site_title=self._site.titles,
            started=self._started,
            ended=store.now(),
            seconds=round(sum(phase.seconds for phase in self._state.phases), 3),
            check=self._options.check,
            status=status,
            outcome=outcome,
            exit_code=int(code),
            strategy=plan.strategy,
            strategy_reason=plan.reason,
            plan_digest=plan.digest,
            epoch=self._epoch,
            holder=store.holder(),
            promoted=promoted,
            accepted_loss=self._options.accept_loss,
            forecast=plan.forecast,
            phases=self._state.phases,
            items=items,
            failures=self._state.failures,
            stopped_at=self._state.stopped_at,
            unfinished_acts=acts.unfinished(entries),
            next_step=_next_step(outcome, promoted, touched=any(entry["kind"] == "intent" for entry in entries)),
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


def _next_step(outcome: str, promoted: Promoted, *, touched: bool) -> str:
    if outcome == "proven":
        return "next.watch"
    if outcome == "rehearsed":
        return "next.act"
    if outcome == "aborted":
        return "next.again"
    if promoted != "no":
        return "next.forward"
    if touched:
        return "next.fenced"
    return "next.refused" if outcome == "refused" else "next.resume"


def _journal_head(run: store.Run) -> dict[str, Any]:
    end = journal.head(run.journal)
    return {"lines": end.lines, "digest": end.digest}
