"""The messenger's view of the record: what was put and what became of it, also while the disk takes no line.

Telling people goes on with a full disk. What cannot be written stays in memory, counts at once, and is written as soon
as there is room; only a messenger that dies before that may send something twice, and says so.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from failback import journal

from rollback_runner.telling import deliveries, outbox
from rollback_runner.telling.schedule import stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollback_runner.telling.deliveries import Kind
    from rollback_runner.telling.outbox import State


class Ledger:
    """Reads both journals when they changed, and writes deliveries."""

    def __init__(self, incident: Path, clock: Callable[[], float]) -> None:
        self.incident = incident
        self._clock = clock
        self._unwritten: list[dict[str, Any]] = []
        self._guard = threading.Lock()
        self._mark: tuple[object, ...] = ()
        self._states: list[State] = []
        self.escalated: list[dict[str, Any]] = []
        self._synced = 0

    def states(self) -> list[State]:
        """Return every message in order with what became of it. Raises `failback.journal.JournalError`."""
        with self._guard:
            mark = (*map(_mark, self._paths), len(self._unwritten))
            if mark != self._mark:
                put = outbox.lines(self.incident / outbox.MESSAGES)
                lines = outbox.lines(self.incident / outbox.DELIVERIES)
                self._states = deliveries.joined(outbox.put_in(put), [*lines, *self._unwritten])
                self.escalated = [line for line in put if line["kind"] != "message"]
                self._mark = mark
            return self._states

    def sync(self) -> None:
        """Bring to the disk what others put: what was told must not be lost while its delivery is kept."""
        path = self.incident / outbox.MESSAGES
        size = path.stat().st_size if path.exists() else 0
        if size != self._synced:
            try:
                journal.sync(path)
            except journal.JournalError:
                return
            self._synced = size

    def keep(self, kind: Kind, key: str, channel: str, **details: Any) -> None:
        """Put one line on record, in memory while the disk takes none."""
        with self._guard:
            self._flush()
            line = {"kind": kind, "key": key, "channel": channel, "happened": stamp(self._clock()), **details}
            if self._unwritten or not self._written(line):
                self._unwritten.append(line | {"time": line["happened"]})

    def flush(self) -> int:
        """Write what could not be written; return how many lines are still only in memory."""
        with self._guard:
            self._flush()
            return len(self._unwritten)

    def _flush(self) -> None:
        while self._unwritten and self._written({k: v for k, v in self._unwritten[0].items() if k != "time"}):
            del self._unwritten[0]
            self._mark = ()

    def _written(self, line: dict[str, Any]) -> bool:
        rest = {key: value for key, value in line.items() if key not in {"kind", "key", "channel"}}
        try:
            deliveries.keep(self.incident, line["kind"], line["key"], line["channel"], **rest)
        except journal.JournalError:
            return False
        return True

    @property
    def _paths(self) -> tuple[Path, Path]:
        return self.incident / outbox.MESSAGES, self.incident / outbox.DELIVERIES


def _mark(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)
