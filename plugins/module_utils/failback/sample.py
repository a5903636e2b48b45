"""The quick sample of IDC-04: which rows to compare, and what a difference means. Pure.

Chunks are planned from what IDC says about its tables and then asked of both servers with the same text. A chunk
is open towards its end (``key >= bound ORDER BY key LIMIT n``), and the newest rows of every table are always one
of them (``ORDER BY key DESC LIMIT n``): rows that only one side has shift the chunk and so are seen.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.row_digest import INTEGERS, PLAIN, Column, chunk_sums, row_expression
from failback.sql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.mysql import Row, Value

COLUMNS = (
    "SELECT c.table_schema AS table_schema, c.table_name AS table_name, c.column_name AS column_name,"
    " c.data_type AS data_type, c.column_type AS column_type, c.is_nullable AS is_nullable,"
    " c.collation_name AS collation_name, c.column_default AS column_default, c.extra AS extra,"
    " c.generation_expression AS generation_expression, s.seq_in_index AS key_position,"
    " c.column_key AS column_key,"
    " t.table_rows AS table_rows"
    " FROM information_schema.tables t"
    " JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
    " LEFT JOIN information_schema.statistics s ON s.table_schema = c.table_schema AND s.table_name = c.table_name"
    " AND s.column_name = c.column_name AND s.index_name = 'PRIMARY'"
    " WHERE t.table_type = 'BASE TABLE' AND t.table_schema IN ({schemas})"
    " ORDER BY c.table_schema, c.table_name, c.ordinal_position"
)
KEYLESS_LIMIT = 2_000  # rows by the server's estimate; above it a table without a key is counted and read in part
NAMED_LIMIT = 20  # differing rows named in the record
COUNT_ONLY = "row count only"
_PIECES = 4  # one chunk of the newest rows, the others spread over the key


@dataclass(frozen=True)
class Table:
    """One base table as both sides must have it."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]  # columns of the primary key in its order; empty without one
    rows_estimate: int
    index: str = ""  # without a key: a column that leads a secondary index

    @property
    def label(self) -> str:
        """schema.table for people."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The table's name for SQL."""
        return f"{quote_name(self.schema)}.{quote_name(self.name)}"

    @property
    def number_key(self) -> str:
        """The key's column when it is a single whole number, else "". Only such a key can be spread over."""
        kinds = {column.name: column.data_type for column in self.columns}
        return self.key[0] if len(self.key) == 1 and kinds[self.key[0]] in INTEGERS else ""


@dataclass(frozen=True)
class Chunk:
    """A set of rows given by ``tail``: what stands after the table's name."""

    table: Table
    tail: str
    what: str


@dataclass(frozen=True)
class Sums:
    """What a server says of one chunk."""

    rows: int
    digested: int
    xor: str
    total: str

    @classmethod
    def from_row(cls, row: Row) -> Sums:
        """Build from a row of ``chunk_query``."""
        return cls(int(str(row["n"])), int(str(row["digested"])), str(row["x"]), str(row["s"]))


def schema_list(schemas: Sequence[str]) -> str:
    """Schemas as an SQL list."""
    return ",".join(quote_text(name) for name in schemas)


