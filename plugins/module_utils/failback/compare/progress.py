"""How far a comparison is: a small file that is replaced about once a second, and a callback. Times are seconds."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERY = 1.0
_SOON = 2.0  # seconds of work before a forecast is worth telling


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


class Progress:
    """Counts rows; used by the coordinator alone."""

    def __init__(
        self, *, budget: float = 0.0, file: Path | None = None, tell: Callable[[Snapshot], None] | None = None
    ) -> None:
        self._budget, self._file, self._tell = budget, file, tell
        self._started = self._stage_started = time.monotonic()
        self._stage, self._done, self._fresh, self._total, self._told = "definitions", 0, 0, 0, 0.0

    def begin(self, stage: str, total: int = 0) -> None:
        """Start a stage."""
        self._stage, self._stage_started = stage, time.monotonic()
        if total:
            self._total = total
        self._report(force=True)

    def add(self, rows: int, *, earlier: bool = False) -> None:
        """Count rows that are compared; ``earlier``: by an earlier run, they say nothing about the rate."""
        self._done += rows
        self._fresh += 0 if earlier else rows
        self._report()

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

    def _report(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._told < EVERY:
            return
        self._told = now
        seen = self.snapshot()
        if self._file is not None:
            _write(self._file, seen)
        if self._tell is not None:
            self._tell(seen)


def _write(path: Path, seen: Snapshot) -> None:
    """Replace the file in one step. A full disk must not stop a comparison."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(asdict(seen)), encoding="utf-8")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
