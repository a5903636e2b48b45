"""TABLE_MAP events: which table the rows after them belong to, and how its columns are stored. Pure.

Names, character sets and members of enumerations come from the optional metadata, which a server writes with
``binlog_row_metadata=FULL``; signs of numbers it always writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from failback.binlog import charsets
from failback.binlog.events import lenenc
from failback.errors import DamagedError

TINY, SHORT, LONG, FLOAT, DOUBLE, LONGLONG, INT24, YEAR = 1, 2, 3, 4, 5, 8, 9, 13
DATE, VARCHAR, BIT, TIMESTAMP2, DATETIME2, TIME2 = 10, 15, 16, 17, 18, 19
VECTOR, JSON, NEWDECIMAL, ENUM, SET, BLOB, VAR_STRING, STRING, GEOMETRY = 242, 245, 246, 247, 248, 252, 253, 254, 255
NUMERIC = frozenset({TINY, SHORT, LONG, FLOAT, DOUBLE, LONGLONG, INT24, YEAR, NEWDECIMAL})
# A vector has a place in the list of character sets, though it has none.
TEXT = frozenset({VARCHAR, BLOB, VAR_STRING, STRING, VECTOR})
_META_BYTES = dict.fromkeys((FLOAT, DOUBLE, BLOB, GEOMETRY, JSON, VECTOR, TIMESTAMP2, DATETIME2, TIME2), 1)
_META_BYTES |= dict.fromkeys((VARCHAR, BIT, NEWDECIMAL, ENUM, SET, STRING, VAR_STRING), 2)
_SIGNEDNESS, _DEFAULT_CHARSET, _COLUMN_CHARSET, _NAMES, _SETS, _ENUMS = 1, 2, 3, 4, 5, 6
_SIMPLE_KEY, _PREFIX_KEY, _ENUM_DEFAULT_CHARSET, _ENUM_COLUMN_CHARSET = 8, 9, 10, 11
_LONG_STRING = 0x30


@dataclass(frozen=True, slots=True)
class ColumnType:
    """How one column is stored. ``a`` and ``b`` are what the type needs: see ``_column``."""

    kind: int
    meta: bytes  # as in the event
    a: int = 0
    b: int = 0
    name: str = ""
    unsigned: bool = False
    collation: int = charsets.BINARY
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMap:
    """One table at one moment: a change of shape gives another one."""

    number: int
    schema: str
    table: str
    columns: tuple[ColumnType, ...]
    key: tuple[int, ...] = ()  # columns of the primary key, where the server tells
    named: bool = False
    # What makes it this one, whatever its number.
    shape: bytes = field(default=b"", repr=False)

    @property
    def label(self) -> str:
        """``schema.table``, as people read it."""
        return f"{self.schema}.{self.table}"

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the primary key's columns, () without one or where names are not known."""
        return tuple(self.columns[index].name for index in self.key) if self.named else ()


def parse(body: bytes) -> TableMap:
    """Read the event. Raises DamagedError."""
    try:
        return _parse(body)
    except (IndexError, UnicodeDecodeError) as error:
        raise DamagedError(f"a table map in a binary log cannot be read: {error}") from error


