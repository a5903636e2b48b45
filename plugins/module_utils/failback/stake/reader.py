"""Reads a server's binary logs into a tally: one connection, as a replica would, up to a deadline.

What is not read in time is extrapolated from the bytes, and said to be so. Nothing is kept of what was read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.binlog import events, stream
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.gtid import GtidSet
    from failback.mysql import Login
    from failback.stake.tally import Tally

TELL = 5.0  # seconds between two words on how far it is


@dataclass(frozen=True)
class Reading:
    """How far the reading came. ``factor``: what is to be counted divided by what was, 1.0 for all of it."""

    complete: bool
    why: str  # "" when complete
    kind: str  # "", deadline, refused, broken
    seconds: float
    bytes: int  # received
    factor: float


def read(  # noqa: PLR0913 - what to read, how far, and whom to tell
    login: Login,
    known: GtidSet,
    tally: Tally,
    *,
    logs: Sequence[tuple[str, int]],
    deadline: float,
    name: str,
    tell: Callable[[int, float], None] = lambda _left, _seconds: None,
) -> Reading:
    """Feed the tally with everything after ``known``. A server that does not give it is a result, not an error."""
    clock = _Clock(logs, deadline, tally, tell)
    if not tally.left:
        return clock.reading("", "")
    source = stream.since(login, known, name=name)
    tally.pulse = clock.pulse
    try:
        for event in source:
            tally.feed(event)
            clock.at(event)
            if not tally.left:
                return clock.reading("", "")
    except _LateError:
        return clock.reading(f"the deadline of {deadline:g} s passed", "deadline")
    except FailbackError as error:
        return clock.reading(str(error), "refused" if error.refused else "broken")
    finally:
        source.close()  # type: ignore[attr-defined]  # a generator: its connection goes with it
    return clock.reading(f"{tally.left} transactions are not in {name}'s binary logs", "refused")


class _LateError(Exception):
    """The deadline passed."""


class _Clock:
    """Keeps time and place."""

    def __init__(
        self, logs: Sequence[tuple[str, int]], deadline: float, tally: Tally, tell: Callable[[int, float], None]
    ) -> None:
        self._begun = self._told = time.monotonic()
        self._deadline, self._tally, self._tell = deadline, tally, tell
        self._offsets: dict[str, int] = {}
        self._end = 0
        for log, size in logs:
            self._offsets[log] = self._end
            self._end += size
        self._file, self._first, self._place = "", -1, 0
        self._bytes = 0

    def at(self, event: events.Event) -> None:
        """Note an event that was counted. Raises _LateError."""
        self._bytes += len(event.raw)
        if event.kind == events.ROTATE:
            self._file = events.rotate(event)
        elif event.end and not event.artificial and self._file in self._offsets:
            self._place = self._offsets[self._file] + event.end
            if self._first < 0 and event.kind in {events.GTID, events.GTID_TAGGED}:
                self._first = self._place
        self.pulse()

    def pulse(self) -> None:
        """Look at the clock. Raises _LateError."""
        now = time.monotonic()
        if now - self._told >= TELL:
            self._told = now
            self._tell(self._tally.left, now - self._begun)
        if now - self._begun >= self._deadline:
            raise _LateError

    def reading(self, why: str, kind: str) -> Reading:
        """Say how far it came."""
        read, whole = self._place - self._first, self._end - self._first
        factor = max(1.0, whole / read) if why and self._first >= 0 and read > 0 else 1.0
        seconds = round(time.monotonic() - self._begun, 3)
        return Reading(not why, why, kind, seconds, self._bytes, round(factor, 4))
