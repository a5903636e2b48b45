"""Whether what the sampler wrote down is what the sources say when somebody else asks them. Pure.

A sampler that repeats itself, mixes hosts up or stopped at a value long ago passes every look at its own log. So it is
held against readings made beside it, over the same seconds, and against a load that was made on purpose.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner.watching.catalogue import FIGURES, Unit, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback_runner.watching.series import Point, Series
    from rollback_runner.watching.usual_levels import Key

_SHARE = 0.5  # of the larger value: two readings of the same seconds never begin and end at the same instant
# How far two honest readings may be apart in a unit, however small they are.
_LEAST: Mapping[Unit, float] = {
    "share": 0.15, "bytes": 64e6, "bytes/s": 20_000.0, "1/s": 5.0, "s": 0.25, "count": 5.0,
}  # fmt: skip
# Shares of processor and disk time jump within a second; of memory they do not.
_LEAST_OF: Mapping[str, float] = {
    "cpu_busy": 0.35, "cpu_waiting": 0.35, "disk_busy": 0.5, "memory_used": 0.05, "disk_used": 0.02, "swap_used": 0.05,
    "mysql_buffer_pool_hit": 0.2, "rds_cpu": 0.35, "errors": 0.1,
    "mysql_threads_running": 16.0,  # one statement that is waited for, and those behind it run all at once
    "sessions_idc": 16.0, "sessions_aws": 16.0,  # of a balancer under load: between none and all of its clients at once
}  # fmt: skip
# What a source says at an instant and not of a span: it is held against the nearest of what the sampler saw meanwhile.
_MOMENTARY = frozenset({"mysql_threads_running", "mysql_lock_waits", "sessions_idc", "sessions_aws"})
_MEAN = frozenset({"share", "1/s", "bytes/s"})
_AFTER = 1.0  # seconds in which the sample of the last second comes
_BEGUN = 1.0  # seconds: a first sample so late has missed nothing that counts
_SEEN = 0.5  # of a load made on purpose must be seen: the rest may lie in a neighbouring interval


@dataclass(frozen=True)
class Said:
    """What one source says of a span, in which it gives rates or a mean. Moments are seconds since 1970."""

    points: Iterable[Point]
    since: float
    until: float


@dataclass(frozen=True)
class Compared:
    """One figure of one host: the sampler's value, and by source what it said beside the sampler's of its span."""

    figure: str
    host: str
    sampled: float | None
    samples: int
    others: Mapping[str, tuple[float, float]]
    load: float = 0.0  # what was added on purpose, in the figure's unit

    @property
    def wrong(self) -> str:
        """Say what does not fit; "" where all does."""
        figure = FIGURES[self.figure]
        if self.sampled is None:
            return f"the sampler has no value of {self.figure} of {self.host} for these seconds"
        for source, (value, sampled) in self.others.items():
            if not agree(self.figure, sampled, value):
                return (
                    f"{self.figure} of {self.host}: the sampler says {shown(figure, sampled)}, {source} asked beside it"
                    f" {shown(figure, value)}"
                )
        if self.load and self.sampled < _SEEN * self.load:
            return (
                f"{self.figure} of {self.host}: {shown(figure, self.load)} were made on purpose, and the sampler saw"
                f" {shown(figure, self.sampled)}"
            )
        return ""

    @property
    def proven(self) -> bool:
        """Tell whether somebody else confirms the value; one that only fits itself is not proven."""
        return not self.wrong and (bool(self.others) or self.load > 0)

    def as_dict(self) -> dict[str, object]:
        """Return what goes on record."""
        kept: dict[str, object] = {"figure": self.figure, "host": self.host, "sampled": self.sampled}
        beside = {name: {"says": value, "sampled": sampled} for name, (value, sampled) in self.others.items()}
        kept |= {"samples": self.samples, "beside": beside}
        return kept | ({"load": self.load} if self.load else {}) | ({"wrong": self.wrong} if self.wrong else {})


def agree(figure: str, one: float, other: float) -> bool:
    """Tell whether two readings of one figure can both be honest."""
    least = _LEAST_OF.get(figure, _LEAST[FIGURES[figure].unit])
    share = 0.0 if FIGURES[figure].unit == "share" else _SHARE
    return abs(one - other) <= max(least, share * max(abs(one), abs(other)))


def compare(
    series: Series,
    beside: Mapping[str, Said],
    span: tuple[float, float],
    loads: Mapping[Key, float],
    keys: Iterable[Key],
) -> list[Compared]:
    """Hold the sampler's values of ``span`` against what others said, each against the same seconds as theirs.

    ``beside`` is by the name of the source. A source that speaks of seconds the sampler did not see is passed over.
    """
    said: dict[Key, dict[str, tuple[float, float]]] = {}
    for source, one in beside.items():
        values: dict[Key, list[float]] = {}
        for point in one.points:
            values.setdefault((point.figure, point.host), []).append(point.value)
        for (figure, host), some in values.items():
            mine = _between(series, figure, host, one.since, one.until + _AFTER)
            other = statistics.fmean(some)
            level = _level(figure, [value for _, value in mine], other)
            if level is not None and _seen_from(series, figure, host, one.since):
                said.setdefault((figure, host), {})[source] = (other, level)
    found = []
    for figure, host in keys:
        values_of = [value for _, value in _between(series, figure, host, *span)]
        others, load = said.get((figure, host), {}), loads.get((figure, host), 0.0)
        found.append(Compared(figure, host, _level(figure, values_of), len(values_of), others, load))
    return found


def _seen_from(series: Series, figure: str, host: str, since: float) -> bool:
    """Whether the sampler followed it by then: what happened before it began, it cannot have seen."""
    points = series.values.get(figure, {}).get(host, ())
    return bool(points) and min(at for at, _ in points) <= since + _BEGUN


def _between(series: Series, figure: str, host: str, since: float, until: float) -> list[tuple[float, float]]:
    return [point for point in series.values.get(figure, {}).get(host, ()) if since <= point[0] <= until]


def _level(figure: str, values: Sequence[float], beside: float | None = None) -> float | None:
    """Reduce a span to a value: rates and shares to their mean, percentiles and counts to the median.

    Of a momentary figure that somebody else read ``beside`` it, the value nearest to that.
    """
    if not values:
        return None
    if beside is not None and figure in _MOMENTARY:
        return min(values, key=lambda value: abs(value - beside))
    return (
        statistics.fmean(values) if FIGURES[figure].unit in {"share", "1/s", "bytes/s"} else statistics.median(values)
    )
