"""Stage foreign_keys: constraints added with checks off (in place, no copy of the table), then every row looked at."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.restore import orphans
from failback.restore.bookkeeping import quoted
from failback.restore.context import Context, StageResult, changed, unchanged
from failback.restore.pool import Pool

if TYPE_CHECKING:
    from failback.restore.session import Session


def run(context: Context) -> StageResult:
    """Add what is missing, then scan every key. Raises FailbackError naming orphan rows."""
    started = time.monotonic()
    wanted = {(t.label, key.name) for t in context.tables for key in context.split[t.label].foreign_keys}
    if context.check and context.book.run() is None:
        return StageResult(bool(wanted), {"foreign_keys": 0}, {"foreign_keys": len(wanted)}, {})
    going = context.going()
    missing = _missing(context)
    before: dict[str, object] = {"foreign_keys": len(wanted) - len(missing), "missing": len(missing)}
    if (not missing and going.result("foreign_keys")) or going.finished:
        return unchanged(before, before, going.result("foreign_keys"))
    if context.check:
        return changed(before, {"foreign_keys": len(wanted), "missing": 0}, {})
    context.progress.begin("foreign_keys")
    if missing:
        with context.recorder.act("add foreign keys", server=context.admin.name, keys=len(missing)):
            _add(context, missing)
    added = time.monotonic()
    still = _missing(context)
    if still:
        raise FailbackError(
            f"foreign keys are missing on {context.admin.name}: {', '.join(f'{t}.{n}' for t, n in sorted(still)[:8])};"
            " run this again"
        )
    keys = [key for key in orphans.read(context.admin, context.schemas) if _ours(context, key)]
    found = _scan(context, keys)
    evidence: dict[str, object] = {
        "foreign_keys": len(keys),
        "added_now": len(missing),
        "seconds_adding": round(added - started, 3),
        "seconds_scanning": round(time.monotonic() - added, 3),
        "orphans": [item.facts() for item in found],
    }
    if found:
        raise FailbackError(_complaint(found), evidence)
    context.book.tell("foreign_keys", evidence)
    return StageResult(bool(missing), before, {"foreign_keys": len(wanted), "missing": 0}, evidence)


def _missing(context: Context) -> set[tuple[str, str]]:
    there = {
        (context.fold(key.child[0]), context.fold(key.child[1]), key.name.lower())
        for key in orphans.read(context.admin, context.schemas)
    }
    return {
        (t.label, key.name)
        for t in context.tables
        for key in context.split[t.label].foreign_keys
        if (context.fold(t.schema), context.fold(t.name), key.name.lower()) not in there
    }


def _add(context: Context, missing: set[tuple[str, str]]) -> None:
    """One statement a table, one after the other: each locks the definitions of child and parent."""
    admin = context.admin
    for table in context.tables:
        clauses = [k.clause for k in context.split[table.label].foreign_keys if (table.label, k.name) in missing]
        if not clauses:
            continue
        admin.use(table.schema)
        try:
            admin.execute(
                f"ALTER TABLE {quoted(table.schema, table.name)} " + ", ".join(f"ADD {clause}" for clause in clauses)
            )
        except MySQLError as error:
            raise MySQLError(
                f"foreign keys of {table.label} cannot be added: {error}", error.code, error.evidence
            ) from error


def _ours(context: Context, key: orphans.ForeignKey) -> bool:
    """Leave out tables that were not restored, and parents that are not there (chosen tables only)."""
    mine = {(context.fold(t.schema), context.fold(t.name)) for t in context.tables}
    return (context.fold(key.child[0]), context.fold(key.child[1])) in mine


def _scan(context: Context, keys: list[orphans.ForeignKey]) -> list[orphans.Orphans]:
    found: list[orphans.Orphans] = []
    guard = threading.Lock()

    def work(session: Session, key: orphans.ForeignKey) -> None:
        result = orphans.scan(session, key)
        if result is not None:
            with guard:
                found.append(result)

    Pool(context.connect, work, context.workers).run(keys)
    return sorted(found, key=lambda item: item.key.label)


def _complaint(found: list[orphans.Orphans]) -> str:
    told = "; ".join(f"{item.key.label} -> {'.'.join(item.key.parent)}: {_rows(item)}" for item in found[:5])
    return (
        f"rows refer to rows that are not there: {told}. The keys stand, the rows are kept. Either the source"
        f" had them so"
        " (compare with the other side), or the backup is of two moments: use another one, or correct these rows"
    )


def _rows(item: orphans.Orphans) -> str:
    first = ", ".join("(" + ", ".join(f"{k}={v}" for k, v in row.items()) + ")" for row in item.rows[:3])
    count = f"more than {len(item.rows)}" if item.more else str(len(item.rows))
    return f"{count} rows, such as {first}"
