"""Rows of row events: from bytes to values, and the bytes of each value where they are wanted. Pure.

Values come out as a SELECT through PyMySQL gives them (session in UTC, utf8mb4): int, float, Decimal, str, bytes,
datetime, date, timedelta; JSON as the server's text; a date that Python cannot hold as text. FLOAT is the one
difference: its full value comes out, of which a SELECT shows six digits.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from failback.binlog import charsets, jsonb, temporal
from failback.binlog import table_map as tm
from failback.binlog.events import ROWS_V1, ROWS_V2, lenenc
from failback.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.binlog.events import Event

Cell = int | float | str | bytes | Decimal | dt.datetime | dt.date | dt.timedelta | None
Image = dict[str, Cell]
Reader = Callable[[bytes, int], tuple[Cell, int]]
_EXTRA = 2  # bytes that count themselves, in the second version of the event
_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


@dataclass(slots=True)
class Side:
    """One image of a row: its values by column name, and the bytes of each (None: NULL)."""

    values: Image
    raw: dict[str, bytes | None]


def decode(event: Event, table: tm.TableMap) -> Iterator[tuple[str, Side | None, Side | None]]:
    """Read every row as (kind, before, after). Raises DamagedError."""
    body, at = event.body, 8
    kind = ROWS_V2.get(event.kind) or ROWS_V1[event.kind]
    if event.kind in ROWS_V2:
        at += int.from_bytes(body[at : at + _EXTRA], "little")
    count, at = lenenc(body, at)
    if count != len(table.columns):
        raise DamagedError(f"rows of {table.label} have {count} columns, the table has {len(table.columns)}")
    width = (count + 7) // 8
    present = [_plan(table, body[at : at + width])]
    at += width
    if kind == "update":
        present.append(_plan(table, body[at : at + width]))
        at += width
    size = len(body)
    try:
        while at < size:
            first, at = _side(body, at, present[0])
            if kind == "update":
                second, at = _side(body, at, present[1])
                yield kind, first, second
            else:
                yield (kind, first, None) if kind == "delete" else (kind, None, first)
    except (IndexError, ValueError, struct.error) as error:
        raise DamagedError(f"rows of {table.label} in a binary log cannot be read: {error}") from error
    if at != size:
        raise DamagedError(f"rows of {table.label} in a binary log end {at - size} bytes too late")


def _plan(table: tm.TableMap, bitmap: bytes) -> list[tuple[str, Reader]]:
    """List the columns that an image has, each with its reader."""
    readers = _readers(table)
    return [
        (column.name or f"@{index + 1}", readers[index])
        for index, column in enumerate(table.columns)
        if bitmap[index >> 3] >> (index & 7) & 1
    ]


def _side(body: bytes, at: int, plan: list[tuple[str, Reader]]) -> tuple[Side, int]:
    nulls = int.from_bytes(body[at : at + (len(plan) + 7) // 8], "little")
    at += (len(plan) + 7) // 8
    values: Image = {}
    raw: dict[str, bytes | None] = {}
    for name, read in plan:
        if nulls & 1:
            values[name] = raw[name] = None
        else:
            begun = at
            values[name], at = read(body, at)
            raw[name] = body[begun:at]
        nulls >>= 1
    return Side(values, raw), at


_KNOWN: dict[bytes, list[Reader]] = {}


def _readers(table: tm.TableMap) -> list[Reader]:
    found = _KNOWN.get(table.shape)
    if found is None:
        found = _KNOWN[table.shape] = [reader(column) for column in table.columns]
    return found


def reader(column: tm.ColumnType) -> Reader:
    """Make the function that reads one value of this column. Raises DamagedError for an unknown type."""
    kind, a, b = column.kind, column.a, column.b
    widths = {tm.TINY: 1, tm.SHORT: 2, tm.INT24: 3, tm.LONG: 4, tm.LONGLONG: 8}
    if kind in widths:
        return _integer(widths[kind], signed=not column.unsigned)
    if kind in {tm.VARCHAR, tm.STRING, tm.BLOB}:
        return _string(b, charsets.codec(column.collation), pad=a if kind == tm.STRING else 0)
    if kind in {tm.JSON, tm.GEOMETRY, tm.VECTOR}:
        return _counted(b, jsonb.text if kind == tm.JSON else bytes)
    simple: dict[int, Reader] = {
        tm.FLOAT: lambda body, at: (_FLOAT.unpack_from(body, at)[0], at + 4),
        tm.DOUBLE: lambda body, at: (_DOUBLE.unpack_from(body, at)[0], at + 8),
        tm.YEAR: lambda body, at: (body[at] + 1900 if body[at] else 0, at + 1),
        tm.DATE: lambda body, at: (temporal.date(int.from_bytes(body[at : at + 3], "little")), at + 3),
        tm.BIT: lambda body, at: (body[at : at + a], at + a),
        tm.ENUM: lambda body, at: (_member(column.members, int.from_bytes(body[at : at + a], "little")), at + a),
        tm.SET: lambda body, at: (_chosen(column.members, int.from_bytes(body[at : at + a], "little")), at + a),
    }
    if kind in simple:
        return simple[kind]
    if kind == tm.NEWDECIMAL:
        size = temporal.decimal_size(a, b)
        return lambda body, at: (temporal.decimal(body[at : at + size], a, b)[0], at + size)
    if kind in {tm.TIME2, tm.DATETIME2, tm.TIMESTAMP2}:
        return _moment(kind, a)
    raise DamagedError(f"the column {column.name} is of type {kind}, which is not known")


def _integer(width: int, *, signed: bool) -> Reader:
    from_bytes = int.from_bytes

    def read(body: bytes, at: int) -> tuple[Cell, int]:
        end = at + width
        return from_bytes(body[at:end], "little", signed=signed), end

    return read


def _string(prefix: int, codec: str, *, pad: int) -> Reader:
    from_bytes = int.from_bytes

    def read_text(body: bytes, at: int) -> tuple[Cell, int]:
        begun = at + prefix
        end = begun + from_bytes(body[at:begun], "little")
        return charsets.decode(body[begun:end], codec), end

    def read_bytes(body: bytes, at: int) -> tuple[Cell, int]:
        begun = at + prefix
        end = begun + from_bytes(body[at:begun], "little")
        # BINARY(n) is stored without its trailing zeros.
        return body[begun:end].ljust(pad, b"\0"), end

    return read_text if codec else read_bytes


def _counted(prefix: int, convert: Callable[[bytes], Cell]) -> Reader:
    def read(body: bytes, at: int) -> tuple[Cell, int]:
        begun = at + prefix
        end = begun + int.from_bytes(body[at:begun], "little")
        return convert(body[begun:end]), end

    return read


def _moment(kind: int, digits: int) -> Reader:
    extra = (digits + 1) // 2
    width = {tm.TIME2: 3, tm.DATETIME2: 5, tm.TIMESTAMP2: 4}[kind]
    convert = temporal.datetime if kind == tm.DATETIME2 else temporal.timestamp

    def read(body: bytes, at: int) -> tuple[Cell, int]:
        whole = int.from_bytes(body[at : at + width], "big")
        return convert(whole, temporal.fraction(body, at + width, digits), digits), at + width + extra

    if kind == tm.TIME2:
        return lambda body, at: (temporal.time(body, at, digits), at + width + extra)
    return read


def _member(members: tuple[str, ...], number: int) -> Cell:
    """Name a member. Number 0 is the empty string, which a server without strict mode stores for a wrong value."""
    if not members:
        return number
    return members[number - 1] if number else ""


def _chosen(members: tuple[str, ...], bits: int) -> Cell:
    if not members:
        return bits
    return ",".join(member for index, member in enumerate(members) if bits >> index & 1)
