"""One thread per source: it reads at its own pace, hands over what it read, and tries again when it is lost."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.watching.source import Reading, Source

_AGAIN = 0.1  # seconds between two interruptions of a reading at the end
_LONGEST = 15.0  # seconds between two tries of a lost source, unless it is read less often anyway
_STACK = 256 * 1024  # bytes; a thread's default of 8 MB is address space only, but musl and limits count it


@dataclass(frozen=True)
class Told:
    """What a source gave at a moment, or why it gave nothing."""

    source: Source
    at: float
    reading: Reading | None
    why: str = ""


class Readers:
    """All sources of an incident at work."""

    def __init__(self, sources: Sequence[Source], interval: float) -> None:
        self._sources = tuple(sources)
        self._interval = interval
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Start reading."""
        before = threading.stack_size(_STACK)
        try:
            for source in self._sources:
                thread = threading.Thread(target=self._follow, args=(source,), name=source.name, daemon=True)
                thread.start()
                self._threads.append(thread)
        finally:
            threading.stack_size(before)

    def take(self, seconds: float) -> list[Told]:
        """Wait at most so long for something to be told, and return all that was."""
        found: list[Told] = []
        try:
            found.append(self._told.get(timeout=seconds))
            while True:
                found.append(self._told.get_nowait())
        except queue.Empty:
            return found

    def end(self, patience: float = 2.0) -> None:
        """Stop reading, and wait at most ``patience`` seconds for readings that cannot be interrupted."""
        self._over.set()
        deadline = time.monotonic() + patience
        # More than once: one that was just connecting has something to wait for again.
        while (waiting := [thread for thread in self._threads if thread.is_alive()]) and time.monotonic() < deadline:
            for source in self._sources:
                source.interrupt()
            waiting[0].join(_AGAIN)

    def _follow(self, source: Source) -> None:
        try:
            self._read_again_and_again(source)
        finally:
            source.close()

    def _read_again_and_again(self, source: Source) -> None:
        interval = source.interval or self._interval
        failed = 0
        while not self._over.is_set():
            begun = time.monotonic()
            told = _read(source)
            if self._over.is_set():
                return
            self._told.put(told)
            failed = failed + 1 if told.reading is None else 0
            pause = interval if not failed else min(interval * 2 ** min(failed - 1, 8), max(interval, _LONGEST))
            self._over.wait(max(0.05, begun + pause - time.monotonic()))


def _read(source: Source) -> Told:
    try:
        reading = source.read()
    except (FailbackError, OSError) as error:
        return Told(source, time.time(), None, " ".join(str(error).split()) or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a fault in one source must not cost the others
        return Told(source, time.time(), None, f"fault in this source: {error!r}")
    return Told(source, time.time(), reading)
