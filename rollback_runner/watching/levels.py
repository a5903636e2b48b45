"""Whether figures are back at their usual level. Pure.

Compared is the median of the last minutes: a single peak is no level. Where high is bad it may be a share, and at least
a little, above the usual 95th percentile; where low is bad, below the 5th. Requests must have come back too, so of them
too few is bad.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from failback.errors import ConfigError

from rollback_runner.watching.catalogue import FIGURES, Unit, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollback_runner.watching.series import Series
    from rollback_runner.watching.usual_levels import Key, Usual

SHARE = 0.5
# What is noise in a unit, however little is usual.
_LEAST: Mapping[Unit, float] = {
    "share": 0.1, "bytes": 0.0, "bytes/s": 10_000.0, "1/s": 2.0, "s": 0.1, "count": 5.0,
}  # fmt: skip
_LEAST_OF: Mapping[str, float] = {"errors": 0.005, "probe_failures": 0.005, "mysql_lock_waits": 2.0}
_LOW_IS_BAD = frozenset({"requests"})
# A level of these says nothing of the service: they only grow, or follow from others.
_NOT_JUDGED = frozenset({"disk_used", "swap_used", "mysql_replication_lag", "sessions_aws", "mysql_deadlocks"})

State = Literal["back", "away", "no samples", "nothing usual"]


@dataclass(frozen=True)
class Level:
    """One figure of one host now and usually. ``allowed`` is the limit its level was held against."""

    figure: str
    host: str
    state: State
    now: float | None = None
    allowed: float | None = None
    usual: Usual | None = None
    samples: int = 0

    def sentence(self) -> str:
        """Say it in one sentence."""
        figure = FIGURES[self.figure]
        if self.state == "no samples":
            return f"{self.figure} of {self.host} has no sample"
        if self.state == "nothing usual" or self.now is None or self.usual is None or self.allowed is None:
            return f"nobody recorded what is usual for {self.figure} of {self.host}"
        side = "at least" if _low_is_bad(self.figure) else "at most"
        usual = f"usual {shown(figure, self.usual.middle)}, {side} {shown(figure, self.allowed)}"
        return f"{self.figure} of {self.host} is {shown(figure, self.now)} ({usual})"

    def as_dict(self) -> dict[str, object]:
        """Return what goes on record."""
        usual = self.usual
        kept: dict[str, object] = {"figure": self.figure, "host": self.host, "state": self.state}
        kept |= {"now": self.now, "samples": self.samples}
        if usual is None:
            return kept
        return kept | {"usual": usual.middle, "usual_high": usual.high, "allowed": self.allowed, "source": usual.source}


@dataclass(frozen=True)
class Tolerance:
    """How far a level may be from the usual one: a share of it, and by figure a share or an absolute limit."""

    share: float = SHARE
    figures: Mapping[str, Mapping[str, float]] | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Tolerance:
        """Read ``watching_tolerance``. Raises ConfigError."""
        figures = said.get("figures") or {}
        for name, rule in figures.items():
            if name not in FIGURES or not isinstance(rule, dict) or set(rule) - {"share", "limit"}:
                raise ConfigError(f"watching_tolerance.figures.{name}: give share or limit of a known figure")
        return cls(float(said.get("share", SHARE)), figures)

    def allowed(self, usual: Usual) -> float:
        """Return the limit for a level."""
        rule = (self.figures or {}).get(usual.figure) or {}
        if "limit" in rule:
            return float(rule["limit"])
        share = float(rule.get("share", self.share))
        least = _LEAST_OF.get(usual.figure, _LEAST[FIGURES[usual.figure].unit])
        if _low_is_bad(usual.figure):
            return max(0.0, usual.low - max(share * abs(usual.low), least))
        return usual.high + max(share * abs(usual.high), least)


def levels(
    series: Series, keys: Iterable[Key], usual: Mapping[Key, Usual], tolerance: Tolerance, least_samples: int = 3
) -> list[Level]:
    """Judge each figure by the samples of ``series``, which are those of the last minutes."""
    found = []
    for figure, host in keys:
        known = usual.get((figure, host))
        if not _judged(figure):
            continue
        values = [value for _, value in series.values.get(figure, {}).get(host, ())]
        if known is None:
            found.append(Level(figure, host, "nothing usual", samples=len(values)))
            continue
        if len(values) < least_samples:
            idle = figure in {"errors", "mysql_buffer_pool_hit"} and not values
            if not idle:
                found.append(Level(figure, host, "no samples", usual=known, samples=len(values)))
            continue
        now, allowed = statistics.median(values), tolerance.allowed(known)
        away = now < allowed if _low_is_bad(figure) else now > allowed
        found.append(Level(figure, host, "away" if away else "back", now, allowed, known, len(values)))
    return found


def _low_is_bad(figure: str) -> bool:
    return FIGURES[figure].bad == "low" or figure in _LOW_IS_BAD


def _judged(figure: str) -> bool:
    return figure not in _NOT_JUDGED and (FIGURES[figure].bad != "none" or figure in _LOW_IS_BAD)
