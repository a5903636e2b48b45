"""Binary log events made by hand, for what a server does not do on demand."""

from __future__ import annotations

import struct
from uuid import UUID

from failback.binlog import events

RDS = "22222222-2222-4222-8222-222222222222"
NUMBER = 7
_LONG = 3


def event(kind: int, body: bytes, time: int = 1_700_000_000) -> events.Event:
    raw = events.HEADER.pack(time, kind, 1, events.HEADER.size + len(body), 0, 0) + body
    return events.Event(kind, time, 1, 0, 0, raw, body)


def gtid(number: int) -> events.Event:
    return event(events.GTID, b"\0" + UUID(RDS).bytes + struct.pack("<Q", number))


def query(text: str, schema: str = "shop") -> events.Event:
    head = struct.pack("<IIBHH", 1, 0, len(schema), 0, 0)
    return event(events.QUERY, head + schema.encode() + b"\0" + text.encode())


def table(name: str = "t", schema: str = "shop", number: int = NUMBER, *, key: bool = True) -> events.Event:
    """A table of one INT, which is its primary key."""
    body = number.to_bytes(6, "little") + b"\1\0"
    for part in (schema, name):
        body += bytes([len(part)]) + part.encode() + b"\0"
    body += b"\1" + bytes([_LONG]) + b"\0" + b"\0"
    if key:
        body += bytes([8, 1, 0])  # SIMPLE_PRIMARY_KEY: the first column
    return event(events.TABLE_MAP, body)


def rows(kind: int, *values: int, number: int = NUMBER) -> events.Event:
    """30 insert, 31 update (pairs of before and after), 32 delete."""
    body = number.to_bytes(6, "little") + b"\1\0" + b"\2\0" + b"\1" + b"\xff" * (2 if kind == 31 else 1)
    return event(kind, body + b"".join(b"\0" + struct.pack("<i", value) for value in values))


def xid() -> events.Event:
    return event(events.XID, struct.pack("<Q", 1))


def xa_prepare(*, one_phase: bool = False) -> events.Event:
    return event(events.XA_PREPARE, bytes([one_phase]) + b"\0" * 12)
