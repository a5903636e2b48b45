"""Read the contents of rows that differ, in batches, values as a SELECT gives them (FLOAT with all its digits)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from failback.compare.chunks import bound_columns, literal
from failback.compare.digests import key_expression
from failback.row_digest import row_bytes
from failback.sql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from failback.compare.model import Image, Key, RowDifference
    from failback.compare.sides import Pair
    from failback.compare.tables import Table
    from failback.mysql import Row

_BATCH = 100


def with_contents(pair: Pair, table: Table, found: Iterable[RowDifference]) -> Iterator[RowDifference]:
    """Add both sides' rows to differences of one table. Without a key every batch reads the whole table once."""
    left_over = iter(found)
    while batch := list(islice(left_over, _BATCH)):
        sql = _query(table, [difference.key for difference in batch])
        left, right = (_by_key(table, side) for side in pair.rows(sql))
        for difference in batch:
            idc, aws = left.get(difference.key), right.get(difference.key)
            yield replace(
                difference,
                idc=idc and idc[0],
                aws=aws and aws[0],
                same_by_now=bool(difference.columns) and (idc and idc[1]) == (aws and aws[1]),
            )


def _query(table: Table, keys: Sequence[Key]) -> str:
    columns = ", ".join(
        f"{_value(column.name, column.data_type)} AS {quote_name(f'c{number}')}"
        for number, column in enumerate(table.stored)
    )
    digest = row_bytes(table.columns, portable=table.portable)
    if table.key:
        names = ", ".join(f"{key_expression(table, number)} AS k{number}" for number in range(len(table.key)))
        wanted = " OR ".join(f"({_is(table, key)})" for key in keys)
        hint = f" FORCE INDEX ({quote_name(table.index)})"
        return f"SELECT HEX({digest}) AS d, {names}, {columns} FROM {table.quoted}{hint} WHERE {wanted}"
    wanted = ",".join(f"X'{key[0]}'" for key in keys)
    # The rows of one digest are all the same: any of them will do.
    return (
        f"SELECT HEX({digest}) AS k0, '' AS d, {columns} FROM {table.quoted} WHERE {digest} IN ({wanted}) GROUP BY k0"
    )


def _value(name: str, kind: str) -> str:
    """FLOAT shows six digits, and the driver takes a VECTOR for text."""
    cast = {"float": "DOUBLE", "vector": "BINARY"}.get(kind)
    return f"CAST({quote_name(name)} AS {cast})" if cast else quote_name(name)


def _is(table: Table, key: Key) -> str:
    """Name one row: by the index as far as literals go, and exactly ('a' is not 'A' here)."""
    literals = bound_columns(table)
    parts = []
    for number, (column, text) in enumerate(zip(table.key_columns, key, strict=True)):
        if number < len(literals) and text is not None:
            parts.append(f"{quote_name(column.name)} = {literal(column, text)}")
        exact = key_expression(table, number)
        if number >= len(literals) or exact.startswith("HEX"):
            parts.append(f"{exact} = {quote_text(text or '')}")
    return " AND ".join(parts)


def _by_key(table: Table, rows: Sequence[Row]) -> dict[Key, tuple[Image, str]]:
    """Give each row and its digest."""
    width = len(table.key) or 1
    return {
        tuple(None if row[f"k{at}"] is None else str(row[f"k{at}"]) for at in range(width)): (
            {column.name: row[f"c{number}"] for number, column in enumerate(table.stored)},
            str(row["d"]),
        )
        for row in rows
    }
