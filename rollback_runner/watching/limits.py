"""Judges figures against limits and against what is usual: when a breach begins, is over, and how bad it was. Pure.

A limit counts as broken when every value for longer than the site's patience was beyond it, and as kept again when
every value for as long was within. What must never happen at all (a write on RDS) counts at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from rollback_runner.watching.catalogue import FIGURES
from rollback_runner.watching.notes import Breach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollback_runner.watching.series import Point
    from rollback_runner.watching.settings import Settings

# What a figure may be at most, or at least where low is bad. Figures that say how much, not how well, have none; nor
# has what depends on the site alone (its sessions, its lag while it catches up), unless the site names a limit.
DEFAULTS: Mapping[str, float] = {
    "cpu_busy": 0.95,
    "cpu_waiting": 0.5,
    "memory_used": 0.95,
    "swap_used": 0.8,
    "disk_busy": 0.98,
    "disk_used": 0.95,
    "mysql_lock_waits": 50.0,
    "latency_p95": 2.0,
    "errors": 0.05,
    "probe_failures": 0.5,
    "rds_cpu": 0.95,
}
# Limits no site can change: each of these is one too many.
FIXED: Mapping[str, float] = {"rds_writes_after_final": 0.0, "rds_ways_in": 0.0, "data_problems": 0.0}
# How much beyond what is usual says nothing, in the figure's unit: a few milliseconds, a single wait. Only these
# figures are compared with what is usual.
_SLACK: Mapping[str, float] = {
    "cpu_busy": 0.2,
    "cpu_waiting": 0.1,
    "mysql_threads_running": 10.0,
    "mysql_lock_waits": 10.0,
    "mysql_deadlocks": 5.0,
    "latency_p50": 0.05,
    "latency_p95": 0.1,
    "latency_p99": 0.25,
    "errors": 0.01,
    "rds_cpu": 0.2,
}


@dataclass(frozen=True)
class Change:
    """What happened to a breach."""

    kind: Literal["breach_began", "breach_ended"]
    breach: Breach


@dataclass
class _State:
    """One figure of one host: since when it is beyond, or within again, and the breach if there is one."""

    beyond_since: float | None = None
    within_since: float | None = None
    worst: float = 0.0
    breach: Breach | None = None


@dataclass
class Judge:
    """Takes values in the order of time and tells of changes. ``open_`` are breaches that lasted when it began."""

    limits: Mapping[str, float]
    usual: Mapping[str, Mapping[str, float]]
    over_usual: float
    patience: float
    window: float = 0.0
    open_: Iterable[Breach] = ()
    _states: dict[tuple[str, str], _State] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take up the breaches that lasted."""
        for breach in self.open_:
            state = _State(beyond_since=breach.began, worst=breach.value, breach=breach)
            self._states[breach.figure, breach.host] = state

    def limit(self, figure: str, host: str) -> float | None:
        """Return what holds for a figure of a host: its limit or what is usual and more, what is reached first."""
        if figure in FIXED:
            return FIXED[figure]
        known = FIGURES.get(figure)
        if known is None:
            return None
        if self.limits.get(figure) == 0.0:
            return None
        least = [self.limits[figure]] if figure in self.limits else []
        usual = self.usual.get(figure, {}).get(host)
        if usual is not None and figure in _SLACK and self.over_usual > 0 and known.bad == "high":
            least.append(usual * (1 + self.over_usual) + _SLACK[figure])
        return min(least) if least else None

    def take(self, point: Point) -> Change | None:
        """Judge one value."""
        limit = self.limit(point.figure, point.host)
        state = self._states.setdefault((point.figure, point.host), _State())
        if limit is None and state.breach is None:
            return None
        figure = FIGURES[point.figure]
        if limit is not None and figure.beyond(point.value, limit):
            return self._beyond(state, point, limit)
        return self._within(state, point)

    @property
    def lasting(self) -> list[Breach]:
        """Return the breaches that last."""
        return [state.breach for state in self._states.values() if state.breach is not None]

    def raised(self, breach: Breach, level: int) -> Breach:
        """Keep the step of the ladder a breach has reached, and return it so."""
        state = self._states[breach.figure, breach.host]
        state.breach = replace(breach, level=level)
        return state.breach

    def _beyond(self, state: _State, point: Point, limit: float) -> Change | None:
        figure = FIGURES[point.figure]
        if state.beyond_since is None:
            state.beyond_since, state.worst = point.at, point.value
        state.within_since = None
        state.worst = figure.worse(state.worst, point.value)
        if state.breach is not None:
            state.breach = replace(state.breach, value=state.worst)
            return None
        if point.at - state.beyond_since < self._patience(point.figure):
            return None
        usual = self.usual.get(point.figure, {}).get(point.host)
        state.breach = Breach(
            point.figure, point.host, state.beyond_since, None, state.worst, limit, usual, level=1
        )  # fmt: skip
        return Change("breach_began", state.breach)

    def _patience(self, figure: str) -> float:
        """Say how long it must last: a percentile carries one slow answer for its whole window, which is no breach."""
        if figure in FIXED:
            return 0.0
        return self.patience + (self.window if FIGURES[figure].kind == "latency" else 0.0)

    def _within(self, state: _State, point: Point) -> Change | None:
        if state.breach is None:
            state.beyond_since = None
            return None
        if state.within_since is None:
            state.within_since = point.at
        if point.at - state.within_since < self.patience:
            return None
        ended = replace(state.breach, ended=state.within_since, value=state.worst)
        state.breach = state.beyond_since = state.within_since = None
        return Change("breach_ended", ended)


def judge(settings: Settings, usual: Mapping[str, Mapping[str, float]], lasting: Iterable[Breach] = ()) -> Judge:
    """Make the judge of a site."""
    limits = {**DEFAULTS, **(settings.limits or {})}
    return Judge(limits, usual, settings.over_usual, settings.patience, settings.window, tuple(lasting))
