"""Limits and forecasts."""

from __future__ import annotations

from typing import Any

import pytest
from failback.environment import limits
from failback.errors import ConfigError

GIB = 1 << 30
DAY = 86_400
READ: dict[str, Any] = {
    "cpus": 2,
    "load": [5.0, 1, 1],
    "cpu_busy": 0.95,
    "cpu_waiting": 0.1,
    "memory": {"total": 1000, "available": 50, "swap_total": 0, "swap_free": 0},
    "disk_busy": {"sda": 0.2, "sdb": 0.99},
}


def disk(used: float, total: float = 100, inodes_free: int = 900) -> dict[str, int]:
    size, taken = int(total * GIB), int(used * GIB)
    return {"total": size, "used": taken, "free": size - taken, "inodes": 1000, "inodes_free": inodes_free}


def test_each_breach_is_named_with_its_limit() -> None:
    found = limits.breaches(limits.used(READ), limits.Limits())
    assert [line.split()[0] for line in found] == ["cpu_busy", "load_per_cpu", "memory_used", "disk_busy"]
    assert limits.breaches(limits.used(READ), limits.Limits(0, 0, 0, 0, 0, 0)) == []


def test_limits_come_from_the_site() -> None:
    assert limits.Limits.from_dict({"cpu_busy": 0.5}).cpu_busy == 0.5
    with pytest.raises(ConfigError, match="does not know cpu"):
        limits.Limits.from_dict({"cpu": 1})
    with pytest.raises(ConfigError, match="is a number"):
        limits.Limits.from_dict({"cpu_busy": "much"})


@pytest.mark.parametrize(
    ("then", "now", "days", "left"),
    [
        (disk(50), disk(60), 10, 40.0),  # 1 GiB a day, 40 left
        (disk(60), disk(50), 10, None),  # it shrinks
        (disk(50), disk(60), 0.1, None),  # too short to say
        (None, disk(60), 10, None),
        (disk(50, total=80), disk(60), 10, None),  # the disk was grown meanwhile
    ],
)
def test_the_forecast_is_a_straight_line(
    then: dict[str, int] | None, now: dict[str, int], days: float, left: Any
) -> None:
    assert limits.outlook("/", now, then, days * DAY).days_left == left


def test_every_shortage_is_named() -> None:
    seen = limits.outlook("/data", disk(99.5, inodes_free=10), disk(90), 5 * DAY)
    found = limits.shortages(seen, least_free=0.1, least_bytes=GIB, least_days=30)
    assert len(found) == 4
    assert "will be full in" in found[-1]
    assert (
        limits.shortages(limits.outlook("/", disk(50), None, 0), least_free=0.1, least_bytes=GIB, least_days=30) == []
    )
