"""What a ledger alone says about a switch. Pure: records in, figures out.

Times come from the monotonic clock that all clients share, so a step of the wall clock changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.shop.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.traffic.records import Records, Write

CLIENT_KINDS = frozenset({"http", "sql"})
# An answer that took longer than this was held (usual ones take milliseconds).
HELD_SECONDS = 0.5
SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True)
class Metrics:
    """Figures of one run. Outages are in seconds; None where one of the two sides acknowledged nothing."""

    write_outage_seconds: float | None
    write_outage_http_seconds: float | None
    write_outage_sql_seconds: float | None
    acknowledged_writes: int
    refused_writes: int
    unknown: tuple[Write, ...]
    failed_requests: int
    held_count: int
    held_max_seconds: float
    two_writers_samples: int
    samples: dict[str, int]
    latency_p50_seconds: float | None
    latency_p99_seconds: float | None

    def as_json(self) -> dict[str, Any]:
        """Return them under the report's names. What became of the unknown writes is known to the check only."""
        return {
            "write_outage_seconds": self.write_outage_seconds,
            "write_outage_http_seconds": self.write_outage_http_seconds,
            "write_outage_sql_seconds": self.write_outage_sql_seconds,
            "acknowledged_writes": self.acknowledged_writes,
            "refused_writes": self.refused_writes,
            "unknown_writes": {"total": len(self.unknown)},
            "failed_requests": self.failed_requests,
            "held_requests": {"count": self.held_count, "max_seconds": self.held_max_seconds},
            "held_requests_max_seconds": self.held_max_seconds,
            "two_writers_samples": self.two_writers_samples,
            "samples": self.samples,
            "latency_p50_seconds": self.latency_p50_seconds,
            "latency_p99_seconds": self.latency_p99_seconds,
        }


def measure(records: Records) -> Metrics:
    """Work out the figures of a ledger."""
    http = [write for write in records.writes if write.kind == "http"]
    answered = sorted(
        [write.ended - write.started for write in http if write.ended is not None and write.status]
        + [read.seconds for read in records.reads if read.status],
    )
    failed_writes = sum(1 for write in http if write.ended is not None and _failed(write.status))
    held = [seconds for seconds in answered if seconds > HELD_SECONDS]
    clients = [write for write in records.writes if write.kind in CLIENT_KINDS]
    return Metrics(
        write_outage_seconds=outage(clients, records.sides),
        write_outage_http_seconds=outage(http, records.sides),
        write_outage_sql_seconds=outage([write for write in clients if write.kind == "sql"], records.sides),
        acknowledged_writes=sum(1 for write in records.writes if write.outcome is Outcome.ACKNOWLEDGED),
        refused_writes=sum(1 for write in records.writes if write.outcome is Outcome.REFUSED),
        unknown=tuple(write for write in records.writes if write.outcome is Outcome.UNKNOWN),
        failed_requests=failed_writes + sum(1 for read in records.reads if _failed(read.status)),
        held_count=len(held),
        held_max_seconds=round(max(held, default=0.0), 3),
        two_writers_samples=len(two_writers(records)),
        samples={
            side: sum(1 for write in records.writes if write.client == f"sampler-{side}")
            for side in sorted(records.sides)
        },
        latency_p50_seconds=_quantile(answered, 0.50),
        latency_p99_seconds=_quantile(answered, 0.99),
    )


def outage(writes: Iterable[Write], sides: dict[str, str]) -> float | None:
    """Return the time from the last write acknowledged by RDS to the first one acknowledged by IDC."""
    acknowledged = [write for write in writes if write.outcome is Outcome.ACKNOWLEDGED]
    rds = [_end(write) for write in acknowledged if write.server_uuid == sides["rds"]]
    idc = [_end(write) for write in acknowledged if write.server_uuid == sides["idc"]]
    if not rds or not idc:
        return None
    return round(min(idc) - max(rds), 6)


def two_writers(records: Records) -> list[Write]:
    """Return the writes that RDS acknowledged when IDC may already have been taking writes.

    Strict on purpose: an acknowledgement from RDS counts when it arrived after IDC's first acknowledged write had
    begun, though the two may have been in order. The one exception is an HTTP request on IDC: it may have been held for
    seconds before it was sent on, so its beginning says nothing, and only its acknowledgement is used.
    """
    acknowledged = [write for write in records.writes if write.outcome is Outcome.ACKNOWLEDGED]
    idc = [write for write in acknowledged if write.server_uuid == records.sides["idc"]]
    rds = [write for write in acknowledged if write.server_uuid == records.sides["rds"]]
    begun = min((write.started for write in idc if write.kind != "http"), default=float("inf"))
    done = min((_end(write) for write in idc), default=float("inf"))
    return [write for write in rds if _end(write) > min(begun, done)]


def _failed(status: int) -> bool:
    return status == 0 or status in SERVER_ERRORS


def _end(write: Write) -> float:
    return write.ended if write.ended is not None else write.started


def _quantile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 6)
