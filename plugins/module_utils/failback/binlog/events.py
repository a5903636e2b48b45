"""Binary log events: header, checksum, and the bodies that say where a transaction begins and what it is. Pure.

Facts: MySQL source documentation, "Binlog Event" (binlog version 4), and what servers from 8.0 to 9.7 write. Row
events are in ``rows``, tables in ``table_map``. Bytes that are not what they should be raise DamagedError.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from failback.errors import DamagedError, RefusedError
from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAGIC = b"\xfebin"
MAGIC_ENCRYPTED = b"\xfdbin"
QUERY, STOP, ROTATE, FORMAT, XID = 2, 3, 4, 15, 16
TABLE_MAP, INCIDENT, HEARTBEAT, ROWS_QUERY = 19, 26, 27, 29
ROWS_V1 = {23: "insert", 24: "update", 25: "delete"}
ROWS_V2 = {30: "insert", 31: "update", 32: "delete"}
GTID, ANONYMOUS, PREVIOUS_GTIDS = 33, 34, 35
XA_PREPARE, PARTIAL_UPDATE, PAYLOAD, HEARTBEAT_V2, GTID_TAGGED = 38, 39, 40, 41, 42
# Statement-based events: LOAD DATA in pieces, variables for a statement that follows.
STATEMENT_PARTS = {5: "INTVAR", 13: "RAND", 14: "USER_VAR", 17: "BEGIN_LOAD_QUERY", 18: "EXECUTE_LOAD_QUERY"}
ARTIFICIAL = 0x20  # header flag: made for this reader, not in the file
HEADER = struct.Struct("<IBIIIH")  # time, type, server id, size, end position, flags
CHECKSUM = 4
_CRC32 = 1
_SIZE_LIMIT = 1 << 30  # max_allowed_packet's own limit


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``raw`` is all of it as it stands in the file, ``body`` what is between header and checksum."""

    kind: int
    time: int  # seconds since 1970 UTC, the server's clock
    server_id: int
    end: int  # position after it in its file; 0 inside of a compressed transaction
    flags: int
    raw: bytes
    body: bytes

    @property
    def artificial(self) -> bool:
        """True when the server made it up for its reader."""
        return bool(self.flags & ARTIFICIAL)


@dataclass(frozen=True)
class Query:
    """A statement: BEGIN, COMMIT, a change of shape, or data changed by a statement."""

    schema: str
    text: str


def parse(raw: bytes, *, checksum: bool) -> Event:
    """Read one event's header; with ``checksum`` its CRC32 is verified. Raises DamagedError."""
    if len(raw) < HEADER.size:
        raise DamagedError(f"a binary log event of {len(raw)} bytes: too short for a header")
    time, kind, server_id, size, end, flags = HEADER.unpack_from(raw)
    if size != len(raw):
        raise DamagedError(f"a binary log event says {size} bytes and has {len(raw)}")
    tail = CHECKSUM if checksum else 0
    if tail and zlib.crc32(raw[:-CHECKSUM]) != int.from_bytes(raw[-CHECKSUM:], "little"):
        raise DamagedError(f"the binary log event that ends at {end} does not match its checksum")
    return Event(kind, time, server_id, end, flags, raw, raw[HEADER.size : len(raw) - tail])


def has_checksums(raw: bytes) -> bool:
    """Read from a format description event whether all events have checksums (itself always has)."""
    return raw[-CHECKSUM - 1] == _CRC32


def server_version(event: Event) -> str:
    """Read from a format description event which server wrote the file."""
    return event.body[2:52].rstrip(b"\0").decode("ascii", "replace")


def read_file(stream: BinaryIO, name: str) -> Iterator[Event]:
    """Read every event of a file, each checked. Raises DamagedError or RefusedError naming file and position."""
    magic = stream.read(len(MAGIC))
    if magic == MAGIC_ENCRYPTED:
        raise RefusedError(
            f"{name} is encrypted (binlog_encryption): read it from the server that wrote it, which decrypts"
        )
    if magic != MAGIC:
        raise DamagedError(f"{name} is no binary log: it begins with {magic.hex() or 'nothing'}")
    position, checksum = len(MAGIC), False
    while True:
        head = stream.read(HEADER.size)
        if not head:
            return
        size = HEADER.unpack(head)[3] if len(head) == HEADER.size else 0
        if not HEADER.size <= size <= _SIZE_LIMIT:
            raise DamagedError(f"{name} is cut short or damaged at position {position}")
        raw = head + stream.read(size - HEADER.size)
        if len(raw) < size:
            raise DamagedError(f"{name} is cut short at position {position}: {size} bytes expected, {len(raw)} there")
        if raw[4] == FORMAT:
            checksum = has_checksums(raw)
        try:
            event = parse(raw, checksum=checksum)
        except DamagedError as error:
            raise DamagedError(f"{name}, position {position}: {error}") from error
        position += size
        yield event


