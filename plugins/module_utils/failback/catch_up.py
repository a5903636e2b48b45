"""How far IDC is behind RDS, and what the applier did with it: reads over open connections.

The lag is measured without comparing clocks: RDS's position is read, then the time is taken until IDC has executed
all of it. The age of the newest applied commit (RDS's own clock at both ends) is kept beside it for the record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.gtid import GtidSet
from failback.sql import quote_text

if TYPE_CHECKING:
    from failback.mysql import Server

ROWS = (
    "SELECT variable_name AS name, CAST(variable_value AS UNSIGNED) AS value FROM performance_schema.global_status"
    " WHERE variable_name IN ('Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted')"
)
_APPLIED = (
    "SELECT CAST(MAX(NULLIF(last_applied_transaction_original_commit_timestamp, 0)) AS CHAR) AS applied"
    " FROM performance_schema.replication_applier_status_by_worker WHERE channel_name = %s"
)
_PARTS = ("inserted", "updated", "deleted")


@dataclass(frozen=True)
class Distance:
    """One look at both sides."""

    missing: GtidSet  # executed on RDS, not yet on IDC
    seconds: float  # from reading RDS's position until IDC had it, or until we stopped waiting
    applied_commit: str  # when RDS committed the newest transaction IDC has applied; "" before the first

    @property
    def behind(self) -> bool:
        """True when IDC lacked something at the end of the wait."""
        return bool(self.missing)

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "missing_transactions": self.missing.count(),
            "lag_seconds": round(self.seconds, 3),
            "newest_applied_commit": self.applied_commit,
        }


def executed(server: Server) -> GtidSet:
    """Read the server's gtid_executed."""
    return GtidSet.parse(server.text("SELECT @@GLOBAL.gtid_executed"))


def wait_for(idc: Server, wanted: GtidSet, seconds: float) -> bool:
    """Wait on IDC until ``wanted`` is executed there; False when ``seconds`` were not enough."""
    if not wanted:
        return True
    patience = max(seconds, 0.001)  # the server takes 0 for "for ever"
    with idc.deadline(patience + 5.0):
        return idc.number(f"SELECT WAIT_FOR_EXECUTED_GTID_SET({quote_text(str(wanted))}, {patience:.3f})") == 0


def measure(idc: Server, aws: Server, patience: float, channel: str) -> Distance:
    """Take RDS's position and wait at most ``patience`` seconds until IDC has it."""
    begun = time.monotonic()
    target = executed(aws)
    reached = wait_for(idc, target, patience)
    seconds = time.monotonic() - begun
    missing = GtidSet() if reached else target - executed(idc)
    return Distance(missing, seconds, idc.text(_APPLIED, (channel,)))


def received(idc: Server) -> GtidSet:
    """Read everything that has reached IDC, applied or still in a relay log."""
    rows = idc.rows("SELECT received_transaction_set AS g FROM performance_schema.replication_connection_status")
    found = executed(idc)
    for row in rows:
        found |= GtidSet.parse(str(row["g"] or ""))
    return found


def newest_received(idc: Server) -> str:
    """Read when RDS committed the newest transaction that reached IDC (its clock, UTC); "" when unknown."""
    return idc.text(
        "SELECT CAST(MAX(NULLIF(last_queued_transaction_original_commit_timestamp, 0)) AS CHAR)"
        " FROM performance_schema.replication_connection_status"
    )


def rows_changed(idc: Server) -> dict[str, int]:
    """Read IDC's counters of changed rows since its start; the server's own tables are not in them."""
    found = {str(row["name"]).removeprefix("Innodb_rows_"): int(str(row["value"])) for row in idc.rows(ROWS)}
    return {part: found.get(part, 0) for part in _PARTS}


def rows_since(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Count the rows changed between two readings; a restart in between starts from 0 again."""
    return {part: after[part] - before[part] if after[part] >= before[part] else after[part] for part in _PARTS}
