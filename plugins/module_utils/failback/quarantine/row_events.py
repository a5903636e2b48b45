"""Row events made here, for MySQL's BINLOG statement: the applier stores rows without firing triggers. Pure.

RDS's triggers fired on RDS and what they did is in its binary log as rows of its own. A client's INSERT on IDC would
fire IDC's triggers and do it twice; a row event does not. Foreign keys are checked and cascade as they do for clients.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

from failback.binlog import events
from failback.binlog import table_map as tm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.quarantine.shape import Shape, Stored

_KINDS = {"insert": 30, "update": 31, "delete": 32}
_STATEMENT_END = 1


def format_description(raw: bytes, server_id: int) -> bytes:
    """Say how the events after it are made: as in RDS's log, in the name of this server."""
    return _event(events.FORMAT, server_id, raw[events.HEADER.size : -events.CHECKSUM])


def table_map(shape: Shape, number: int, server_id: int) -> bytes:
    """Name a table of IDC and how its columns are stored."""
    columns = shape.columns
    body = number.to_bytes(6, "little") + b"\x01\x00"
    for name in (shape.schema.encode(), shape.table.encode()):
        body += bytes([len(name)]) + name + b"\0"
    kinds = bytes(tm.STRING if column.kind in {tm.ENUM, tm.SET} else column.kind for column in columns)
    meta = b"".join(column.meta for column in columns)
    nulls = _bits([column.nullable for column in columns])
    body += _lenenc(len(columns)) + kinds + _lenenc(len(meta)) + meta + nulls
    return _event(events.TABLE_MAP, server_id, body)


def rows(
    kind: str, shape: Shape, number: int, server_id: int, images: Sequence[tuple[Mapping[str, bytes | None], ...]]
) -> bytes:
    """Make one event of rows; each is (before, after), or the one of them there is."""
    body = number.to_bytes(6, "little") + _STATEMENT_END.to_bytes(2, "little") + (2).to_bytes(2, "little")
    body += _lenenc(len(shape.columns))
    for side in images[0]:
        body += _bits([column.name in side for column in shape.columns])
    for image in images:
        body += b"".join(_image(shape.columns, side) for side in image)
    return _event(_KINDS[kind], server_id, body)


def statement(parts: Sequence[bytes]) -> str:
    """Write events as a BINLOG statement."""
    return "BINLOG '" + "\n".join(base64.b64encode(part).decode() for part in parts) + "'"


def _image(columns: Sequence[Stored], values: Mapping[str, bytes | None]) -> bytes:
    present = [values[column.name] for column in columns if column.name in values]
    return _bits([value is None for value in present]) + b"".join(value for value in present if value is not None)


def _bits(flags: Sequence[bool]) -> bytes:
    number = sum(flag << index for index, flag in enumerate(flags))
    return number.to_bytes((len(flags) + 7) // 8, "little")


def _lenenc(number: int) -> bytes:
    if number < 0xFB:  # noqa: PLR2004 - the format's own constants
        return bytes([number])
    return b"\xfc" + number.to_bytes(2, "little") if number < 1 << 16 else b"\xfd" + number.to_bytes(3, "little")


def _event(kind: int, server_id: int, body: bytes) -> bytes:
    size = events.HEADER.size + len(body) + events.CHECKSUM
    raw = events.HEADER.pack(0, kind, server_id, size, 0, 0) + body
    return raw + zlib.crc32(raw).to_bytes(events.CHECKSUM, "little")