def lenenc(body: bytes, at: int) -> tuple[int, int]:
    """Read a length-encoded number; give it and where it ends."""
    first = body[at]
    if first < 0xFB:  # noqa: PLR2004 - the format's own constants
        return first, at + 1
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
    if width is None:
        raise DamagedError(f"a length in a binary log event begins with {first:#x}")
    return int.from_bytes(body[at + 1 : at + 1 + width], "little"), at + 1 + width


def gtid(event: Event) -> str:
    """Read the GTID of the transaction that follows. Raises RefusedError for a tagged one."""
    if event.kind == GTID_TAGGED:
        return _tagged(event.body)
    return f"{UUID(bytes=event.body[1:17])}:{int.from_bytes(event.body[17:25], 'little')}"


def _tagged(body: bytes) -> str:
    """Read a tagged GTID: fields of variable length, each with its number before it (mysql::serialization)."""
    _version, at = _varint(body, 0)
    _size, at = _varint(body, at)
    _last_required, at = _varint(body, at)
    uuid, number, tag = b"", 0, ""
    for _ in range(4):  # flags, uuid, gno, tag are the first four
        field, at = _varint(body, at)
        if field == 1:
            parts = []
            for _ in range(16):
                value, at = _varint(body, at)
                parts.append(value)
            uuid = bytes(parts)
        elif field == 3:  # noqa: PLR2004
            size, at = _varint(body, at)
            tag, at = body[at : at + size].decode(), at + size
        else:
            value, at = _varint(body, at)
            # Signed numbers carry their sign in the lowest bit.
            number = value >> 1 if field == 2 else number  # noqa: PLR2004
    return f"{UUID(bytes=uuid)}:{tag}:{number}" if tag else f"{UUID(bytes=uuid)}:{number}"


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Read a number whose first byte's trailing ones tell how many bytes follow."""
    first = body[at]
    extra = 0
    while extra < 8 and first >> extra & 1:  # noqa: PLR2004
        extra += 1
    value = int.from_bytes(body[at : at + extra + 1], "little") >> (extra + 1)
    if extra == 8:  # noqa: PLR2004
        value = int.from_bytes(body[at + 1 : at + 9], "little")
    return value, at + extra + 1


def previous_gtids(event: Event) -> GtidSet:
    """Read the set of everything that was executed before this file began. Raises RefusedError for an unknown form."""
    body = event.body
    count, form = int.from_bytes(body[:6], "little"), body[7]
    if form not in {0, 1}:
        raise RefusedError(f"the binary log lists its GTIDs in a form that is not known here ({form})")
    if form == 1:  # with tags: the number of entries stands one byte further on
        count = int.from_bytes(body[1:7], "little")
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    at = 8
    for _ in range(count):
        uuid, at, tag = str(UUID(bytes=body[at : at + 16])), at + 16, ""
        if form == 1:
            size, at = _varint(body, at)
            tag, at = body[at : at + size].decode(), at + size
        spans, at = int.from_bytes(body[at : at + 8], "little"), at + 8
        for _ in range(spans):
            low, high = struct.unpack_from("<QQ", body, at)
            found.setdefault((uuid, tag), []).append((low, high - 1))
            at += 16
    return GtidSet.of(found)


def query(event: Event) -> Query:
    """Read a statement. Text that is not UTF-8 is shown with escapes."""
    body = event.body
    schema_size, status_size = body[8], int.from_bytes(body[11:13], "little")
    at = 13 + status_size
    schema = body[at : at + schema_size].decode("utf-8", "backslashreplace")
    return Query(schema, body[at + schema_size + 1 :].decode("utf-8", "backslashreplace"))


def rotate(event: Event) -> str:
    """Read the name of the file that follows."""
    return event.body[8:].decode()
