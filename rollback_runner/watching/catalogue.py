"""Every figure that can be followed: its unit, the item it serves, which way is bad, and what exactly it says.

Titles and the sentences on what a figure is stand in ``messages/watching.yml`` as ``figure.NAME`` and
``figure_says.NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rollback_runner.messages import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = Literal["share", "bytes", "bytes/s", "1/s", "s", "count"]
Direction = Literal["high", "low", "none"]
Kind = Literal["resource", "network", "database", "latency", "errors", "sessions", "proof"]


@dataclass(frozen=True)
class Figure:
    """One figure. ``bad`` is the direction in which it is bad; "none": it says how much, not how well."""

    name: str
    unit: Unit
    item: str
    kind: Kind
    bad: Direction = "high"

    @property
    def title(self) -> Mapping[str, str]:
        """Return its title in English and Korean."""
        return {"en": Texts("en")(f"figure.{self.name}"), "ko": Texts("ko")(f"figure.{self.name}")}

    @property
    def says(self) -> Mapping[str, str]:
        """Return what it measures and from where, in English and Korean."""
        return {"en": Texts("en")(f"figure_says.{self.name}"), "ko": Texts("ko")(f"figure_says.{self.name}")}

    def worse(self, one: float, other: float) -> float:
        """Return the worse of two values; where no direction is bad, the higher."""
        return min(one, other) if self.bad == "low" else max(one, other)

    def beyond(self, value: float, limit: float) -> bool:
        """Tell whether a value is on the bad side of a limit."""
        return value < limit if self.bad == "low" else value > limit


_ALL = (
    Figure("cpu_busy", "share", "MON-01", "resource"),
    Figure("cpu_waiting", "share", "MON-01", "resource"),
    Figure("memory_used", "share", "MON-01", "resource"),
    Figure("swap_used", "share", "MON-01", "resource"),
    Figure("disk_busy", "share", "MON-01", "resource"),
    Figure("disk_used", "share", "MON-01", "resource"),
    Figure("network_in", "bytes/s", "MON-02", "network", "none"),
    Figure("network_out", "bytes/s", "MON-02", "network", "none"),
    Figure("mysql_queries", "1/s", "MON-03", "database", "none"),
    Figure("mysql_threads_running", "count", "MON-03", "database"),
    Figure("mysql_connections", "count", "MON-03", "database"),
    Figure("mysql_lock_waits", "count", "MON-03", "database"),
    Figure("mysql_deadlocks", "count", "MON-03", "database"),
    Figure("mysql_replication_lag", "s", "MON-03", "database"),
    Figure("mysql_buffer_pool_hit", "share", "MON-03", "database", "low"),
    Figure("mysql_rows_written", "1/s", "MON-03", "database", "none"),
    Figure("requests", "1/s", "MON-04", "latency", "none"),
    Figure("latency_p50", "s", "MON-04", "latency"),
    Figure("latency_p95", "s", "MON-04", "latency"),
    Figure("latency_p99", "s", "MON-04", "latency"),
    Figure("errors", "share", "MON-05", "errors"),
    Figure("probe_failures", "share", "MON-05", "errors"),
    Figure("sessions_idc", "count", "MON-06", "sessions", "none"),
    Figure("sessions_aws", "count", "MON-06", "sessions", "none"),
    Figure("rds_cpu", "share", "MON-01", "resource"),
    Figure("rds_connections", "count", "MON-06", "sessions", "none"),
    Figure("rds_free_storage", "bytes", "MON-01", "resource", "low"),
    Figure("rds_writes_after_final", "count", "WATCH-04", "proof"),
    Figure("rds_ways_in", "count", "WATCH-04", "proof"),
    Figure("data_problems", "count", "WATCH-04", "proof"),
)
FIGURES: Mapping[str, Figure] = {figure.name: figure for figure in _ALL}


def of_item(item: str) -> tuple[Figure, ...]:
    """Return the figures that serve an item such as ``MON-03``."""
    return tuple(figure for figure in _ALL if figure.item == item)


def shown(figure: Figure, value: float) -> str:
    """Write a value as people read it: 12.5 %, 1.2 MB/s, 34 ms, 17."""
    match figure.unit:
        case "share":
            return f"{_short(value * 100)} %"
        case "bytes" | "bytes/s":
            return _bytes(value) + ("/s" if figure.unit == "bytes/s" else "")
        case "s":
            return f"{_short(value * 1000)} ms" if abs(value) < 1 else f"{_short(value)} s"
        case "1/s":
            return f"{_short(value)}/s"
        case _:
            return _short(value)


def _short(value: float) -> str:
    """Write three digits, never with an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.001 else "0"  # noqa: PLR2004 - digits


def _bytes(value: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 999.5:  # noqa: PLR2004 - the SI step, as it would be rounded
            return f"{_short(value)} {unit}"
        value /= 1000
    return f"{_short(value)} TB"
