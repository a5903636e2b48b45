"""Keeps what was measured while the disk lets it, and in memory while it does not: the newest, up to a bound."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from failback import journal

from rollback_runner.watching import notes, series
from rollback_runner.watching.notes import SAMPLER, Breach, Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rollback_runner.watching.series import Point

_MOST = 50_000  # points in memory while nothing can be written; about 15 MB, an hour of ten hosts every 5 s


class Keeper:
    """Writes points and notes in order. Nothing raises: what cannot be written now is written later, or its loss is."""

    def __init__(self, incident: Path, say: Callable[[str], None]) -> None:
        self._incident = incident
        self._say = say
        self._points: deque[Point] = deque()
        self._notes: deque[tuple[str, dict[str, object]]] = deque()
        self._lost: tuple[float, float] | None = None
        self.broken = ""

    def points(self, points: Iterable[Point]) -> None:
        """Take points; `flush` writes them."""
        self._points.extend(points)
        while len(self._points) > _MOST:
            gone = self._points.popleft()
            self._lost = (self._lost[0] if self._lost else gone.at, gone.at)

    def note(self, kind: str, **fields: object) -> None:
        """Take a note."""
        self._notes.append((kind, fields))

    def gap(self, gap: Gap) -> None:
        """Note that a gap began, or that it ended."""
        kind = "gap_began" if gap.until is None else "gap_ended"
        fields = {"since": gap.since, "until": gap.until, "why": gap.why}
        self.note(kind, source=gap.figure_source, host=gap.host, **fields)

    def breach(self, breach: Breach, kind: str) -> None:
        """Note ``breach_began``, ``breach_raised`` or ``breach_ended``."""
        self.note(kind, **vars(breach))

    def flush(self) -> bool:
        """Write all that waits; False when it could not, which is said once."""
        try:
            if self._points:
                series.place(self._incident).mkdir(exist_ok=True, mode=0o700)
                series.append(self._incident, self._points)
                self._points.clear()
            while self._notes:
                kind, fields = self._notes[0]
                notes.write(self._incident, kind, **fields)
                self._notes.popleft()
            self._tell_of_loss()
        except (OSError, journal.JournalError) as error:
            if not self.broken:
                self._say(f"figures cannot be written, they are kept in memory: {error}")
            self.broken = str(error)
            return False
        if self.broken:
            self._say("figures are written again")
            self.broken = ""
        return True

    def _tell_of_loss(self) -> None:
        if self._lost is None:
            return
        gap = Gap(SAMPLER, "", *self._lost, f"nothing could be written ({self.broken or 'disk full'})")
        notes.note_gap(self._incident, gap)
        self._lost = None
