"""What was measured, as the fact ``stake``: what a plan quotes and an approver reads. Pure."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback.stake import amounts as counting
from failback.stake.sentence import extent, histories, sentence

if TYPE_CHECKING:
    from failback.gtid import GtidSet
    from failback.stake.counts import Rows, Table
    from failback.stake.measure import Measured, Question

VERSION = 1


def fact(ask: Question, got: Measured, now: datetime) -> dict[str, Any]:
    """Compose it. Sentences stand in both languages, figures as numbers, times in UTC."""
    told = counting.amounts(got.tally.tables, ask.names)
    counted = _counted(got)
    return {
        "version": VERSION,
        "measured_at": _time(now),
        "sentence": sentence(ask, got),
        "lines": [item.detail() for item in told],
        "extent": extent(got),
        "histories": histories(got),
        "verdict": {
            "saved": got.verdict.saved,
            "way": got.verdict.way,
            "sentence": got.verdict.text,
            "lost": [asdict(item) for item in got.verdict.lost],
        },
        "ways": {
            way.name: {"possible": way.possible, "saves_all": way.saves_all, "why": way.why}
            for way in got.verdict.ways
        },
        "idc": asdict(got.idc.data) | {
            "version": got.idc.who.version if got.idc.who else "",
            "executed": str(got.idc.executed),
        },
        "rds": {
            "reachable": not got.rds.silent,
            "why": got.rds.silent,
            "version": got.rds.who.version if got.rds.who else "",
            "executed": str(got.rds.executed),
            "purged": str(got.rds.purged),
            "binlog_retention_hours": got.rds.retention,
            "binlog_bytes": sum(size for _, size in got.rds.logs),
        },
        "gtid": {
            "cutover": str(ask.cutover),
            "since_cutover": _transactions(got.wanted),
            "rds_has_idc_lacks": _transactions(got.rds.executed - got.idc.executed),
            "idc_has_rds_lacks": _transactions(got.errant),
            "purged_and_not_on_idc": next((item.transactions for item in got.verdict.lost if item.key == "purged"), 0),
        },
        "counted": counted,
        "tables": [_table(label, table, ask, got) for label, table in sorted(got.tally.tables.by_name.items())],
        "ddl": [
            {
                "statement": item.text,
                "at": _seconds(item.time),
                "gtid": item.gtid,
                "kind": item.target.kind,
                "tables": list(item.target.tables) or ([item.target.schema] if item.target.schema else []),
                "on_idc": item.on_idc,
                "replayable": not item.obstacle,
            }
            for item in got.tally.statements
        ],
        "ddl_not_listed": got.tally.more_statements,
        "undecoded": got.tally.unread,
        "last_answer": dict(ask.last) if got.rds.silent and ask.last else None,
    }  # fmt: skip


def _counted(got: Measured) -> dict[str, Any]:
    """Figures over all tables, and how they came about."""
    totals, reading = got.tally.totals, got.reading
    mine = [table for label, table in got.tally.tables.by_name.items() if got.tally.tables.service(label)]
    rows = _sum([table.rows for table in mine])
    seconds = reading.seconds or 1.0
    return {
        "from": got.source,
        "complete": reading.complete,
        "why_not": reading.why,
        "transactions": totals.read,
        "data_transactions": totals.data,
        "shape_transactions": totals.shape,
        "other_schemas_transactions": totals.foreign,
        "housekeeping_transactions": totals.housekeeping,
        "empty_transactions": totals.empty,
        "undecoded_transactions": totals.undecoded,
        "not_on_idc_transactions": totals.lacking,
        "not_counted_transactions": max(0, got.tally.left),
        "rows": rows,
        "rows_not_on_idc": _sum([table.lacking for table in mine]),
        "bytes": totals.bytes,
        "data_bytes": totals.data_bytes,
        "first_write": _seconds(totals.first),
        "last_write": _seconds(totals.last),
        "extrapolated_row_changes": None
        if reading.complete
        else round((sum(rows.values()) + got.tally.pending) * reading.factor),
        "seconds": reading.seconds,
        "rows_per_second": round(got.tally.rows / seconds),
        "megabytes_per_second": round(reading.bytes / seconds / 1e6, 1),
    }


def _table(label: str, table: Table, ask: Question, got: Measured) -> dict[str, Any]:
    tables = got.tally.tables
    seen, name = tables.net.seen(label), ask.names.get(label)
    amount = counting.amount(tables, label, ask.names)
    return {
        "table": label,
        "service": tables.service(label),
        "name": {"en": name.en, "ko": name.ko} if name else None,
        "sentence": amount.detail() if table.rows.changes else None,
        "inserted": table.rows.insert,
        "updated": table.rows.update,
        "deleted": table.rows.delete,
        "not_on_idc": _rows(table.lacking),
        "rows": None if seen is None else asdict(seen),
        "rows_unknown_because": tables.net.unknown.get(label, ""),
        "transactions": table.transactions,
        "bytes": table.rows.bytes,
        "first_write": _seconds(table.first),
        "last_write": _seconds(table.last),
        "created_since": not table.was_there,
        "dropped_since": table.dropped,
        "truncated": table.truncated,
        "replaced": label in tables.replaced,
    }


def _rows(rows: Rows) -> dict[str, int]:
    return {"inserted": rows.insert, "updated": rows.update, "deleted": rows.delete}


def _sum(parts: list[Rows]) -> dict[str, int]:
    told = [_rows(part) for part in parts]
    return {key: sum(item[key] for item in told) for key in ("inserted", "updated", "deleted")}


def _transactions(gtids: GtidSet) -> dict[str, Any]:
    return {"transactions": gtids.count(), "set": str(gtids)}


def _seconds(value: int) -> str | None:
    return _time(datetime.fromtimestamp(value, UTC)) if value else None


def _time(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
