"""Ask a front door at a fixed pace for a bounded time; a small load, since the service has just come back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from failback.journeys.client import Request, send
from failback.journeys.latency import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.http import Door

_WORKERS = 16


def ask(door: Door, paths: Sequence[str], *, rate: float, seconds: float, timeout: float) -> dict[str, list[Sample]]:
    """Send ``rate`` requests a second, the paths in turn; return the samples per path.

    Ends within ``seconds`` and ``timeout``: what is not sent by then, because all workers wait, counts as not answered.
    """
    total = max(1, round(rate * seconds))
    begun = time.monotonic()
    ends = begun + seconds + timeout
    found: dict[str, list[Sample]] = {path: [] for path in paths}

    def one(number: int) -> Sample:
        due = begun + number / rate
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        left = ends - time.monotonic()
        if left <= 0:
            return Sample(due - begun, seconds + timeout, 0, "not sent: every request before it was still waiting")
        answer = send(door, Request("GET", paths[number % len(paths)]), timeout=min(timeout, left))
        return Sample(due - begun, time.monotonic() - due, answer.status, answer.error)

    with ThreadPoolExecutor(_WORKERS) as pool:
        for number, sample in enumerate(pool.map(one, range(total))):
            found[paths[number % len(paths)]].append(sample)
    return found
