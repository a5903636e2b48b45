"""How long things took before: p50 and p90 per item and phase, from the reports of past runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PASSED = {"done", "already"}


@dataclass(frozen=True)
class Spread:
    """Seconds: the usual (p50) and the slow (p90) case over `runs` past runs."""

    p50: float
    p90: float
    runs: int


@dataclass(frozen=True)
class History:
    """`phase` is the whole phase; `offsets` tells when each item was finished, counted from the phase's start."""

    phase: Spread | None
    offsets: Mapping[str, Spread]


def of(reports: Iterable[Mapping[str, Any]], site: str, phase: str) -> History:
    """Learn from runs of this leg (`full`, `full:restore`) that went through; rehearsals and failures teach nothing."""
    totals: list[float] = []
    offsets: dict[str, list[float]] = {}
    for report in reports:
        mine = [p for p in report.get("phases", ()) if p.get("name") == phase and p.get("status") in _PASSED]
        if report.get("site") != site or report.get("check") or not mine:
            continue
        totals.append(float(mine[0]["seconds"]))
        for item in report.get("items", ()):
            if item.get("phase") != phase.partition(":")[0] or not item.get("ended"):
                continue
            offset = _between(mine[0]["started"], item["ended"])
            # An item that a later leg proved again ended there, not here.
            if 0 <= offset <= totals[-1] + 1:
                offsets.setdefault(item["id"], []).append(offset)
    return History(spread(totals), {name: s for name, values in offsets.items() if (s := spread(values)) is not None})


def forecast(history: History, elapsed: float, finished: Mapping[str, float]) -> Spread | None:
    """Forecast the phase's length: what is ahead takes as long as before. `finished` maps items to offsets."""
    if history.phase is None:
        return None
    known = [name for name in finished if name in history.offsets]
    if not known:
        p50, p90 = history.phase.p50, history.phase.p90
    else:
        last = max(known, key=lambda name: history.offsets[name].p50)
        p50 = finished[last] + max(0.0, history.phase.p50 - history.offsets[last].p50)
        p90 = finished[last] + max(0.0, history.phase.p90 - history.offsets[last].p50)
    return Spread(max(p50, elapsed), max(p90, elapsed), history.phase.runs)


def spread(values: Sequence[float]) -> Spread | None:
    """Return p50 and p90 by nearest rank, or None without a value."""
    if not values:
        return None
    ranked = sorted(values)

    def rank(share: float) -> float:
        return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)], 3)

    return Spread(rank(0.5), rank(0.9), len(ranked))


def _between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
