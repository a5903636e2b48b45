"""Events to transactions: what changed, in which order, under which GTID. Pure.

A transaction's rows are given as they come, so that one of a million rows needs no more memory than one of ten.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard

from failback.binlog import events, rows
from failback.binlog import table_map as tm
from failback.errors import DamagedError, RefusedError
from failback.sql import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONTROL = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|XA)\b", re.IGNORECASE)
_DATA = re.compile(r"\s*(?:/\*.*?\*/\s*)*(INSERT|UPDATE|DELETE|REPLACE|LOAD|CALL|WITH)\b", re.IGNORECASE | re.DOTALL)
_END, _SIZE, _COMPRESSION = 0, 1, 2
_ZSTD, _NONE = 0, 255


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was inserted, updated or deleted."""

    gtid: str
    time: int  # seconds since 1970 UTC
    table: tm.TableMap
    kind: str  # insert, update, delete
    before: rows.Side | None
    after: rows.Side | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in the log: a change of shape or of accounts, or (``data``) one that changed rows unseen."""

    gtid: str
    time: int
    schema: str
    text: str
    data: bool


def is_control(text: str) -> bool:
    """Tell whether a statement only begins or ends a transaction."""
    return _CONTROL.match(text) is not None


class Decoder:
    """Feed it events, get changes and statements; ``gtid`` is the transaction it is in."""

    def __init__(self) -> None:
        self.gtid = ""
        self._tables: dict[int, tm.TableMap] = {}
        self._maps: dict[bytes, tm.TableMap] = {}

    def changes(self, source: Iterable[events.Event]) -> Iterator[Change | Statement]:
        """Decode. Raises DamagedError, and RefusedError for what cannot be decoded exactly."""
        for event in source:
            yield from self._one(event)

    def _one(self, event: events.Event) -> Iterator[Change | Statement]:
        kind = event.kind
        if kind in events.ROWS_V2 or kind in events.ROWS_V1:
            table = self._table(event)
            if table is not None:
                for change, before, after in rows.decode(event, table):
                    yield Change(self.gtid, event.time, table, change, before, after)
        elif kind == events.TABLE_MAP:
            found = self._maps.get(event.body)
            if found is None:
                found = self._maps[event.body] = tm.parse(event.body)
            self._tables[found.number] = found
        elif kind in {events.GTID, events.GTID_TAGGED}:
            self.gtid = events.gtid(event)
        elif kind == events.PAYLOAD:
            yield from self.changes(unpack(event))
        else:
            yield from self._rare(event)

    def _rare(self, event: events.Event) -> Iterator[Change | Statement]:
        """Statements, and what cannot be decoded."""
        kind = event.kind
        if kind == events.QUERY:
            found = events.query(event)
            if not is_control(found.text):
                data = _DATA.match(found.text) is not None
                yield Statement(self.gtid, event.time, found.schema, without_secrets(found.text), data)
        elif kind in events.STATEMENT_PARTS:
            yield Statement(self.gtid, event.time, "", events.STATEMENT_PARTS[kind], data=True)
        elif kind == events.ANONYMOUS:
            self.gtid = ""
        elif kind == events.PARTIAL_UPDATE:
            raise RefusedError(
                f"transaction {self.gtid} holds partial JSON updates (binlog_row_value_options=PARTIAL_JSON): its rows"
                " are not in the log as a whole, only a server that replicates can apply it"
            )
        elif kind == events.INCIDENT:
            raise RefusedError(f"the server lost events after {self.gtid} (an incident is in its binary log)")

    def _table(self, event: events.Event) -> tm.TableMap | None:
        number = int.from_bytes(event.body[:6], "little")
        table = self._tables.get(number)
        if table is None and number != 0xFFFFFF:  # noqa: PLR2004 - the number that ends a statement without rows
            raise DamagedError(
                f"transaction {self.gtid} has rows of a table that was not named before (number {number})"
            )
        return table


def unpack(event: events.Event) -> Iterator[events.Event]:
    """Give the events inside a compressed transaction. Raises DamagedError or RefusedError."""
    body, at = event.body, 0
    compression = _NONE
    while at < len(body):
        field, at = events.lenenc(body, at)
        if field == _END:
            break
        size, at = events.lenenc(body, at)
        if field == _COMPRESSION:
            compression, _ = events.lenenc(body, at)
        at += size
    if compression not in {_ZSTD, _NONE}:
        raise RefusedError(f"a transaction in the binary log is compressed in a way that is not known ({compression})")
    raw = io.BytesIO(body[at:])
    stream = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) if compression == _ZSTD else raw
    try:
        while head := stream.read(events.HEADER.size):
            size = events.HEADER.unpack(head)[3]
            yield events.parse(head + stream.read(size - events.HEADER.size), checksum=False)
    except zstandard.ZstdError as error:
        raise DamagedError(f"a compressed transaction in the binary log cannot be read: {error}") from error
