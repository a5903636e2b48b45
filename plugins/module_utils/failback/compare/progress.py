"""How far a comparison is. Times are seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.progress import Teller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SOON = 2.0  # seconds of work before a forecast is worth telling
_DONE = "done"


@dataclass(frozen=True)
class Snapshot:
    """One report; -1 where nothing can be said yet. ``total`` is the servers' own estimate of the rows."""

    stage: str
    done: int
    total: int
    rows_per_second: float
    elapsed: float
    forecast_seconds: float  # of the whole, what is over included
    budget_seconds: float
    breach: bool

    @property
    def share(self) -> float:
        """Part of the rows that is compared, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else -1.0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows_per_second


class Progress:
    """Counts rows; used by the coordinator alone."""

    def __init__(
        self,
        *,
        budget: float = 0.0,
        file: Path | None = None,
        tell: Callable[[Snapshot], None] | None = None,
        breach: Callable[[Snapshot], None] | None = None,
    ) -> None:
        self._budget = budget
        self._teller = Teller[Snapshot]("compare", "rows", file=file, tell=tell, breach=breach)
        self._started = self._stage_started = time.monotonic()
        self._stage, self._done, self._fresh, self._total = "definitions", 0, 0, 0

    def begin(self, stage: str, total: int = 0) -> None:
        """Start a stage; ``done`` is the end."""
        self._stage, self._stage_started = stage, time.monotonic()
        if total:
            self._total = total
        self._teller.report(self.snapshot, force=True, ended=stage == _DONE)

    def add(self, rows: int, *, earlier: bool = False) -> None:
        """Count rows that are compared; ``earlier``: by an earlier run, they say nothing about the rate."""
        self._done += rows
        self._fresh += 0 if earlier else rows
        self._teller.report(self.snapshot)

    def snapshot(self) -> Snapshot:
        """Give the figures as of now."""
        now = time.monotonic()
        elapsed, here = now - self._started, now - self._stage_started
        rate = self._fresh / here if here > 0 and self._stage == "rows" else 0.0
        left = max(0, self._total - self._done)
        expected = elapsed + left / rate if rate and here > _SOON else -1.0 if self._stage == "rows" else elapsed
        breach = bool(self._budget) and max(elapsed, expected) > self._budget
        return Snapshot(
            self._stage,
            self._done,
            max(self._total, self._done),
            round(rate, 1),
            round(elapsed, 3),
            round(expected, 1),
            self._budget,
            breach,
        )
