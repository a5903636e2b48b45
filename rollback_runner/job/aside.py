"""The record of a playbook beside the way (baseline, a proof of a backup, the stop-gap, a look): acts, and their end.

It proves no item of a phase; what is judged is whether each of its tasks ended well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback import journal

from rollback_runner.errors import RecordError
from rollback_runner.job.engine import JobEngine
from rollback_runner.job.legs import ASIDE
from rollback_runner.record import store, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.site.site import Site

_BAD = frozenset({"failed", "refused", "unreachable", "waiting"})


@dataclass
class Aside:
    """Takes the same calls as `JobEngine`."""

    run: store.Run
    seen: list[TaskSeen] = field(default_factory=list)

    def take(self, event: TaskSeen) -> None:
        """Note one event."""
        self.seen.append(event)
        if event.kind == "result" and event.outcome in _BAD:
            self._write("failure", task=event.name, host=event.host, outcome=event.outcome, message=event.message)

    def status(self) -> tuple[verdict.Status, str]:
        """Say what it would come to if it ended now, and why not well."""
        told = "; ".join(f"{one.host}: {one.task}: {one.message}" for one in verdict.failures(self.seen))
        return JobEngine.status_of_tasks(self.seen, successful=True), told

    def close(self, *, failed: bool, last_words: str = "") -> dict[str, Any]:
        """Put its end on record. There is no report: what it found lies where its tasks keep it."""
        status = JobEngine.status_of_tasks(self.seen, successful=not failed)
        word = "proven" if status in verdict.PASSED else "unproven"
        self._write("end", outcome=word, status=status, reason=last_words)
        store.give_back_reserve(self.run)
        return {}

    def cut_off(self, reason: str) -> dict[str, Any]:
        """Put on record that it was ended from outside."""
        self._write("interrupted", reason=reason)
        self._write("end", outcome="interrupted", status="failed", reason=reason)
        store.give_back_reserve(self.run)
        return {}

    def _write(self, kind: str, **fields: Any) -> None:
        try:
            journal.append(self.run.journal, kind, **fields)
        except journal.JournalError as error:
            if kind == "begin":
                raise RecordError(f"{error}; nothing was done.") from error


def begin(home: Path, site: Site, name: str) -> Aside:
    """Open the record. Raises `RecordError` when it cannot be kept."""
    shelf = ASIDE[f"{name}.yml"]
    run = store.create_aside(home, shelf, f"{store.new_id(home, site.name, name)}-{os.getpid()}", site.secret_files)
    record = Aside(run)
    record._write("begin", phase=name, site=site.name, holder=store.holder(), options={})  # noqa: SLF001 - of its own class
    return record
