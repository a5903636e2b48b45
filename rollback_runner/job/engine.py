"""The engine of a run whose play somebody else carries out: it opens and closes the record, and is fed in between.

Lock, record, verdict and going back are those of `Engine`; only the playing is not its own.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rollback_runner.plan import ways
from rollback_runner.record import report, store, verdict
from rollback_runner.run.ansible_run import Ended
from rollback_runner.run.engine import Engine, Mark

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.messages import Texts
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.run.engine import Stage
    from rollback_runner.run.options import Options
    from rollback_runner.run.recorder import Recorder
    from rollback_runner.screen.live import View
    from rollback_runner.site.site import Site


class JobEngine(Engine):
    """For one playbook: `open` it, feed it with `take`, ask what it would come to, `close` it."""

    def __init__(self, site: Site, home: Path, view: View, texts: Texts, options: Options) -> None:
        super().__init__(site, home, view, texts, options)
        self._around = ExitStack()
        self._record: Recorder | None = None
        self._stage: Stage | None = None
        self._mark = Mark("", 0, 0)
        self._began = 0.0

    @property
    def run(self) -> store.Run:
        """The run that is recorded."""
        return self._recorder.run

    def open(self, stage: Stage, name: str) -> dict[str, str]:
        """Take the lock, open the record and begin the leg. Returns the environment for the action plugins.

        Raises `LockedError`, `RecordError`: nothing was done then.
        """
        self._stage = stage
        self._record = record = self._around.enter_context(self._run([stage.plan], name))
        self._mark = Mark(store.now(), 0, len(record.run.entries()))
        self._began = time.monotonic()
        record.leg_began(stage.plan.leg, stage.plan.budget)
        return self._environment(record)

    def take(self, event: TaskSeen) -> None:
        """Note one event of the play."""
        self._recorder.take(event)

    def status(self) -> tuple[verdict.Status, str]:
        """Say what the leg would come to if it ended now, and the first reason for which it is not proven."""
        plan, seen = self._the_stage.plan, self._recorder.seen[self._mark.seen :]
        failed = verdict.failures(seen)
        told = "; ".join(f"{one.host}: {one.task}: {one.message}" for one in failed)
        if plan.leg == ways.ABORT:
            return self.status_of_tasks(seen, successful=True), told
        items = verdict.judge(plan.items, plan.steps, seen, check=self._options.check)
        excused = plan.excused | verdict.waived(seen)
        status = verdict.phase_status(items, failed, excused)
        bad = next((one for one in items if one.id not in excused and one.status == status), None)
        if status in verdict.PASSED:
            return status, ""
        if bad is not None:
            return status, f"{bad.id} is {bad.status}: {bad.reason or 'no reason was given'}"
        return status, told or "no item was asked for"

    def close(self, *, failed: bool, last_words: str = "") -> dict[str, Any]:
        """Judge the leg, go back where that follows, write the report, give the lock back. Returns the report."""
        ended = Ended("failed" if failed else "successful", round(time.monotonic() - self._began, 3), last_words)
        with self._around:
            stage, record = self._the_stage, self._recorder
            if stage.plan.leg == ways.ABORT:
                return self._closed_abort(record, stage, ended)
            return self._close(record, stage, self._judged(record, stage.plan, self._mark, ended))

    def cut_off(self, reason: str) -> dict[str, Any]:
        """Close the record of a play that was ended from outside: what is known is judged, nothing goes back."""
        self._cancel.set()
        record = self._recorder
        record.stopped_at = record.task or self._the_stage.playbook.name
        record.write("interrupted", task=record.stopped_at, reason=reason)
        return self.close(failed=True, last_words=reason)

    def give_up(self) -> None:
        """Give the lock back without a report; for a record that broke."""
        self._around.close()

    @property
    def _recorder(self) -> Recorder:
        if self._record is None:
            raise RuntimeError("bug: the record was not opened")
        return self._record

    @property
    def _the_stage(self) -> Stage:
        if self._stage is None:
            raise RuntimeError("bug: the record was not opened")
        return self._stage

    def _closed_abort(self, record: Recorder, stage: Stage, ended: Ended) -> dict[str, Any]:
        """Finish a record of going back by hand: it has no items of its own, so its tasks are what is judged."""
        failed = verdict.failures(record.seen)
        status = self.status_of_tasks(record.seen, successful=ended.status == "successful")
        record.phases.append(
            report.PhaseReport("abort", status, self._mark.started, ended.seconds, stage.plan.budget, ended.last_words)
        )
        record.failures += report.failures_of("abort", failed)
        word = "aborted" if status in verdict.PASSED else "refused" if status == "refused" else "unproven"
        if self._cancel.is_set() and word != "aborted":
            word = "interrupted"
        return record.finish(stage.plan.leg, status, word)

    @staticmethod
    def status_of_tasks(seen: list[TaskSeen], *, successful: bool) -> verdict.Status:
        """Judge a play that proves no item: all its tasks ended well, and there were some."""
        failed = verdict.failures(seen)
        if failed:
            return min((failure.status for failure in failed), key=verdict.ORDER.index)
        ran = any(event.kind == "result" for event in seen)
        return "done" if ran and successful else "failed"
