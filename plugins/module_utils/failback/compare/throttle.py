"""Hold the comparison back while a server is busy with its real work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.compare.sides import Side

_EVERY = 0.5  # seconds between two looks at the servers' load
# What Threads_running counts, without our own connections and those that only wait.
_RUNNING = (
    "SELECT COUNT(*) FROM performance_schema.threads WHERE type = 'FOREGROUND' AND processlist_id NOT IN ({ours})"
    " AND processlist_command NOT IN ('Sleep', 'Daemon', 'Connect', 'Binlog Dump', 'Binlog Dump GTID')"
)


class Throttle:
    """Asks before every chunk whether now is a good time.

    ``max_running``: other threads running on a server, above which it counts as busy (0: never). ``busy`` is the
    site's own judgement: it returns the reason, or "". After ``patience`` seconds of waiting one chunk is let through
    all the same, so that a busy day makes the comparison slow and not endless.
    """

    def __init__(
        self,
        sides: tuple[Side, ...],
        *,
        max_running: int = 0,
        busy: Callable[[], str] | None = None,
        patience: float = 10.0,
    ) -> None:
        self._sides, self._max_running, self._busy, self._patience = sides, max_running, busy, patience
        self._looked = 0.0
        self.seconds = 0.0
        self.reasons: dict[str, int] = {}

    def wait(self) -> None:
        """Return when a chunk may be read. Raises ``failback.errors`` when a server is gone."""
        if (not self._max_running and self._busy is None) or time.monotonic() - self._looked < _EVERY:
            return
        begun = time.monotonic()
        while reason := self._reason():
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
            if time.monotonic() - begun >= self._patience:
                break
            time.sleep(_EVERY)
        self._looked = time.monotonic()
        self.seconds += self._looked - begun

    def _reason(self) -> str:
        for side in self._sides:
            if not self._max_running:
                break
            ours = ",".join(str(number) for number in side.thread_ids)
            if side.control.number(_RUNNING.format(ours=ours)) > self._max_running:
                return f"{side.name} is busy"
        return self._busy() if self._busy is not None else ""
