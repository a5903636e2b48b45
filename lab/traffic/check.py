"""Compare a ledger with the databases: every acknowledged write exactly once on IDC, and what became of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.shop.outcome import Outcome
from lab.traffic.metrics import Metrics, measure
from lab.traffic.records import Records, Write, read_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

BATCH = 500
# How many writes of one kind are listed one by one; the counts are always of all.
LISTED = 200


@dataclass(frozen=True)
class Counts:
    """How often each token is in a database: in the ledger table, and as an order."""

    ledger: dict[str, int]
    orders: dict[str, int]

    def of(self, write: Write) -> tuple[int, ...]:
        """Return the counts that must each be one when the write was committed once, as a whole."""
        in_ledger = self.ledger.get(write.token, 0)
        return (in_ledger, self.orders.get(write.token, 0)) if write.kind == "http" else (in_ledger,)


@dataclass(frozen=True)
class Verdict:
    """What the databases say about a ledger's writes. `stranded` is committed on RDS and missing on IDC.

    `set_aside` was acknowledged by a spoilt RDS and lies, whole, in the quarantine for a person to decide.
    """

    lost: tuple[Write, ...]
    duplicated: tuple[Write, ...]
    refused_but_committed: tuple[Write, ...]
    unknown_committed: tuple[Write, ...]
    unknown_not_committed: tuple[Write, ...]
    stranded: tuple[Write, ...]
    rds_asked: bool
    set_aside: tuple[Write, ...] = ()


def analyse(folder: Path) -> Metrics:
    """Return the figures of the ledger in a folder. Raises records.LedgerError."""
    return measure(read_ledger(folder))


def judge(records: Records, idc: Counts, rds: Counts | None, quarantined: frozenset[str] = frozenset()) -> Verdict:
    """Compare the writes with what the databases hold. Pure. `rds` is None where RDS was not asked.

    `quarantined` are tokens that lie in the quarantine; a write that IDC has in part is lost all the same.
    """
    by_outcome: dict[Outcome, list[Write]] = {outcome: [] for outcome in Outcome}
    for write in records.writes:
        by_outcome[write.outcome].append(write)
    acknowledged, refused, unknown = (by_outcome[outcome] for outcome in Outcome)
    committed = [write for write in unknown if max(idc.of(write)) > 0]
    missing = [write for write in unknown if max(idc.of(write)) == 0]
    kept = {write for write in acknowledged if max(idc.of(write)) == 0 and write.token in quarantined}
    stranded = [
        write for write in missing if rds is not None and max(rds.of(write)) > 0 and write.token not in quarantined
    ]
    return Verdict(
        lost=tuple(write for write in acknowledged if min(idc.of(write)) == 0 and write not in kept),
        duplicated=tuple(write for write in records.writes if max(idc.of(write)) > 1),
        refused_but_committed=tuple(write for write in refused if max(idc.of(write)) > 0),
        unknown_committed=tuple(committed),
        unknown_not_committed=tuple(write for write in missing if write not in stranded),
        stranded=tuple(stranded),
        rds_asked=rds is not None,
        set_aside=tuple(write for write in acknowledged if write in kept),
    )


def count_tokens(connection: pymysql.Connection[Cursor], writes: Sequence[Write]) -> Counts:
    """Ask one database how often it holds each write. Raises pymysql.MySQLError."""
    counts = Counts({}, {})
    targets = (
        ("write_ledger", [write.token for write in writes], counts.ledger),
        ("orders", [write.token for write in writes if write.kind == "http"], counts.orders),
    )
    with connection.cursor() as cursor:
        for table, tokens, found in targets:
            for first in range(0, len(tokens), BATCH):
                batch = tokens[first : first + BATCH]
                marks = ", ".join(["%s"] * len(batch))
                cursor.execute(
                    f"SELECT token, count(*) FROM shop.{table} WHERE token IN ({marks}) GROUP BY token", batch
                )
                found.update({str(token): int(number) for token, number in cursor.fetchall()})
    return counts


def check_against(
    records: Records,
    connection_idc: pymysql.Connection[Cursor],
    connection_rds: pymysql.Connection[Cursor] | None,
    quarantined: frozenset[str] = frozenset(),
) -> Verdict:
    """Compare a ledger with both databases. RDS is asked only about the unknown writes that IDC does not have."""
    idc = count_tokens(connection_idc, records.writes)
    rds = None
    if connection_rds is not None:
        open_ones = [w for w in records.writes if w.outcome is Outcome.UNKNOWN and max(idc.of(w)) == 0]
        rds = count_tokens(connection_rds, open_ones)
    return judge(records, idc, rds, quarantined)


def report(metrics: Metrics, verdict: Verdict) -> dict[str, Any]:
    """Return figures and findings under the report's names, and whether all is well."""
    return {
        **metrics.as_json(),
        "lost_writes": len(verdict.lost),
        "duplicated_writes": len(verdict.duplicated),
        "set_aside_writes": len(verdict.set_aside),
        "refused_but_committed": len(verdict.refused_but_committed),
        "unknown_writes": {
            "total": len(metrics.unknown),
            "committed": len(verdict.unknown_committed),
            "not_committed": len(verdict.unknown_not_committed),
            "stranded": len(verdict.stranded),
            "rds_asked": verdict.rds_asked,
        },
        "lists": {
            "lost": _listed(verdict.lost),
            "duplicated": _listed(verdict.duplicated),
            "refused_but_committed": _listed(verdict.refused_but_committed),
            "unknown_committed": _listed(verdict.unknown_committed),
            "unknown_not_committed": _listed(verdict.unknown_not_committed),
            "stranded": _listed(verdict.stranded),
        },
        "passed": passed(metrics, verdict),
    }


def passed(metrics: Metrics, verdict: Verdict) -> bool:
    """Tell whether nothing was lost, doubled, left behind or written on both sides, and something was written."""
    faults = (verdict.lost, verdict.duplicated, verdict.refused_but_committed, verdict.stranded)
    return metrics.acknowledged_writes > 0 and metrics.two_writers_samples == 0 and not any(faults)


def _listed(writes: Sequence[Write]) -> list[dict[str, Any]]:
    return [
        {
            "token": write.token,
            "client": write.client,
            "started": write.started_wall,
            "server_uuid": write.server_uuid,
            "code": write.code,
            "message": write.message,
        }
        for write in writes[:LISTED]
    ]
