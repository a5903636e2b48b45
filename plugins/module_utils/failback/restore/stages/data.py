"""Stage data: every piece of the wanted tables loaded, each in a transaction that also records it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, RefusedError
from failback.mysql import quote_text
from failback.restore import loader
from failback.restore.bookkeeping import digest_of, quoted
from failback.restore.context import Context, StageResult, changed, each_table, unchanged
from failback.restore.order import interleaved
from failback.restore.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.restore.model import Piece
    from failback.restore.session import Session


class _Tally:
    """What the workers loaded, counted under a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.pieces = self.rows = self.bytes = 0

    def add(self, piece: Piece, rows: int) -> None:
        with self._lock:
            self.pieces, self.rows, self.bytes = self.pieces + 1, self.rows + rows, self.bytes + piece.size


def run(context: Context) -> StageResult:
    """Load what is not loaded yet. Raises PieceError, DamagedError and what the server says."""
    started = time.monotonic()
    if context.check and context.book.run() is None:
        return changed({"pieces": 0}, {"tables": len(context.tables)}, {"bytes": context.backup.size})
    going = context.going()
    if going.finished or going.result("data"):
        return unchanged({"done": True}, {"done": True}, going.result("data"))
    if context.check:
        loaded = len(context.book.pieces())
        return changed({"pieces": loaded}, {"tables": len(context.tables)}, {"bytes": context.backup.size})
    again = _restart_others(context)
    recorded = context.book.pieces()
    before: dict[str, object] = {"pieces": len(recorded), "rows": sum(r for _, _, r in recorded.values())}
    tally = _Tally()
    columns = _columns(context)
    seen: set[bytes] = set()
    context.progress.begin(
        "data",
        total=context.backup.size,
        done=sum(size for _, size, _ in recorded.values()),
        rows=sum(rows for _, _, rows in recorded.values()),
    )

    def todo() -> Iterator[Piece]:
        for piece in context.backup.pieces(context.wanted):
            key = digest_of(piece)
            seen.add(key)
            if key not in recorded:
                yield piece

    def work(session: Session, piece: Piece) -> None:
        every, generated = columns[context.fold(piece.schema), context.fold(piece.table)]
        rows = loader.load(session, piece, every, generated)
        tally.add(piece, rows)
        context.progress.add(piece.size, rows)

    with context.recorder.act(
        "load the rows", server=context.admin.name, backup=context.backup.url, workers=context.workers
    ) as outcome:
        try:
            Pool(context.connect, work, context.workers).run(interleaved(todo(), context.workers))
        finally:
            outcome |= {"pieces": tally.pieces, "rows": tally.rows}
        strange = set(recorded) - seen
        if strange:
            context.book.disown()
            raise RefusedError(
                f"{len(strange)} pieces that were loaded are not in {context.backup.url} any more: the backup changed."
                " Begin anew with `restart: true`, which drops only what this restore made"
            )
    for table in each_table(context, lambda parts: not parts.transactional):
        context.book.mark("table", context.fold(table.schema), context.fold(table.name), "loaded")
    rows = _counted(context)
    seconds = time.monotonic() - started
    evidence: dict[str, object] = {
        "rows": sum(rows.values()),
        "rows_by_table": rows,
        "pieces": len(seen),
        "bytes": context.backup.size,
        "loaded_now": {"pieces": tally.pieces, "rows": tally.rows, "bytes": tally.bytes},
        "not_transactional_loaded_again": again,
        "seconds": round(seconds, 3),
        "rows_per_second": round(tally.rows / seconds) if seconds else 0,
        "workers": context.workers,
    }
    context.progress.end()
    context.book.tell("data", evidence)
    after: dict[str, object] = {"pieces": len(seen), "rows": sum(rows.values())}
    return StageResult(bool(tally.pieces), before, after, evidence)


def _restart_others(context: Context) -> list[str]:
    """Empty the tables whose rows cannot be rolled back and that were not loaded to their end."""
    states = context.book.objects()
    again: list[str] = []
    for table in each_table(context, lambda parts: not parts.transactional):
        key = ("table", context.fold(table.schema), context.fold(table.name))
        if states.get(key) == "loaded":
            continue
        context.admin.execute(f"TRUNCATE TABLE {quoted(table.schema, table.name)}")
        context.book.forget_pieces(table.schema, table.name)
        again.append(table.label)
    return again


def _columns(context: Context) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """Read each table's columns in order: those that take values, and the generated ones."""
    listed = ", ".join(quote_text(schema) for schema in context.schemas)
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for row in context.admin.rows(
        "SELECT table_schema AS s, table_name AS t, column_name AS c, generation_expression <> '' AS g"
        f" FROM information_schema.columns WHERE table_schema IN ({listed}) ORDER BY 1, 2, ordinal_position"
    ):
        stored, generated = found.setdefault((context.fold(str(row["s"])), context.fold(str(row["t"]))), ([], []))
        (generated if row["g"] else stored).append(str(row["c"]))
    return found


def _counted(context: Context) -> dict[str, int]:
    """Count rows by table from the record; where the backup says how many there are, it must agree."""
    rows = dict.fromkeys((table.label for table in context.tables), 0)
    for label, _, count in context.book.pieces().values():
        rows[label] = rows.get(label, 0) + count
    wrong = [
        f"{table.label} has {rows[table.label]} rows and the backup says {table.rows}"
        for table in context.tables
        if table.rows is not None and rows[table.label] != table.rows
    ]
    if wrong:
        raise FailbackError(
            f"rows are missing or too many after loading {context.backup.url}: {'; '.join(wrong[:8])}. The"
            f" server is not"
            " opened; use another backup (`restart: true`)",
            {"rows_by_table": rows},
        )
    return rows
