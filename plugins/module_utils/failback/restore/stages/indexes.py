"""Stage indexes: secondary indexes after the rows, one ALTER a table, largest first, several at once; then ANALYZE.

InnoDB makes one FULLTEXT index a statement (error 1795 otherwise), so a table with more of them needs more statements.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.mysql import quote_name, quote_text
from failback.restore.bookkeeping import quoted
from failback.restore.context import Context, StageResult, changed, unchanged
from failback.restore.pool import Pool

if TYPE_CHECKING:
    from failback.restore.ddl import Index
    from failback.restore.model import Table
    from failback.restore.session import Session

ER_DUP_ENTRY = 1062
_BUFFER = 256 * 1024 * 1024  # bytes for sorting at most, over all workers


def run(context: Context) -> StageResult:
    """Add what is missing. Raises FailbackError naming the duplicate rows, where a UNIQUE key cannot be made."""
    started = time.monotonic()
    wanted = {t.label: context.split[t.label].indexes for t in context.tables}
    count = sum(len(items) for items in wanted.values())
    if context.check and context.book.run() is None:
        return changed({"indexes": 0}, {"indexes": count}, {})
    going = context.going()
    there = existing(context)
    lack = {t.label: _missing(context, t, there) for t in context.tables}
    missing = sum(len(items) for items in lack.values())
    before: dict[str, object] = {"indexes": count - missing, "missing": missing}
    if (not missing and going.result("indexes")) or going.finished:
        return unchanged(before, before, going.result("indexes"))
    if context.check:
        return changed(before, {"indexes": count, "missing": 0}, {})
    context.progress.begin("indexes")
    times: dict[str, float] = {}
    guard = threading.Lock()

    def work(session: Session, table: Table) -> None:
        begun = time.monotonic()
        for statement in statements(table, lack[table.label]):
            _alter(context, session, table, statement, lack[table.label])
        session.rows(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {quoted(table.schema, table.name)}")
        with guard:
            times[table.label] = round(time.monotonic() - begun, 3)

    sizes = _sizes(context)
    tables = sorted(context.tables, key=lambda t: -sizes.get(t.label, 0))
    with context.recorder.act("make secondary indexes", server=context.admin.name, indexes=missing) as outcome:
        Pool(lambda: _session(context), work, context.workers).run(tables)
        outcome["tables"] = len(tables)
    still = [f"{t.label}.{i.name}" for t in context.tables for i in _missing(context, t, existing(context))]
    if still:
        raise FailbackError(f"indexes are missing on {context.admin.name}: {', '.join(still[:8])}; run this again")
    evidence: dict[str, object] = {
        "indexes_made_late": count,
        "indexes_made_with_the_table": sum(len(context.split[t.label].kept) for t in context.tables),
        "made_now": missing,
        "tables_analyzed": len(tables),
        "slowest": dict(sorted(times.items(), key=lambda item: -item[1])[:10]),
        "seconds": round(time.monotonic() - started, 3),
    }
    context.book.tell("indexes", evidence)
    return changed(before, {"indexes": count, "missing": 0}, evidence)


def statements(table: Table, indexes: list[Index]) -> list[str]:
    """Write the ALTER statements of one table: all in one, but for FULLTEXT beyond the first. Pure."""
    if not indexes:
        return []
    full = [index for index in indexes if index.kind == "fulltext"]
    rest = [index for index in indexes if index.kind != "fulltext"]
    groups = [[*rest, *full[:1]], *([index] for index in full[1:])]
    target = quoted(table.schema, table.name)
    return [f"ALTER TABLE {target} " + ", ".join(f"ADD {index.clause}" for index in group) for group in groups]


def existing(context: Context) -> set[tuple[str, str, str]]:
    """Read which indexes there are: (schema, table, name), names folded."""
    listed = ", ".join(quote_text(schema) for schema in context.schemas) or "''"
    rows = context.admin.rows(
        "SELECT DISTINCT table_schema AS s, table_name AS t, index_name AS i FROM information_schema.statistics"
        f" WHERE table_schema IN ({listed})"
    )
    return {(context.fold(str(r["s"])), context.fold(str(r["t"])), str(r["i"]).lower()) for r in rows}


def _missing(context: Context, table: Table, there: set[tuple[str, str, str]]) -> list[Index]:
    key = (context.fold(table.schema), context.fold(table.name))
    return [index for index in context.split[table.label].indexes if (*key, index.name.lower()) not in there]


def _session(context: Context) -> Session:
    session = context.connect()
    threads = max(1, context.workers // 2)
    pool = session.number("SELECT @@innodb_buffer_pool_size")
    buffer = max(1 << 20, min(_BUFFER, pool // 4) // context.workers)
    session.prepare(
        {
            "innodb_ddl_threads": str(threads),
            "innodb_ddl_buffer_size": str(buffer),
            "innodb_parallel_read_threads": str(threads),
        }
    )
    return session


def _alter(context: Context, session: Session, table: Table, statement: str, indexes: list[Index]) -> None:
    try:
        session.use(table.schema)
        session.execute(statement)
    except MySQLError as error:
        if error.code == ER_DUP_ENTRY:
            found = duplicates(session, table, indexes)
            raise FailbackError(
                f"rows of {table.label} break a UNIQUE key of their own table ({'; '.join(found) or error}): the backup"
                f" {context.backup.url} holds the same row twice, or rows of two moments. Use another backup"
                " (`restart: true`)",
                {"table": table.label, "duplicates": found},
            ) from error
        raise MySQLError(f"indexes of {table.label} cannot be made: {error}", error.code, error.evidence) from error


def duplicates(session: Session, table: Table, indexes: list[Index]) -> list[str]:
    """Name values that a UNIQUE key would hold twice; the server's message may name another key of the same ALTER."""
    told: list[str] = []
    for index in indexes:
        if index.kind != "unique" or not all(index.parts):
            continue
        columns = ", ".join(map(quote_name, index.parts))
        filled = " AND ".join(f"{quote_name(part)} IS NOT NULL" for part in index.parts)
        rows = session.rows(
            f"SELECT {columns}, COUNT(*) AS `rows found` FROM {quoted(table.schema, table.name)} WHERE {filled}"
            f" GROUP BY {columns} HAVING COUNT(*) > 1 LIMIT 3"
        )
        told += [f"{index.name}: " + ", ".join(f"{name}={value!s}" for name, value in row.items()) for row in rows]
    return told


def _sizes(context: Context) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for label, size, _ in context.book.pieces().values():
        sizes[label] = sizes.get(label, 0) + size
    return sizes
