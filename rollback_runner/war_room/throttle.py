"""How often somebody may show a wrong token. Pure: the clock is handed in."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_ADDRESSES = 10_000  # remembered at most; the one silent longest is forgotten first


@dataclass
class Throttle:
    """Counts wrong tokens by address and in all. ``allowed`` of them within ``window`` seconds, then a pause.

    The limit over all addresses holds off those who have many; it is wide enough for a team that mistypes.
    """

    allowed: int = 5
    window: float = 60.0
    allowed_in_all: int = 100
    clock: Callable[[], float] = time.monotonic
    _wrong: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)
    _all: list[float] = field(default_factory=list)

    def wait(self, address: str) -> float:
        """Return how many seconds this address must wait before it may try again; 0 when it may now."""
        now = self.clock()
        mine = self._recent(self._wrong.get(address, []), now)
        self._all = self._recent(self._all, now)
        waits = [0.0]
        if len(mine) >= self.allowed:
            waits.append(mine[-self.allowed] + self.window - now)
        if len(self._all) >= self.allowed_in_all:
            waits.append(self._all[-self.allowed_in_all] + self.window - now)
        return max(waits)

    def wrong(self, address: str) -> None:
        """Note a wrong token."""
        now = self.clock()
        self._wrong[address] = [*self._recent(self._wrong.get(address, []), now), now]
        self._wrong.move_to_end(address)
        while len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        self._all = [*self._recent(self._all, now), now]

    def right(self, address: str) -> None:
        """Forget an address that showed a right one: it was a slip."""
        self._wrong.pop(address, None)

    def _recent(self, moments: list[float], now: float) -> list[float]:
        return [moment for moment in moments if now - moment < self.window]
