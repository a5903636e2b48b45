"""Events out of bytes made here: headers, checksums, GTIDs with and without tags, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib
from uuid import UUID

import pytest
from failback.binlog import events
from failback.binlog.transactions import Change, Decoder, Statement
from failback.errors import DamagedError, RefusedError

UUID_A = "11111111-1111-4111-8111-111111111111"


def event(kind: int, body: bytes, *, time: int = 7, flags: int = 0) -> bytes:
    size = events.HEADER.size + len(body) + 4
    raw = events.HEADER.pack(time, kind, 1, size, 0, flags) + body
    return raw + zlib.crc32(raw).to_bytes(4, "little")


def description() -> bytes:
    return event(events.FORMAT, (4).to_bytes(2, "little") + b"9.7.4".ljust(50, b"\0") + bytes(5) + bytes(41) + b"\x01")


def gtid(number: int) -> bytes:
    return event(events.GTID, b"\0" + UUID(UUID_A).bytes + number.to_bytes(8, "little") + bytes(17))


def query(text: str, schema: str = "shop") -> bytes:
    head = bytes(8) + bytes([len(schema)]) + bytes(2) + (0).to_bytes(2, "little")
    return event(events.QUERY, head + schema.encode() + b"\0" + text.encode())


def log(*parts: bytes) -> io.BytesIO:
    return io.BytesIO(events.MAGIC + description() + b"".join(parts))


def test_a_file_is_read_with_its_version_and_checksums() -> None:
    found = list(events.read_file(log(gtid(5), query("BEGIN")), "log"))
    assert [item.kind for item in found] == [events.FORMAT, events.GTID, events.QUERY]
    assert events.server_version(found[0]) == "9.7.4"
    assert events.gtid(found[1]) == f"{UUID_A}:5"
    assert events.query(found[2]) == events.Query("shop", "BEGIN")


def test_a_changed_bit_is_named_with_file_and_position() -> None:
    raw = bytearray(log(gtid(5), query("BEGIN")).getvalue())
    raw[-10] ^= 1
    with pytest.raises(DamagedError, match=r"log, position \d+: .*checksum"):
        list(events.read_file(io.BytesIO(bytes(raw)), "log"))


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_file_that_ends_too_early_is_damage(cut: int) -> None:
    raw = log(gtid(5), query("BEGIN")).getvalue()[:-cut]
    with pytest.raises(DamagedError, match="cut short"):
        list(events.read_file(io.BytesIO(raw), "log"))


def test_the_set_of_earlier_transactions_is_read() -> None:
    body = struct.pack("<Q", 1) + UUID(UUID_A).bytes + struct.pack("<QQQQQ", 2, 1, 6, 9, 10)
    found = next(item for item in events.read_file(log(event(events.PREVIOUS_GTIDS, body)), "log") if item.kind == 35)
    assert str(events.previous_gtids(found)) == f"{UUID_A}:1-5:9"


def test_statements_are_told_apart_from_control_and_from_data() -> None:
    source = log(gtid(1), query("BEGIN"), query("INSERT INTO t VALUES (1)"), gtid(2), query("ALTER TABLE t ADD c int"))
    found = [item for item in Decoder().changes(events.read_file(source, "log")) if isinstance(item, Statement)]
    assert [(item.text.split()[0], item.data, item.gtid[-2:]) for item in found] == [
        ("INSERT", True, ":1"),
        ("ALTER", False, ":2"),
    ]


def test_rows_of_a_table_that_was_not_named_are_damage() -> None:
    rows = (9).to_bytes(6, "little") + (1).to_bytes(2, "little") + (2).to_bytes(2, "little") + b"\x01\x01\x00\x05"
    with pytest.raises(DamagedError, match="not named"):
        list(Decoder().changes(events.read_file(log(gtid(1), event(30, rows)), "log")))


def test_partial_json_and_lost_events_are_refused() -> None:
    for kind, words in ((events.PARTIAL_UPDATE, "partial JSON"), (events.INCIDENT, "lost events")):
        with pytest.raises(RefusedError, match=words):
            list(Decoder().changes(events.read_file(log(gtid(1), event(kind, bytes(8))), "log")))


def test_a_table_and_a_row_by_hand() -> None:
    names = b"\x04\x03\x02id" + b""
    optional = b"\x04" + bytes([len(b"\x02id\x01n")]) + b"\x02id\x01n"
    body = (
        (9).to_bytes(6, "little")
        + b"\x01\x00"
        + b"\x01s\x00"
        + b"\x01t\x00"
        + b"\x02\x03\x01"
        + b"\x00"
        + b"\x02"
        + optional
    )
    row = (9).to_bytes(6, "little") + b"\x01\x00" + b"\x02\x00" + b"\x02" + b"\xff"
    row += (
        b"\x02" + (5).to_bytes(4, "little", signed=True) + b"\x00" + (-6).to_bytes(4, "little", signed=True) + b"\x07"
    )
    found = list(Decoder().changes(events.read_file(log(gtid(3), event(19, body), event(30, row)), "log")))
    assert all(isinstance(item, Change) for item in found)
    assert [item.after.values for item in found if isinstance(item, Change) and item.after] == [
        {"id": 5, "n": None},
        {"id": -6, "n": 7},
    ]
    assert names
