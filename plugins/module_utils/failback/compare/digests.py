"""Queries for what a server says of a chunk, and their answers.

A table with a key has no two equal rows, so the XOR of its rows' digests beside their number says which rows it holds.
Without a key two equal rows cancel out; two sums over the digests are added there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import FailbackError
from failback.row_digest import SEPARATOR, column_expressions, digest_sums, row_bytes
from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.compare.chunks import Chunk
    from failback.compare.tables import Table
    from failback.mysql import Row, Server

ZERO = "0" * 64
_AS_BYTES = frozenset({"char", "varchar", "binary", "varbinary", "float", "double"})
# A derived table of digests takes about 50 bytes a row on the server; above this the hash is computed three times.
_KEPT_ROWS = 4_000_000


@dataclass(frozen=True)
class Sums:
    """What a server says of rows: how many, XOR of their digests (hex), and sums of them without a key."""

    rows: int = 0
    xor: str = ZERO
    total: str = ""

    @classmethod
    def from_row(cls, row: Row, where: str) -> Sums:
        """Read an answer. Raises FailbackError when it is none: no answer must ever equal another."""
        rows, xor = row.get("n"), str(row.get("x") or "")
        if rows == 0 and xor and not xor.strip("0"):
            xor = ZERO  # over no rows the server gives as many zeros as the expression could be long
        if rows is None or len(xor) != len(ZERO):
            raise FailbackError(f"{where}: the server gave no usable digest ({rows!r} rows, {xor[:70]!r})")
        return cls(int(str(rows)), xor, str(row.get("s") or ""))

    def __add__(self, other: Sums) -> Sums:
        """Give the sums of both sets of rows together."""
        xor = f"{int(self.xor, 16) ^ int(other.xor, 16):064X}"
        if not self.total or not other.total:
            return Sums(self.rows + other.rows, xor, self.total or other.total)
        parts = zip(self.total.split("-"), other.total.split("-"), strict=True)
        return Sums(self.rows + other.rows, xor, "-".join(str(int(a) + int(b)) for a, b in parts))

    @property
    def digest(self) -> str:
        """One text for the record and the manifest."""
        return f"{self.xor.lower()}{f'-{self.total}' if self.total else ''}"


def sums_query(chunk: Chunk) -> str:
    """Ask for ``Sums`` of a chunk."""
    table = chunk.table
    digest = row_bytes(table.columns, portable=table.portable)
    rest = from_where(chunk)
    if table.key:
        return f"SELECT COUNT(*) AS n, HEX(BIT_XOR({digest})) AS x FROM {rest}"
    if table.rows_estimate > _KEPT_ROWS:
        return f"SELECT COUNT(*) AS n, HEX(BIT_XOR({digest})) AS x, {digest_sums(digest)} AS s FROM {rest}"
    inner = f"SELECT {digest} AS d FROM {rest}"
    return f"SELECT /*+ NO_MERGE(q) */ COUNT(*) AS n, HEX(BIT_XOR(d)) AS x, {digest_sums('d')} AS s FROM ({inner}) AS q"


class Question:
    """Asks a server for the ``Sums`` of a chunk; answers them and the seconds it took."""

    def __init__(self, chunk: Chunk, name: str) -> None:
        self._sql, self._where = sums_query(chunk), f"{name}, {chunk.table.label}"

    def __call__(self, server: Server) -> tuple[Sums, float]:
        """Ask. Raises ``failback.errors``."""
        begun = time.monotonic()
        return Sums.from_row(server.row(self._sql), self._where), time.monotonic() - begun


def from_where(chunk: Chunk, more: str = "") -> str:
    """Give what stands after FROM for a chunk."""
    table = chunk.table
    hint = f" FORCE INDEX ({quote_name(table.index)})" if table.key else ""
    conditions = " AND ".join(filter(None, (chunk.where, more)))
    return f"{table.quoted}{hint}{f' WHERE {conditions}' if conditions else ''}"


def buckets(rows: int, per_bucket: int) -> int:
    """Into how many buckets rows are dealt so that one that differs is quickly read."""
    return max(1, min(65_536, rows // per_bucket))


def bucket_expression(table: Table, count: int) -> str:
    """Deal rows into buckets by their key, or by their digest (as ``d``) without one."""
    if not table.key:
        return f"CRC32(SUBSTR(d,9,4)) % {count}"
    parts = [part for column in table.key_columns for part in column_expressions(column, portable=table.portable)]
    return f"CRC32(CONCAT_WS({SEPARATOR},{','.join(parts)})) % {count}"


def bucket_query(chunk: Chunk, count: int) -> str:
    """Ask for the sums of every bucket of a chunk: one reading tells where in it the difference lies."""
    table = chunk.table
    digest = row_bytes(table.columns, portable=table.portable)
    bucket = bucket_expression(table, count)
    if table.key:
        rest = from_where(chunk)
        return f"SELECT {bucket} AS b, COUNT(*) AS n, HEX(BIT_XOR({digest})) AS x FROM {rest} GROUP BY b"
    inner = f"SELECT {digest} AS d FROM {from_where(chunk)}"
    return (
        f"SELECT /*+ NO_MERGE(q) */ {bucket} AS b, COUNT(*) AS n, HEX(BIT_XOR(d)) AS x, {digest_sums('d')} AS s"
        f" FROM ({inner}) AS q GROUP BY b"
    )


def rows_query(chunk: Chunk, count: int, chosen: Sequence[int]) -> str:
    """Ask for the key and digest of every row in some buckets; without a key, for digests and how often each occurs."""
    table = chunk.table
    digest = row_bytes(table.columns, portable=table.portable)
    inside = "" if count == 1 else f"{bucket_expression(table, count)} IN ({','.join(map(str, chosen))})"
    if table.key:
        keys = ", ".join(f"{key_expression(table, number)} AS k{number}" for number in range(len(table.key)))
        return f"SELECT {keys}, HEX({digest}) AS d FROM {from_where(chunk, inside)}"
    inner = f"SELECT {digest} AS d FROM {from_where(chunk)}"
    where = f" WHERE {inside}" if inside else ""
    return f"SELECT /*+ NO_MERGE(q) */ HEX(d) AS d, COUNT(*) AS n FROM ({inner}) AS q{where} GROUP BY d"


def key_expression(table: Table, number: int) -> str:
    """Give SQL for one column of the key as exact text: text and bytes as hex, as they are stored."""
    column = table.key_columns[number]
    value = column_expressions(column)[-1]
    return f"HEX({value})" if column.data_type in _AS_BYTES else f"CAST({value} AS CHAR)"