def tables_from(rows: Sequence[Row]) -> tuple[Table, ...]:
    """Group the rows of ``COLUMNS`` into tables, in name order."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault((str(row["table_schema"]), str(row["table_name"])), []).append(row)
    tables = []
    for (schema, name), columns in sorted(grouped.items()):
        key = sorted((int(str(row["key_position"])), str(row["column_name"])) for row in columns if row["key_position"])
        tables.append(
            Table(
                schema,
                name,
                tuple(Column.from_row(row) for row in columns),
                tuple(column for _, column in key),
                int(str(columns[0]["table_rows"] or 0)),
                "" if key else _leading_column(columns),
            )
        )
    return tuple(tables)


def _leading_column(columns: Sequence[Row]) -> str:
    """Find a column of plain type that leads a secondary index (information_schema calls it MUL or UNI)."""
    return next(
        (
            str(row["column_name"])
            for row in columns
            if row["column_key"] in ("MUL", "UNI") and str(row["data_type"]).lower() in PLAIN
        ),
        "",
    )


def schema_differences(idc: Sequence[Table], aws: Sequence[Table]) -> list[str]:
    """Tables and columns that the two sides define differently, each as one sentence."""
    left, right = ({table.label: table for table in side} for side in (idc, aws))
    found = [f"{label} exists only on {side}" for label, side in _only(left, right)]
    for label in sorted(left.keys() & right.keys()):
        if left[label].key != right[label].key:
            found.append(f"{label} has another primary key on IDC than on RDS")
        columns, others = ({column.name: column for column in side[label].columns} for side in (left, right))
        found.extend(f"{label}.{name} exists only on {side}" for name, side in _only(columns, others))
        both = [(name, columns[name], others[name]) for name in columns if name in others]
        found.extend(f"{label}.{name} is defined differently" for name, a, b in both if a != b)
        if [c.name for c in left[label].columns] != [c.name for c in right[label].columns] and set(columns) == set(
            others
        ):
            found.append(f"{label} has its columns in another order")
    return found


def _only(left: Mapping[str, object], right: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(name, "IDC") for name in sorted(left.keys() - right.keys())] + [
        (name, "RDS") for name in sorted(right.keys() - left.keys())
    ]


def choose(tables: Sequence[Table], limit: int, rows: int) -> tuple[tuple[Table, ...], tuple[Table, ...]]:
    """Split into those to sample and those left out.

    The limit is for large tables, the largest first; one of fewer than ``rows`` rows costs next to nothing.
    """
    ranked = sorted(tables, key=lambda table: (-table.rows_estimate, table.label))
    large = [table for table in ranked if table.rows_estimate >= rows]
    left_out = set(large[limit:])
    return tuple(table for table in ranked if table not in left_out), tuple(large[limit:])


def range_query(tables: Sequence[Table], rows: int) -> str:
    """One statement for what ``plan_chunks`` needs to know of the tables' contents; "" when that is nothing.

    The lowest and highest key where that is a whole number; the value ``rows`` rows before the end of an index where
    there is no key.
    """
    asked = []
    for number, table in enumerate(tables):
        if table.number_key:
            key = f"CONVERT({{}}({quote_name(table.number_key)}),CHAR)"
            low, high = key.format("MIN"), key.format("MAX")
            asked.append(f"(SELECT {number} AS t, {low} AS low, {high} AS high FROM {table.quoted})")
        elif table.index:
            name = quote_name(table.index)
            asked.append(
                f"(SELECT {number} AS t, CONVERT({name},CHAR) AS low, NULL AS high FROM {table.quoted}"
                f" ORDER BY {name} DESC LIMIT {rows},1)"
            )
    return " UNION ALL ".join(asked)


def plan_chunks(table: Table, rows: int, span: tuple[Value, Value] | None, seed: str) -> list[Chunk]:
    """Plan chunks of about ``rows`` rows in all, newest rows first.

    ``seed`` (FINAL) spreads the middle chunks: the same in every try of one cut-over, others in the next.
    """
    if not table.key:
        return _plan_keyless(table, span)
    piece = max(1, rows // _PIECES)
    order = ",".join(quote_name(column) for column in table.key)
    descending = ",".join(f"{quote_name(column)} DESC" for column in table.key)
    newest = Chunk(table, f"ORDER BY {descending} LIMIT {piece}", "newest rows")
    oldest = Chunk(table, f"ORDER BY {order} LIMIT {piece}", "oldest rows")
    if span is None or span[0] is None or span[1] is None:
        return [newest, oldest]
    low, high = int(str(span[0])), int(str(span[1]))
    if high - low < rows:
        return [Chunk(table, f"ORDER BY {order} LIMIT {rows}", "all rows")]
    bounds = sorted(low + _fraction(f"{seed}/{table.label}/{index}", high - low) for index in range(_PIECES - 1))
    middle = [
        Chunk(table, f"WHERE {order} >= {bound} ORDER BY {order} LIMIT {piece}", f"rows from {bound}")
        for bound in bounds
    ]
    return [newest, *middle]


def _plan_keyless(table: Table, span: tuple[Value, Value] | None) -> list[Chunk]:
    """Plan for a table without a key: all of it when it is small, else the count and the end of an index."""
    if table.rows_estimate <= KEYLESS_LIMIT:
        return [Chunk(table, "", "all rows")]
    count = Chunk(table, "", COUNT_ONLY)
    if not table.index or span is None or span[0] is None:
        return [count]
    # By value, not by LIMIT: rows of the same value have no order among themselves.
    newest = f"WHERE {quote_name(table.index)} >= {quote_text(str(span[0]))}"
    return [Chunk(table, newest, f"rows from {table.index} {span[0]!s}"), count]


def _fraction(seed: str, width: int) -> int:
    """Give a number from 0 to ``width`` that depends on the seed alone."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) * width >> 64


