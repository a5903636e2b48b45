"""Resources against limits, and how long a disk will last. Pure. Sizes are bytes, shares are from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400.0
_GIB = 1 << 30
# Growth seen over less than this says more about the moment than about the service.
SHORTEST_DAYS = 0.5


@dataclass(frozen=True)
class Limits:
    """The most a host may use. A limit of 0 is not looked at."""

    cpu_busy: float = 0.9
    cpu_waiting: float = 0.3
    load_per_cpu: float = 2.0
    memory_used: float = 0.9
    swap_used: float = 0.5
    disk_busy: float = 0.9

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], what: str = "environment_limits") -> Limits:
        """Build from the inventory; what it does not name keeps its default. Raises ConfigError."""
        return cls(**limits.read(what, data, cls.__dataclass_fields__))


def used(resources: Mapping[str, Any]) -> dict[str, float]:
    """Reduce what ``agent.resources`` read to the figures that have limits."""
    memory = resources["memory"]
    swap = memory["swap_total"]
    return {
        "cpu_busy": float(resources["cpu_busy"]),
        "cpu_waiting": float(resources["cpu_waiting"]),
        "load_per_cpu": round(float(resources["load"][0]) / max(1, int(resources["cpus"])), 3),
        "memory_used": round(1 - memory["available"] / max(1, memory["total"]), 4),
        "swap_used": round((swap - memory["swap_free"]) / swap, 4) if swap else 0.0,
        "disk_busy": max((float(value) for value in resources["disk_busy"].values()), default=0.0),
    }


def breaches(figures: Mapping[str, float], limits: Limits) -> list[str]:
    """Say which limits are passed, one sentence each."""
    found = []
    for name, value in figures.items():
        limit = float(getattr(limits, name))
        if limit and value > limit:
            found.append(f"{name} is {value:g}, the limit is {limit:g}")
    return found


@dataclass(frozen=True)
class Outlook:
    """One file system now, and how long it will last; ``days_left`` None where nothing grows or nothing is known."""

    path: str
    free: int
    free_share: float
    inodes_free_share: float
    growth_per_day: float | None
    days_left: float | None

    def as_dict(self) -> dict[str, object]:
        """Return what goes on record."""
        return dict(vars(self))


def outlook(path: str, now: Mapping[str, Any], then: Mapping[str, Any] | None, seconds: float) -> Outlook:
    """Forecast from what was used ``seconds`` ago (the baseline) and is used now, as a straight line."""
    free, total = int(now["free"]), max(1, int(now["total"]))
    inodes = int(now["inodes"])
    growth = left = None
    if then and "used" in then and seconds >= SHORTEST_DAYS * _DAY and then["total"] == now["total"]:
        growth = round((int(now["used"]) - int(then["used"])) / (seconds / _DAY), 1)
        left = round(free / growth, 1) if growth > 0 else None
    inodes_free = round(int(now["inodes_free"]) / inodes, 4) if inodes else 1.0
    return Outlook(path, free, round(free / total, 4), inodes_free, growth, left)


def shortages(seen: Outlook, *, least_free: float, least_bytes: int, least_days: float) -> list[str]:
    """Say what is too little, one sentence each."""
    found = []
    if seen.free < least_bytes:
        found.append(f"{seen.path} has {seen.free / _GIB:.2f} GiB free, {least_bytes / _GIB:.2f} are needed")
    if seen.free_share < least_free:
        found.append(f"{seen.path} has {seen.free_share:.1%} free, {least_free:.0%} are needed")
    if seen.inodes_free_share < least_free:
        found.append(f"{seen.path} has {seen.inodes_free_share:.1%} of its inodes free, {least_free:.0%} are needed")
    if seen.days_left is not None and seen.days_left < least_days:
        found.append(f"{seen.path} will be full in {seen.days_left:g} days, {least_days:g} are asked for")
    return found
