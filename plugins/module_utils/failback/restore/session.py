# ruff: noqa: SLF001 - PyMySQL offers no stream of its own; all use of its inside is in this file
"""A connection of the restore: long waits, nothing binlogged, and LOAD DATA LOCAL fed from a generator.

PyMySQL would open any file the server names in its answer to LOAD DATA LOCAL; this one sends only the rows it was
given, and only under the name it asked with. Nothing is written to a file on the way, and at most a block is in memory.
"""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pymysql
from pymysql.connections import Connection, MySQLResult
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor
from pymysql.protocol import LoadLocalPacketWrapper

from failback import mysql
from failback.errors import FailbackError, MySQLError
from failback.mysql import Login, Row, Server
from failback.mysql_errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROGRAM = "rollback-runner restore"  # how our own sessions are known on the server
STREAM = "rollback-runner-rows"
PACKET = 256 * 1024  # bytes a packet: far below any max_allowed_packet, few enough calls to cost nothing
_KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 6}  # seconds; a dead server is seen in 45 s
_COUNTS = re.compile(rb"Records: (\d+)\s+Deleted: (\d+)\s+Skipped: (\d+)\s+Warnings: (\d+)")

# What every session of the restore wants; a variable the server does not know is left out.
_SESSION: dict[str, str] = {
    "sql_log_bin": "0",
    "foreign_key_checks": "0",
    "unique_checks": "0",
    "sql_mode": "'NO_AUTO_VALUE_ON_ZERO'",
    "time_zone": "'+00:00'",
    "lock_wait_timeout": "60",
    "wait_timeout": "28800",
    "net_read_timeout": "300",
    "net_write_timeout": "300",
    "sql_require_primary_key": "0",
    "sql_generate_invisible_primary_key": "0",
    "restrict_fk_on_non_standard_key": "0",
    "explicit_defaults_for_timestamp": "1",
    "sql_quote_show_create": "1",
}


@dataclass(frozen=True)
class Loaded:
    """What the server says about one LOAD DATA."""

    records: int
    deleted: int
    skipped: int
    warnings: int


class _Result(MySQLResult):
    """Answers the server's request for a file with the rows of the connection."""

    def _read_load_local_packet(self, first_packet: Any) -> None:
        connection: Any = self.connection
        asked = LoadLocalPacketWrapper(first_packet).filename
        name = asked.decode(errors="replace") if isinstance(asked, bytes) else str(asked)
        rows: Iterable[bytes] | None = connection.rr_rows
        failure: BaseException | None = None
        if name != STREAM or rows is None:
            rows = ()
            failure = FailbackError(f"the server asked for the file {name!r}, which it was not offered: not sent")
        try:
            for block in rows:
                view = memoryview(block)
                for start in range(0, len(view), PACKET):
                    connection.write_packet(bytes(view[start : start + PACKET]))
        except Exception as error:  # noqa: BLE001 - the protocol must end in order first; raised below
            failure = error
        connection.rr_rows = None
        connection.write_packet(b"")
        packet = connection._read_packet()
        if failure is not None:
            raise failure
        this: Any = self
        this._read_ok_packet(packet)


if TYPE_CHECKING:
    _Base = Connection[DictCursor]
else:
    _Base = Connection  # generic for the type checker only


