"""How long each step took, as evidence: seconds, rounded to milliseconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Timings:
    """Collects named durations and the moment each ended, counted from the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.seconds: dict[str, float] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._start, 3)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step; the duration is kept when the step fails too. A repeated name adds up."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - begun, 3)

    def as_evidence(self) -> dict[str, float]:
        """Every step, and the total so far."""
        return {**self.seconds, "total": self.elapsed}
