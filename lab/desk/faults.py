"""What a way to people can do wrong, on purpose: hang up, be slow, answer with an error. Set over HTTP, for drills."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

MODES = ("none", "dead", "slow", "status")
LONGEST = 120.0


@dataclass(frozen=True)
class Fault:
    """``dead`` hangs up, ``slow`` answers after ``seconds``, ``status`` answers ``status``; two of them keep nothing.

    What is slow answers at once when the fault is taken back. ``times`` is how often; 0 is until it is taken back.
    ``kept``: what came is kept before it goes wrong, so that the sender cannot know it.
    """

    mode: str
    seconds: float = 30.0
    status: int = 500
    times: int = 0
    kept: bool = False
    over: threading.Event = field(default_factory=threading.Event, compare=False)

    def before(self) -> None:
        """Wait before what came is kept, where it is that kind of slowness."""
        if self.mode == "slow" and not self.kept:
            self.over.wait(self.seconds)

    def after(self) -> None:
        """Wait after what came was kept."""
        if self.mode == "slow" and self.kept:
            self.over.wait(self.seconds)

    @property
    def keeps(self) -> bool:
        """Whether what came is kept at all."""
        return self.kept or self.mode == "slow"


NONE = Fault("none", kept=True)


@dataclass
class Faults:
    """The faults that are set, by way."""

    _set: dict[str, Fault] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, given: dict[str, Any]) -> None:
        """Set or take back a fault. Raises ValueError for one there is not."""
        way, mode = str(given.get("way") or ""), str(given.get("mode") or "")
        if not way or mode not in MODES:
            raise ValueError(f"a fault has a way, and one of the modes {', '.join(MODES)}")
        fault = Fault(
            mode,
            min(LONGEST, float(given.get("seconds", 30.0))),
            int(given.get("status", 500)),
            int(given.get("times", 0)),
            bool(given.get("kept")),
        )
        with self._lock:
            before = self._set.pop(way, None)
            if before is not None:
                before.over.set()
            if mode != "none":
                self._set[way] = fault

    def meet(self, way: str) -> Fault:
        """Return what goes wrong this time."""
        with self._lock:
            fault = self._set.get(way)
            if fault is not None and fault.times:
                self._set.pop(way)
                if fault.times > 1:
                    self._set[way] = replace(fault, times=fault.times - 1)
        return fault or NONE
