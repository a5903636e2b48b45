"""How far a restore is, how fast it goes and when it will end, against the phase's budget.

The forecast is what is left of the data at the rate seen, and for the stages after it a share of the data's own time
(measured: indexes, foreign keys and the rest took 0.35 to 0.5 of it).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.progress import Teller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AFTER_DATA = 0.5  # seconds of later stages for each second of loading
_SOON = 3.0  # seconds of data before a forecast is worth telling


@dataclass(frozen=True)
class Snapshot:
    """One report. Times are seconds, sizes bytes; -1 where nothing can be said yet."""

    stage: str
    done_bytes: int
    total_bytes: int
    rows: int
    rows_per_second: float
    elapsed: float
    forecast_seconds: float  # of the whole restore, what is over included
    budget_seconds: float
    breach: bool

    @property
    def share(self) -> float:
        """Part of the data that is loaded, 0 to 1."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else 1.0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows_per_second


def forecast(  # noqa: PLR0913 - six plain numbers
    stage: str, *, done: int, total: int, elapsed: float, stage_elapsed: float, before: int
) -> float:
    """Forecast the seconds of the whole restore; -1 when nothing is known. ``before``: bytes loaded by earlier runs."""
    if stage == "schema":
        return -1.0
    if stage != "data":
        return elapsed
    fresh = done - before
    if fresh <= 0 or stage_elapsed <= 0:
        return -1.0
    whole = stage_elapsed + (total - done) * stage_elapsed / fresh
    return elapsed - stage_elapsed + whole * (1 + AFTER_DATA)


class Progress:
    """Counts what the workers report and tells it at most once a second, from whichever thread comes by."""

    def __init__(
        self,
        *,
        budget: float = 0.0,
        file: Path | None = None,
        tell: Callable[[Snapshot], None] | None = None,
        breach: Callable[[Snapshot], None] | None = None,
        already_elapsed: float = 0.0,
    ) -> None:
        self._lock = threading.Lock()
        self._budget = budget
        self._teller = Teller[Snapshot]("restore", "rows", file=file, tell=tell, breach=breach)
        self._started = time.monotonic() - already_elapsed
        self._stage, self._stage_started = "schema", time.monotonic()
        self._done = self._total = self._rows = self._before = self._rows_before = 0

    def begin(self, stage: str, total: int = 0, done: int = 0, rows: int = 0) -> None:
        """Start a stage; ``done`` and ``rows`` are what earlier runs did of it."""
        with self._lock:
            self._stage, self._stage_started = stage, time.monotonic()
            if total:
                self._total, self._done, self._before = total, done, done
                self._rows = self._rows_before = rows
        self._teller.report(self.snapshot, force=True)

    def add(self, size: int, rows: int = 0) -> None:
        """Count bytes and rows that are loaded."""
        with self._lock:
            self._done += size
            self._rows += rows
        self._teller.report(self.snapshot)

    def end(self) -> Snapshot:
        """Tell where the stage ended."""
        self._teller.report(self.snapshot, force=True, ended=True)
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """Give the figures as of now."""
        with self._lock:
            now = time.monotonic()
            elapsed, here = now - self._started, now - self._stage_started
            expected = forecast(
                self._stage,
                done=self._done,
                total=self._total,
                elapsed=elapsed,
                stage_elapsed=here,
                before=self._before,
            )
            rate = (self._rows - self._rows_before) / here if here > 0 and self._stage == "data" else 0.0
            over = bool(self._budget) and (elapsed > self._budget or (expected > self._budget and here > _SOON))
            return Snapshot(
                self._stage,
                self._done,
                self._total,
                self._rows,
                round(rate, 1),
                round(elapsed, 3),
                round(expected, 1),
                self._budget,
                over,
            )
