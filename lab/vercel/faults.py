"""What the stand-in does wrong on purpose, set while it runs. `README.md` beside this file lists them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

ANSWERS = ("rate_limited", "slow", "dropped", "server_error", "maintenance", "token_expired", "wrong_team")
SWITCHES = ("deleted", "already_live", "conflict", "not_ready")
JOBS = ("job_failed", "job_skipped", "job_stuck", "superseded", "aliases_failed")
LONGEST = 120.0  # seconds


@dataclass
class Faults:
    """The faults that are set, in the order they were set."""

    _set: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def set(self, given: dict[str, Any]) -> None:
        """Set one, or take all back with the name none. Raises ValueError for one there is not."""
        name = str(given.get("name") or "")
        if name not in {*ANSWERS, *SWITCHES, *JOBS, "none"}:
            raise ValueError(f"there is no fault {name or 'without a name'}")
        with self._lock:
            if name == "none":
                self._set.clear()
            else:
                self._set.append({"times": 1, **given})

    def meet(self, names: tuple[str, ...], method: str = "", path: str = "") -> dict[str, Any] | None:
        """Return what goes wrong this time, and count it."""
        with self._lock:
            for one in self._set:
                if one["name"] in names and _fits(str(one.get("only") or ""), method, path):
                    one["times"] = int(one["times"]) - 1
                    if not one["times"]:
                        self._set.remove(one)
                    return dict(one)
        return None


def seconds(fault: dict[str, Any], usual: float) -> float:
    """Return how long a fault lasts."""
    return min(LONGEST, float(fault.get("seconds", usual)))


def _fits(only: str, method: str, path: str) -> bool:
    return not only or only == method or (only != only.upper() and only in path)
