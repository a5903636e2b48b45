"""How long a service was really watched: since when without a hole longer than allowed. Pure.

Holes are found in the samples themselves, at both ends of the span too: a controller that was off notes no gap.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner.watching.required import ONLY_WHEN_USED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback_runner.watching.notes import Gap
    from rollback_runner.watching.series import Series
    from rollback_runner.watching.usual_levels import Key

_SAME = 5.0  # seconds within which holes of several figures are one


@dataclass(frozen=True)
class Hole:
    """A span without a sample. ``keys`` are the figures and hosts that were missing; ``open``: it lasts."""

    since: float
    until: float
    keys: tuple[Key, ...]
    open: bool
    why: str = ""

    @property
    def seconds(self) -> float:
        """Return how long it was."""
        return self.until - self.since

    @property
    def hosts(self) -> tuple[str, ...]:
        """Name whose figures were missing."""
        return tuple(sorted({host for _, host in self.keys}))


@dataclass(frozen=True)
class Coverage:
    """What was watched from ``since`` to ``until``. ``counts_from`` is the end of the last hole that was too long."""

    since: float
    until: float
    counts_from: float
    samples: int
    longest: float
    holes: tuple[Hole, ...]
    absent: tuple[Key, ...]

    @property
    def watched(self) -> float:
        """Return the seconds that count."""
        return 0.0 if self.absent or any(hole.open for hole in self.holes) else self.until - self.counts_from


def coverage(series: Series, keys: Iterable[Key], since: float, until: float, allowed: float) -> Coverage:
    """Judge a span; ``allowed`` is the longest hole in seconds that does no harm."""
    holes: list[Hole] = []
    absent: list[Key] = []
    samples, longest = 0, 0.0
    for figure, host in keys:
        if figure in ONLY_WHEN_USED:
            continue
        moments = [at for at, _ in series.values.get(figure, {}).get(host, ()) if since <= at <= until]
        samples += len(moments)
        if not moments and until - since > allowed:
            absent.append((figure, host))
            continue
        edges = [since, *moments, until]
        for begun, ended in itertools.pairwise(edges):
            longest = max(longest, ended - begun)
            if ended - begun > allowed:
                holes.append(Hole(begun, ended, ((figure, host),), open=ended == until))
    told = tuple(_why(hole, series.gaps) for hole in _merged(holes))
    counts_from = max((hole.until for hole in told if not hole.open), default=since)
    return Coverage(since, until, counts_from, samples, longest, told, tuple(absent))


def _merged(holes: Sequence[Hole]) -> list[Hole]:
    """Make one of the holes that several figures have in common."""
    found: list[Hole] = []
    for hole in sorted(holes, key=lambda one: (one.since, one.until)):
        last = found[-1] if found else None
        if last and abs(last.since - hole.since) <= _SAME and abs(last.until - hole.until) <= _SAME:
            found[-1] = Hole(
                min(last.since, hole.since),
                max(last.until, hole.until),
                (*last.keys, *hole.keys),
                last.open or hole.open,
            )
        else:
            found.append(hole)
    return found


def _why(hole: Hole, gaps: Sequence[Gap]) -> Hole:
    """Say why, from what was noted of that time."""
    said = [
        gap.why
        for gap in gaps
        if gap.since <= hole.until
        and (gap.until is None or gap.until >= hole.since)
        and (gap.host in {"", *hole.hosts})
        and gap.why
    ]
    why = "; ".join(dict.fromkeys(said)) or "nobody watched: nothing was noted of it"
    return Hole(hole.since, hole.until, hole.keys, hole.open, why)


def last_seen(series: Series, keys: Iterable[Key]) -> Mapping[Key, float]:
    """Return the moment of the last sample of each figure that has one."""
    found = {}
    for figure, host in keys:
        points = series.values.get(figure, {}).get(host)
        if points:
            found[figure, host] = points[-1][0]
    return found