def table_query(chunks: Sequence[Chunk]) -> str:
    """One statement for the sums of every chunk of one table."""
    return " UNION ALL ".join(f"({_chunk_query(index, chunk)})" for index, chunk in enumerate(chunks))


def _chunk_query(index: int, chunk: Chunk) -> str:
    table = chunk.table
    if chunk.what == COUNT_ONLY:
        return f"SELECT {index} AS c, COUNT(*) AS n, COUNT(*) AS digested, '' AS x, '' AS s FROM {table.quoted}"
    # Without the hint the optimizer may sort another index for a small LIMIT.
    hint = " FORCE INDEX (PRIMARY)" if table.key else ""
    inner = f"SELECT {row_expression(table.columns)} AS d FROM {table.quoted}{hint} {chunk.tail}"
    return f"SELECT {index} AS c, {chunk_sums()} FROM ({inner}) AS rows_of_chunk"


def rows_query(chunk: Chunk) -> str:
    """Ask for the keys and digests of a chunk's rows; without a key, for the digests and how often each occurs."""
    table = chunk.table
    digest = row_expression(table.columns)
    if not table.key:
        return f"SELECT {digest} AS d, COUNT(*) AS n FROM {table.quoted} {chunk.tail} GROUP BY d"
    return f"SELECT {_key_text(table)} AS k, {digest} AS d FROM {table.quoted} FORCE INDEX (PRIMARY) {chunk.tail}"


def _key_text(table: Table) -> str:
    kinds = {column.name: column.data_type for column in table.columns}
    parts = []
    for column in table.key:
        name = quote_name(column)
        parts.append(f"HEX({name})" if kinds[column] in {"binary", "varbinary"} else f"CONVERT({name},CHAR)")
    return f"CONCAT_WS(',',{','.join(parts)})"


def differing_rows(idc: Sequence[Row], aws: Sequence[Row]) -> list[str]:
    """Name the rows in which two results of ``rows_query`` differ, for people.

    A row missing on one side shifts a full chunk by one, so the last rows of the longer reach may be named too.
    """
    if any("k" not in row for row in (*idc, *aws)):
        left, right = (Counter({str(row["d"]): int(str(row["n"])) for row in side}) for side in (idc, aws))
        return [
            f"row with digest {digest[:12]}: {left[digest]} times on IDC, {right[digest]} times on RDS"
            for digest in sorted(left.keys() | right.keys())
            if left[digest] != right[digest]
        ]
    left_rows, right_rows = ({str(row["k"]): str(row["d"]) for row in side} for side in (idc, aws))
    named = []
    for key in sorted(left_rows.keys() | right_rows.keys(), key=lambda text: (len(text), text)):
        if key not in right_rows:
            named.append(f"key {key}: only on IDC")
        elif key not in left_rows:
            named.append(f"key {key}: only on RDS")
        elif left_rows[key] != right_rows[key]:
            named.append(f"key {key}: different content")
    return named
