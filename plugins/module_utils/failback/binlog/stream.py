"""Binary logs straight from a server, as a replica asks for them. Nothing is installed and no password leaves here.

The account needs REPLICATION SLAVE. The server sends until the end of its newest file and then says so.
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING
from uuid import UUID

from failback.binlog import events
from failback.errors import MySQLError, RefusedError
from failback.mysql import Server
from failback.mysql_errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.gtid import GtidSet
    from failback.mysql import Login

_DUMP, _DUMP_GTID = 0x12, 0x1E
_NON_BLOCK = 1  # end at the end instead of waiting for more
_FIRST = 4  # position behind the magic number
PATIENCE = 60.0  # seconds without a word: a server that skips a gigabyte of old transactions is silent meanwhile
_ER_SOURCE_FATAL = 1236  # purged, or a file it does not have
_TO_U32 = 1 << 31


def since(login: Login, known: GtidSet, *, name: str = "") -> Iterator[events.Event]:
    """Give the events of every transaction that is not in ``known``, in order.

    Raises RefusedError when the server has purged some of them, UnreachableError, LoginRefusedError, DamagedError.
    """
    if any(tag for (_, tag), _ in known.sources):
        raise RefusedError("the position to read from holds tagged GTIDs, which are not supported here")
    data = struct.pack("<Q", len(known.sources))
    for (uuid, _), spans in known.sources:
        data += UUID(uuid).bytes + struct.pack("<Q", len(spans))
        data += b"".join(struct.pack("<QQ", low, high + 1) for low, high in spans)
    head = struct.pack("<HII", _NON_BLOCK, _number(), 0) + struct.pack("<Q", _FIRST)
    yield from _events(login, _DUMP_GTID, head + struct.pack("<I", len(data)) + data, name)


def from_file(login: Login, file: str, *, name: str = "") -> Iterator[events.Event]:
    """Give every event from the beginning of a file to the end of the newest one. Raises as ``since``."""
    yield from _events(login, _DUMP, struct.pack("<IHI", _FIRST, _NON_BLOCK, _number()) + file.encode(), name)


def _number() -> int:
    """Make up a server id: two readers with the same one would throw each other out."""
    return _TO_U32 | secrets.randbits(30)


def _events(login: Login, command: int, payload: bytes, name: str) -> Iterator[events.Event]:
    with Server.connect(login, name=name, read_timeout=PATIENCE) as server:
        # Else the server drops the checksums from what it sends.
        server.execute("SET @source_binlog_checksum = @@global.binlog_checksum, @master_binlog_checksum = 'CRC32'")
        checksum = server.text("SELECT @@global.binlog_checksum") == "CRC32"
        connection = server._connection  # noqa: SLF001 - PyMySQL's wire, one floor below what Server offers
        try:
            with translated(server.name):
                connection._execute_command(command, payload)  # type: ignore[attr-defined]  # noqa: SLF001
            while True:
                with translated(server.name):
                    packet = connection._read_packet()  # type: ignore[no-untyped-call]  # noqa: SLF001
                if packet.is_eof_packet():
                    return
                yield events.parse(packet.get_all_data()[1:], checksum=checksum)
        except MySQLError as error:
            if error.code == _ER_SOURCE_FATAL:
                raise RefusedError(
                    f"{server.name} cannot give its binary logs from there: {error}. Take them from an archive"
                ) from error
            raise
