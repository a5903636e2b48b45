"""Decimals, dates and times as they stand in row events and in JSON. Pure.

Facts: MySQL source documentation, "Date and Time Data Type Representation" and decimal2bin. Values come out as PyMySQL
gives them; a date or time that Python cannot hold (zero dates, 24:00:00) comes out as the server's text.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache

_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)  # for 0 to 9 digits
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - PyMySQL's datetimes carry no zone; every session here is UTC
_TIME_BASE = (0x800000, 0x80000000, 0x8000000000, 0x800000000000)  # by bytes of fraction
_DATETIME_BASE = 0x8000000000
_JSON_DATE, _JSON_TIME = 10, 11

Moment = dt.datetime | str


@cache
def _groups(precision: int, scale: int) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """Lay out a decimal: its size, and begin, end and digits of each group of up to nine digits."""
    whole = precision - scale
    digits = [whole % 9] * bool(whole % 9) + [9] * (whole // 9 + scale // 9) + [scale % 9] * bool(scale % 9)
    groups, at = [], 0
    for width in digits:
        groups.append((at, at + _DIGIT_BYTES[width], width))
        at += _DIGIT_BYTES[width]
    return at, tuple(groups)


def decimal(raw: bytes, precision: int, scale: int) -> tuple[Decimal, int]:
    """Read a decimal; give it and the number of bytes it takes."""
    size, groups = _groups(precision, scale)
    # The first bit is the sign, turned round; negative numbers have every bit turned round.
    number = int.from_bytes(raw[:size], "big") ^ 1 << (8 * size - 1)
    negative = not raw[0] & 0x80
    if negative:
        number ^= (1 << 8 * size) - 1
    data = number.to_bytes(size, "big")
    digits = "".join([f"{int.from_bytes(data[begin:end], 'big'):0{width}d}" for begin, end, width in groups])
    text = f"{digits[: len(digits) - scale] or '0'}.{digits[len(digits) - scale :]}" if scale else digits
    return Decimal(f"-{text}" if negative else text), size


def decimal_size(precision: int, scale: int) -> int:
    """Count the bytes of a decimal."""
    return _groups(precision, scale)[0]


def fraction(raw: bytes, at: int, digits: int) -> int:
    """Read the fraction of a second that follows a value, as microseconds."""
    size = (digits + 1) // 2
    return int(int.from_bytes(raw[at : at + size], "big") * 100 ** (3 - size))


def date(value: int) -> dt.date | str:
    """Read a DATE from its 3 bytes as a number."""
    day, month, year = value & 31, value >> 5 & 15, value >> 9
    try:
        return dt.date(year, month, day)
    except ValueError:
        return f"{year:04d}-{month:02d}-{day:02d}"


def timestamp(seconds: int, micro: int, digits: int) -> Moment:
    """Read a TIMESTAMP, in UTC."""
    if not seconds and not micro:
        return "0000-00-00 00:00:00" + ("." + "0" * digits if digits else "")
    return _EPOCH + dt.timedelta(seconds=seconds, microseconds=micro)


def datetime(value: int, micro: int, digits: int) -> Moment:
    """Read a DATETIME from its 5 bytes as a number."""
    return moment(value - _DATETIME_BASE, micro, digits)


def moment(value: int, micro: int, digits: int) -> Moment:
    """Read the packed form that DATETIME and JSON share."""
    days, clock = value >> 17, value & 0x1FFFF
    year, month, day = *divmod(days >> 5, 13), days & 31
    hour, minute, second = clock >> 12, clock >> 6 & 63, clock & 63
    try:
        return dt.datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - as _EPOCH
    except ValueError:
        text = f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
        return text + (f".{micro:06d}"[: digits + 1] if digits else "")


def time(raw: bytes, at: int, digits: int) -> dt.timedelta:
    """Read a TIME: whole and fraction are one number around a base, so that negative ones sort right."""
    size = (digits + 1) // 2
    value = int.from_bytes(raw[at : at + 3 + size], "big") - _TIME_BASE[size]
    sign, value = (-1, -value) if value < 0 else (1, value)
    part = value & ((1 << 8 * size) - 1)
    clock = value >> 8 * size
    return sign * dt.timedelta(
        hours=clock >> 12 & 0x3FF, minutes=clock >> 6 & 63, seconds=clock & 63, microseconds=part * 100 ** (3 - size)
    )


def packed(value: int, kind: int) -> str:
    """Give the text of a date or time inside of a JSON value."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    micro, whole = value & 0xFFFFFF, value >> 24
    if kind == _JSON_TIME:
        clock = f"{whole >> 12 & 0x3FF:02d}:{whole >> 6 & 63:02d}:{whole & 63:02d}"
        return f"{sign}{clock}.{micro:06d}"
    days, clock_bits = whole >> 17, whole & 0x1FFFF
    year, month, day = *divmod(days >> 5, 13), days & 31
    shown = f"{year:04d}-{month:02d}-{day:02d}"
    if kind == _JSON_DATE:
        return shown
    return f"{shown} {clock_bits >> 12:02d}:{clock_bits >> 6 & 63:02d}:{clock_bits & 63:02d}.{micro:06d}"