class _Connection(_Base):
    rr_rows: Iterable[bytes] | None = None
    message = b""
    warnings = 0

    def _read_query_result(self, unbuffered: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - PyMySQL's signature
        this: Any = self
        this._result = None
        result: Any = _Result(self)
        result.read()
        this._result = result
        if result.server_status is not None:
            this.server_status = result.server_status
        self.message = result.message or b""
        self.warnings = int(result.warning_count or 0)
        return result.affected_rows


class Session(Server):
    """One session of the restore. Autocommit is on; nothing it does reaches the binary log."""

    known: frozenset[str] = frozenset()

    def __init__(self, connection: _Connection, name: str) -> None:
        super().__init__(connection, name)
        self._own = connection
        self._now: dict[str, str] = {}

    @classmethod
    def open(cls, login: Login, known: frozenset[str] | None = None, *, name: str = "") -> Self:
        """Connect without a deadline for answers: an ALTER takes its time, and a dead peer is found by keepalive.

        ``known`` are the server's variables where they were read before. Raises as ``Server.connect``.
        """
        label = f"{name} ({login})" if name else str(login)
        connection = _Connection(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password(),
            ssl=mysql.tls_context(login),
            charset="utf8mb4",
            connect_timeout=mysql.CONNECT_TIMEOUT,
            client_flag=CLIENT.MULTI_STATEMENTS,
            cursorclass=DictCursor,
            program_name=PROGRAM,
            autocommit=True,
            local_infile=True,
            defer_connect=True,
        )
        with translated(label, login=True):
            connection.connect()
        for option, value in _KEEPALIVE.items():
            connection._sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)  # type: ignore[attr-defined]
        session = cls(connection, label)
        if known is None:
            known = frozenset(str(row["Variable_name"]) for row in session.rows("SHOW SESSION VARIABLES"))
        session.known = known
        session.prepare(_SESSION)
        return session

    def prepare(self, values: Mapping[str, str]) -> None:
        """Set session variables to these SQL values, those that differ from what we set last and that exist."""
        changed = {name: value for name, value in values.items() if name in self.known and self._now.get(name) != value}
        if changed:
            self.execute("SET SESSION " + ", ".join(f"{name}={value}" for name, value in changed.items()))
            self._now.update(changed)

    def forget(self, name: str) -> None:
        """Set a variable anew next time, because it was changed behind our back."""
        self._now.pop(name, None)

    def names(self, charset: str) -> None:
        """Tell the server in which character set our statements come."""
        if self._now.get("names") != charset:
            self.raw(f"SET NAMES {charset}".encode())
            self._now["names"] = charset

    def use(self, schema: str) -> None:
        """Change the default schema."""
        with translated(self.name):
            self._own.select_db(schema)

    def load(self, statement: str, rows: Iterable[bytes]) -> Loaded:
        """Run one LOAD DATA LOCAL INFILE 'STREAM' statement with these bytes as the file.

        What the rows' own reading raises comes through; the caller rolls back. Raises MySQLError, UnreachableError.
        """
        self._own.rr_rows = rows
        with translated(self.name):
            self._own.query(statement)
        found = _COUNTS.search(self._own.message)
        if found is None:
            raise MySQLError(f"{self.name} did not say how many rows it loaded: {self._own.message!r}")
        return Loaded(*(int(number) for number in found.groups()))

    def raw(self, statements: bytes) -> tuple[int, int]:
        """Run whole statements as they are; rows touched and warnings of all of them. Results are not kept."""
        with translated(self.name):
            this: Any = self._own
            this._execute_command(pymysql.constants.COMMAND.COM_QUERY, statements)
            touched = int(this._read_query_result())
            warned = self._own.warnings
            while this._result.has_next:
                touched += int(this._read_query_result())
                warned += self._own.warnings
        return touched, warned

    @property
    def warned(self) -> int:
        """How many warnings the last statement gave."""
        return self._own.warnings

    def warnings(self, limit: int = 5) -> list[Row]:
        """Read the first warnings of the last statement: Level, Code, Message."""
        return self.rows(f"SHOW WARNINGS LIMIT {limit:d}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end of the block, roll back when it raises."""
        self.execute("START TRANSACTION")
        try:
            yield
        except BaseException:
            self.abandon()
            raise
        self.execute("COMMIT")

    def abandon(self) -> None:
        """Roll back; where the server cannot be told any more, losing the connection does it."""
        try:
            self.execute("ROLLBACK")
        except FailbackError:
            self.close()
