"""The beat of one client: so many acts a second, never a burst to catch up, and a stop that is heard at once."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading


class Pace:
    """Wait for the next beat. `interval` is in seconds; the first beat comes at a random moment of the interval."""

    def __init__(self, interval: float, stop: threading.Event) -> None:
        self._interval = interval
        self._stop = stop
        self._next = time.monotonic() + random.random() * interval

    def wait(self) -> bool:
        """Wait until the next beat is due. Returns False when the client is to stop."""
        now = time.monotonic()
        # A client that was held back goes on at its rate; it does not make up for what it missed.
        self._next = max(self._next, now - self._interval)
        stopped = self._stop.wait(max(0.0, self._next - now))
        self._next += self._interval
        return not stopped

    def rest(self, seconds: float) -> None:
        """Pause after a failed connection, for as long or until the stop."""
        self._stop.wait(seconds)
