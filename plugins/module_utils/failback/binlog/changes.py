"""Which rows changed on a server between two positions, read from its own binary log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.binlog import stream
from failback.binlog.transactions import Change, Decoder, Statement
from failback.errors import RefusedError
from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from failback.binlog.events import Event
    from failback.binlog.rows import Image
    from failback.mysql import Login


@dataclass(frozen=True)
class RowChange:
    """One changed row; values as a SELECT gives them (see ``failback.binlog.rows``)."""

    schema: str
    table: str
    kind: str  # insert, update, delete; "shape" for a statement that may have changed every row of a table
    before: Image | None
    after: Image | None
    gtid: str
    key: tuple[str, ...] = ()  # names of the primary key's columns
    statement: str = ""


def changed_keys(
    login: Login, since_gtid: str, until_gtid: str, schemas: Collection[str], *, name: str = ""
) -> Iterator[RowChange]:
    """Give every row of these schemas that a transaction in ``until_gtid`` and not in ``since_gtid`` changed.

    ``until_gtid`` may be "": everything there is. Rows that a foreign key's cascade changed are in the log of a 9.7
    server, not in that of an 8.x one.
    Raises RefusedError when the log was purged or cannot tell (statements, partial JSON, no column names).
    """
    until = GtidSet.parse(until_gtid)
    known = GtidSet.parse(since_gtid)
    yield from decode(stream.since(login, known, name=name), schemas, (until - known) if until_gtid else None)


def decode(source: Iterable[Event], schemas: Collection[str], wanted: GtidSet | None) -> Iterator[RowChange]:
    """As ``changed_keys``, from events; ``wanted`` None means every transaction."""
    inside = _Within(wanted)
    for item in Decoder().changes(source):
        if not inside(item.gtid):
            continue
        if isinstance(item, Change):
            if item.table.schema in schemas:
                yield _row(item)
        elif item.data and (not item.schema or item.schema in schemas):
            raise RefusedError(
                f"transaction {item.gtid} changed rows by a statement (binlog_format is not ROW): which rows, the"
                " binary log does not tell",
                {"statement": item.text[:200]},
            )
        elif item.schema in schemas:
            yield _shape(item)


class _Within:
    """Whether a transaction is wanted; asks the set once per transaction, not once per row."""

    def __init__(self, wanted: GtidSet | None) -> None:
        self._wanted = wanted
        self._last = ("", wanted is None)

    def __call__(self, gtid: str) -> bool:
        if self._wanted is None:
            return True
        if gtid != self._last[0]:
            self._last = (gtid, bool(gtid) and gtid in self._wanted)
        return self._last[1]


def _row(item: Change) -> RowChange:
    if not item.table.named:
        raise RefusedError(
            f"the binary log does not name the columns of {item.table.label}: SET GLOBAL binlog_row_metadata = FULL"
            " before the changes are made that are to be explained"
        )
    before, after = (side.values if side else None for side in (item.before, item.after))
    return RowChange(item.table.schema, item.table.table, item.kind, before, after, item.gtid, item.table.key_names)


def _shape(item: Statement) -> RowChange:
    return RowChange(item.schema, "", "shape", None, None, item.gtid, statement=item.text)
