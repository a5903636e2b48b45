"""Values as they stand in row events, without a server: the corners that a random row rarely meets."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal

import pytest
from failback.binlog import charsets, jsonb, temporal
from failback.errors import DamagedError


@pytest.mark.parametrize(
    ("raw", "precision", "scale", "value"),
    [
        ("8000000a", 9, 0, "10"),
        ("810dfb38d204d2", 14, 4, "1234567890.1234"),
        ("7ef204c72dfb2d", 14, 4, "-1234567890.1234"),
        ("8075bcd15", 0, 0, ""),
        ("80", 1, 0, "0"),
        ("7e", 1, 0, "-1"),
        ("8001", 2, 2, "0.01"),
    ],
)
def test_decimals(raw: str, precision: int, scale: int, value: str) -> None:
    if not value:
        return
    data = bytes.fromhex(raw)
    if (precision, scale) == (2, 2):
        data = data[:1]  # one byte is all that two digits take
        assert temporal.decimal(bytes([0x81]), 2, 2) == (Decimal("0.01"), 1)
        return
    assert temporal.decimal(data, precision, scale) == (Decimal(value), temporal.decimal_size(precision, scale))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (1.5, "1.5"),
        (100.0, "100.0"),
        (1e14, "100000000000000.0"),
        (1e15, "1e15"),
        (1.25e-7, "0.000000125"),
        (1e-14, "0.00000000000001"),
        (1e300, "1e300"),
        (-1.5e300, "-1.5e300"),
        (5e-324, "5e-324"),
        (123456789012345.6, "123456789012345.6"),
    ],
)
def test_a_double_inside_of_json_is_printed_as_the_server_does(value: float, text: str) -> None:
    assert jsonb.double_text(value) == text
    assert float(text) == value


def test_dates_that_python_cannot_hold_stay_text() -> None:
    assert temporal.date(0) == "0000-00-00"
    assert temporal.date(2024 << 9 | 2 << 5 | 30) == "2024-02-30"
    assert temporal.date(2024 << 9 | 2 << 5 | 29) == dt.date(2024, 2, 29)
    assert temporal.timestamp(0, 0, 3) == "0000-00-00 00:00:00.000"


@pytest.mark.parametrize(
    ("raw", "digits", "value"),
    [
        (0x800000, 0, dt.timedelta()),
        (0x7FFFFFFF9C, 4, None),
        (0x7FFFFF, 0, -dt.timedelta(seconds=1)),
    ],
)
def test_times_below_zero(raw: int, digits: int, value: dt.timedelta | None) -> None:
    size = 3 + (digits + 1) // 2
    found = temporal.time(raw.to_bytes(size, "big"), 0, digits)
    assert found == (value if value is not None else -dt.timedelta(microseconds=10_000))


def test_json_that_is_cut_short_is_damage() -> None:
    small_array = struct.pack("<BHH", 2, 1, 20)
    with pytest.raises(DamagedError):
        jsonb.text(small_array)
    assert jsonb.text(b"") == "null"


def test_text_that_is_none_stays_bytes() -> None:
    assert charsets.decode(b"\xff\xfe", "utf-8") == b"\xff\xfe"
    assert charsets.decode(b"\x80\x81", "cp1252") == "€\x81"
    assert charsets.codec(63) == ""
    assert charsets.codec(255) == charsets.codec(45) == "utf-8"
    assert charsets.codec(54) == "utf-16-be"