def _parse(body: bytes) -> TableMap:
    number = int.from_bytes(body[:6], "little")
    at = 8
    schema, at = body[at + 1 : at + 1 + body[at]].decode(), at + body[at] + 2
    table, at = body[at + 1 : at + 1 + body[at]].decode(), at + body[at] + 2
    count, at = lenenc(body, at)
    kinds, at = body[at : at + count], at + count
    size, at = lenenc(body, at)
    meta, at = body[at : at + size], at + size
    optional = _optional(body, at + (count + 7) // 8)
    columns = []
    meta_at = 0
    for kind in kinds:
        width = _META_BYTES.get(kind, 0)
        columns.append(_column(kind, meta[meta_at : meta_at + width]))
        meta_at += width
    described = _described(columns, optional)
    return TableMap(
        number, schema, table, described, _key(optional), named=_NAMES in optional or not columns, shape=body[6:]
    )


def _column(kind: int, meta: bytes) -> ColumnType:
    """Work out what reading a value takes: ``a`` a length or number of digits, ``b`` the bytes of its length."""
    a, b = (meta[0] if meta else 0), 0
    if kind in {STRING, VAR_STRING}:
        return _fixed_string(meta)
    if kind == VARCHAR:
        a = int.from_bytes(meta, "little")
        b = 1 if a < 256 else 2  # noqa: PLR2004 - what one byte can count
    elif kind == BIT:
        a = (meta[1] * 8 + meta[0] + 7) // 8
    elif kind == NEWDECIMAL:
        a, b = meta
    elif kind in {BLOB, GEOMETRY, JSON, VECTOR}:
        a, b = 0, meta[0]
    return ColumnType(kind, meta, a, b)


def _fixed_string(meta: bytes) -> ColumnType:
    """Tell CHAR, BINARY, ENUM and SET apart: they share one type, the first byte says which and part of the length."""
    first, second = meta
    if first & _LONG_STRING != _LONG_STRING:  # lengths above 255 borrow two bits of the type
        return ColumnType(STRING, meta, second | ((first & _LONG_STRING) ^ _LONG_STRING) << 4, 2)
    if first in {ENUM, SET}:
        return ColumnType(first, meta, second)
    return ColumnType(STRING, meta, second, 1)


def _optional(body: bytes, at: int) -> dict[int, bytes]:
    found = {}
    while at < len(body):
        kind = body[at]
        size, at = lenenc(body, at + 1)
        found[kind], at = body[at : at + size], at + size
    return found


def _described(columns: list[ColumnType], optional: dict[int, bytes]) -> tuple[ColumnType, ...]:
    """Add names, signs, character sets and members, each list being in the order of the columns it is about."""
    names = iter(_strings(optional.get(_NAMES, b"")))
    signs = iter("".join(f"{byte:08b}" for byte in optional.get(_SIGNEDNESS, b"")))
    texts = iter(_charsets(optional, _DEFAULT_CHARSET, _COLUMN_CHARSET, sum(c.kind in TEXT for c in columns)))
    sets, enums = (iter(_members(optional.get(part, b""))) for part in (_SETS, _ENUMS))
    lists = iter(
        _charsets(optional, _ENUM_DEFAULT_CHARSET, _ENUM_COLUMN_CHARSET, sum(c.kind in {ENUM, SET} for c in columns))
    )
    described = []
    for column in columns:
        kind = column.kind
        collation = charsets.BINARY
        members: tuple[str, ...] = ()
        if kind in TEXT:
            collation = next(texts, charsets.BINARY)
        elif kind in {ENUM, SET}:
            collation = next(lists, charsets.BINARY)
            raw = next(enums if kind == ENUM else sets, ())
            members = tuple(_text(member, collation) for member in raw)
        described.append(
            ColumnType(
                kind,
                column.meta,
                column.a,
                column.b,
                next(names, b"").decode(),
                unsigned=kind in NUMERIC and next(signs, "0") == "1",
                collation=collation,
                members=members,
            )
        )
    return tuple(described)


def _text(raw: bytes, collation: int) -> str:
    name = charsets.codec(collation)
    found = charsets.decode(raw, name) if name else raw
    return found.decode("latin-1") if isinstance(found, bytes) else found


def _strings(raw: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(raw):
        size, at = lenenc(raw, at)
        found.append(raw[at : at + size])
        at += size
    return found


def _numbers(raw: bytes) -> list[int]:
    found, at = [], 0
    while at < len(raw):
        value, at = lenenc(raw, at)
        found.append(value)
    return found


def _members(raw: bytes) -> list[tuple[bytes, ...]]:
    found, at = [], 0
    while at < len(raw):
        count, at = lenenc(raw, at)
        members = []
        for _ in range(count):
            size, at = lenenc(raw, at)
            members.append(raw[at : at + size])
            at += size
        found.append(tuple(members))
    return found


def _charsets(optional: dict[int, bytes], default: int, each: int, count: int) -> list[int]:
    """Collations of the columns: one for all with exceptions, or one each."""
    if each in optional:
        return _numbers(optional[each])
    if default not in optional:
        return []
    first, *pairs = _numbers(optional[default])
    found = [first] * count
    for index, collation in zip(pairs[::2], pairs[1::2], strict=True):
        found[index] = collation
    return found


def _key(optional: dict[int, bytes]) -> tuple[int, ...]:
    if _SIMPLE_KEY in optional:
        return tuple(_numbers(optional[_SIMPLE_KEY]))
    return tuple(_numbers(optional.get(_PREFIX_KEY, b""))[::2])
