"""A table cut into ranges of its key: which rows a chunk holds, as SQL that means the same on both servers. Pure.

The first chunk is open below and the last above, so every row on either side is in exactly one of them, also rows
that only one side has. Bounds are compared in the column's own collation ('a' and 'A' of a case-insensitive key lie in
the same chunk). MySQL's range optimizer reads no row constructor, ``(a,b) > (1,2)`` reads the whole index (EXPLAIN on
9.7: type index), so bounds are spelled out: ``a > 1 OR (a = 1 AND b > 2)`` (type range).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.row_digest import INTEGERS, Column
from failback.sql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from failback.compare.tables import Table

Bound = tuple[str, ...]  # one text per column of ``bound_columns``; see ``bound_expression``
_NUMBERS = INTEGERS | {"decimal", "year"}
_MOMENTS = frozenset({"date", "time", "datetime", "timestamp"})
_TEXT = frozenset({"char", "varchar"})
_BYTES = frozenset({"binary", "varbinary"})
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MOMENT = re.compile(r"-?[0-9: .-]+")
_HEX = re.compile(r"(?:[0-9A-F]{2})*")
_DENSE = 0.2  # rows per number of the key's span from which on arithmetic gives chunks of bearable size
CHUNK_BYTES = 32 * 2**20  # what one chunk should read at most
MINIMUM_ROWS = 512


@dataclass(frozen=True)
class Chunk:
    """Rows with low < key <= high; None is open."""

    table: Table
    low: Bound | None = None
    high: Bound | None = None

    @property
    def where(self) -> str:
        """The condition, "" for the whole table."""
        columns = bound_columns(self.table)
        parts = []
        if self.low is not None:
            parts.append(_beyond(columns, self.low, ">", strict=True))
        if self.high is not None:
            parts.append(_beyond(columns, self.high, "<", strict=False))
        return " AND ".join(parts)

    @property
    def what(self) -> str:
        """Say which rows these are, for people."""
        if self.low is None and self.high is None:
            return "all rows"
        names = ",".join(column.name for column in bound_columns(self.table))
        low, high = ("" if bound is None else ",".join(bound) for bound in (self.low, self.high))
        return f"{names} {f'> {low}' if low else ''}{' and ' if low and high else ''}{f'<= {high}' if high else ''}"


def bound_columns(table: Table) -> tuple[Column, ...]:
    """Return the leading columns of the key by which ranges can be built: those that compare as they sort.

    ENUM, SET and BIT compare as text or number but sort by index, FLOAT has no exact literal.
    """
    found = []
    for column in table.key_columns:
        if column.data_type not in _NUMBERS | _MOMENTS | _TEXT | _BYTES:
            break
        found.append(column)
    return tuple(found)


def bound_expression(column: Column) -> str:
    """Give SQL for a value as text that ``literal`` turns back into a literal."""
    name = quote_name(column.name)
    return f"HEX({name})" if column.data_type in _TEXT | _BYTES else f"CAST({name} AS CHAR)"


def literal(column: Column, text: str) -> str:
    """Give the SQL literal of a bound. Raises ValueError for what no server could have given."""
    if column.data_type in _NUMBERS and _NUMBER.fullmatch(text):
        return text
    if column.data_type in _MOMENTS and _MOMENT.fullmatch(text):
        return quote_text(text)
    if column.data_type in _BYTES and _HEX.fullmatch(text):
        return f"X'{text}'"
    if column.data_type in _TEXT and _HEX.fullmatch(text):
        # In the column's own character set: nothing is converted, and the column's collation decides.
        return f"_{column.charset} X'{text}'"
    raise ValueError(f"not a bound of {column.name} ({column.data_type}): {text[:80]!r}")


def _beyond(columns: Sequence[Column], bound: Bound, sign: str, *, strict: bool) -> str:
    """Spell out ``columns SIGN bound`` so that the index is used."""
    options = []
    equal: list[str] = []
    for number, (column, text) in enumerate(zip(columns, bound, strict=True)):
        name, value = quote_name(column.name), literal(column, text)
        last = number == len(columns) - 1
        options.append(" AND ".join([*equal, f"{name} {sign}{'' if strict or not last else '='} {value}"]))
        equal.append(f"{name} = {value}")
    return f"({' OR '.join(f'({option})' if ' AND ' in option else option for option in options)})"


def target_rows(table: Table, wanted: int) -> int:
    """Rows a chunk should have: fewer where rows are large."""
    by_size = CHUNK_BYTES // max(1, table.row_length)
    return max(MINIMUM_ROWS, min(wanted, by_size))


def span_query(table: Table) -> str:
    """Ask for the lowest and highest key where that is a single whole number, else ""."""
    columns = bound_columns(table)
    if len(table.key) != 1 or len(columns) != 1 or columns[0].data_type not in INTEGERS:
        return ""
    name = quote_name(columns[0].name)
    return f"SELECT CAST(MIN({name}) AS CHAR) AS low, CAST(MAX({name}) AS CHAR) AS high FROM {table.quoted}"


def even_bounds(low: int, high: int, rows: int, target: int) -> list[Bound] | None:
    """Cut a span of numbers into equal parts; None where it holds so few rows that the parts would say little."""
    span = high - low + 1
    if rows <= target:
        return []
    if rows < span * _DENSE:
        return None
    step = max(1, span * target // rows)
    return [(str(at),) for at in range(low + step - 1, high, step)]


def next_bound_query(table: Table, low: Bound | None, target: int) -> str:
    """Ask for the key ``target`` rows after ``low``: the high end of the next chunk; no row where none is left."""
    columns = bound_columns(table)
    shown = ", ".join(f"{bound_expression(column)} AS k{number}" for number, column in enumerate(columns))
    order = ", ".join(quote_name(column.name) for column in columns)
    where = "" if low is None else f" WHERE {_beyond(columns, low, '>', strict=True)}"
    hint = f" FORCE INDEX ({quote_name(table.index)})"
    return f"SELECT {shown} FROM {table.quoted}{hint}{where} ORDER BY {order} LIMIT {target - 1},1"


def from_bounds(table: Table, bounds: Sequence[Bound]) -> Iterator[Chunk]:
    """Make the chunks between bounds, both ends open."""
    low: Bound | None = None
    for high in bounds:
        yield Chunk(table, low, high)
        low = high
    yield Chunk(table, low, None)
