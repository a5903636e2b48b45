"""JSON columns as they stand in row events (MySQL's binary JSON), to the text that SELECT shows. Pure.

Facts: MySQL source documentation, json_binary.h. Raises DamagedError for what is not such a value.
"""

from __future__ import annotations

import base64
import json
import struct
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from failback.binlog import temporal
from failback.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable

_SMALL_OBJECT, _LARGE_OBJECT, _SMALL_ARRAY, _LARGE_ARRAY, _LITERAL = 0, 1, 2, 3, 4
_INT16, _UINT16, _INT32, _UINT32, _INT64, _UINT64, _DOUBLE, _STRING, _OPAQUE = 5, 6, 7, 8, 9, 10, 11, 12, 15
_LITERALS = {0: "null", 1: "true", 2: "false"}
_NUMBERS = {
    _INT16: struct.Struct("<h"),
    _UINT16: struct.Struct("<H"),
    _INT32: struct.Struct("<i"),
    _UINT32: struct.Struct("<I"),
    _INT64: struct.Struct("<q"),
    _UINT64: struct.Struct("<Q"),
}
# Types whose value stands in the place of its offset; 32-bit numbers only in the large form.
_INLINE_SMALL = frozenset({_LITERAL, _INT16, _UINT16})
_INLINE_LARGE = _INLINE_SMALL | {_INT32, _UINT32}
_PLAIN = 15  # digits of a double up to which no exponent is shown
_DECIMAL, _DATE, _TIME, _DATETIME, _TIMESTAMP = 246, 10, 11, 12, 7


def text(raw: bytes) -> str:
    """Give the text of a whole column value, as the server prints it."""
    if not raw:
        return "null"  # what a NOT NULL column holds that was never given a value
    try:
        return _value(raw[0], raw, 1)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise DamagedError(f"a JSON value in a binary log cannot be read: {error}") from error


def _value(kind: int, raw: bytes, at: int) -> str:
    if kind in _NUMBERS:
        return str(_NUMBERS[kind].unpack_from(raw, at)[0])
    if kind == _LITERAL:
        return _LITERALS[raw[at]]
    reader = _READERS.get(kind)
    if reader is None:
        raise DamagedError(f"a JSON value in a binary log is of type {kind}, which is not known")
    return reader(raw, at)


def _object(raw: bytes, start: int, *, large: bool) -> str:
    width = 4 if large else 2
    count = int.from_bytes(raw[start : start + width], "little")
    keys_at = start + 2 * width
    values_at = keys_at + count * (width + 2)
    parts = []
    for index in range(count):
        entry = keys_at + index * (width + 2)
        offset = start + int.from_bytes(raw[entry : entry + width], "little")
        size = int.from_bytes(raw[entry + width : entry + width + 2], "little")
        key = raw[offset : offset + size].decode("utf-8")
        parts.append(f"{_quoted(key)}: {_element(raw, start, values_at + index * (width + 1), large=large)}")
    return "{" + ", ".join(parts) + "}"


def _array(raw: bytes, start: int, *, large: bool) -> str:
    width = 4 if large else 2
    count = int.from_bytes(raw[start : start + width], "little")
    values_at = start + 2 * width
    return "[" + ", ".join(_element(raw, start, values_at + i * (width + 1), large=large) for i in range(count)) + "]"


def _element(raw: bytes, start: int, entry: int, *, large: bool) -> str:
    kind = raw[entry]
    if kind in (_INLINE_LARGE if large else _INLINE_SMALL):
        return _value(kind, raw, entry + 1)
    width = 4 if large else 2
    return _value(kind, raw, start + int.from_bytes(raw[entry + 1 : entry + 1 + width], "little"))


def _varlen(raw: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        size |= (raw[at] & 0x7F) << shift
        at += 1
        if not raw[at - 1] & 0x80:
            return size, at
        shift += 7


def _opaque(raw: bytes, at: int) -> str:
    kind = raw[at]
    size, at = _varlen(raw, at + 1)
    data = raw[at : at + size]
    if kind == _DECIMAL:
        value = temporal.decimal(data[2:], data[0], data[1])[0]
        return str(value)
    if kind in {_DATE, _TIME, _DATETIME, _TIMESTAMP}:
        return f'"{temporal.packed(int.from_bytes(data, "little", signed=True), kind)}"'
    return f'"base64:type{kind}:{base64.b64encode(data).decode()}"'


def double_text(value: float) -> str:
    """Print a floating-point number as the server does: fewest digits, always recognisable as one (my_gcvt)."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    shown = "".join(map(str, digits))
    point = len(digits) + int(exponent)  # digits before the decimal point
    if not value:
        text = "0.0"
    elif -_PLAIN < point <= _PLAIN:
        whole, part = (shown[:point].ljust(point, "0"), shown[point:]) if point > 0 else ("0", "0" * -point + shown)
        text = f"{whole}.{part or '0'}"
    else:
        text = f"{shown[0]}{'.' if shown[1:] else ''}{shown[1:]}e{point - 1}"
    return f"-{text}" if sign else text


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _string(raw: bytes, at: int) -> str:
    size, at = _varlen(raw, at)
    return _quoted(raw[at : at + size].decode("utf-8"))


_READERS: dict[int, Callable[[bytes, int], str]] = {
    _SMALL_OBJECT: partial(_object, large=False),
    _LARGE_OBJECT: partial(_object, large=True),
    _SMALL_ARRAY: partial(_array, large=False),
    _LARGE_ARRAY: partial(_array, large=True),
    _DOUBLE: lambda raw, at: double_text(struct.unpack_from("<d", raw, at)[0]),
    _STRING: _string,
    _OPAQUE: _opaque,
}
