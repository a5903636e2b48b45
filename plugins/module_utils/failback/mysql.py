"""One MySQL connection with deadlines, TLS and typed answers. All of PyMySQL's use but a dump's stream.

Every error leaves here as one of ``failback.errors``: ``UnreachableError`` (no answer),
``LoginRefusedError`` (the server is there and says no to the account), ``MySQLError`` (the server refused a
statement, with its error number). Times are seconds.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
import socket
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor

from failback.errors import ConfigError, LoginRefusedError, MySQLError
from failback.mysql_errors import error_code, translated
from failback.sql import quote_account, quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import TracebackType

__all__ = ["Login", "Row", "Server", "Value", "quote_account", "quote_name", "quote_text", "version_tuple"]

Value = str | int | float | bytes | decimal.Decimal | dt.datetime | dt.date | dt.timedelta | None
Row = dict[str, Value]

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
LOCK_WAIT_TIMEOUT = 5  # the server's default is a year: an account or event statement must never wait that long

_SAFE_MODE = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"


@dataclass(frozen=True)
class Login:
    """Where and as whom to connect. The password stays in its file until the moment of use."""

    host: str
    port: int
    user: str
    password_file: str
    ca_file: str = ""
    server_uuid: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, object], what: str = "login") -> Self:
        """Build from an inventory value such as ``db_idc``; a ConfigError names ``what`` and the missing key."""
        missing = [key for key in ("host", "user", "password_file") if not data.get(key)]
        if missing:
            raise ConfigError(f"{what} lacks {', '.join(missing)}: add it to the inventory")
        try:
            port = int(str(data.get("port") or 3306))
        except ValueError as error:
            raise ConfigError(f"{what}.port is not a number: {data.get('port')!r}") from error
        return cls(
            host=str(data["host"]),
            port=port,
            user=str(data["user"]),
            password_file=str(data["password_file"]),
            ca_file=str(data.get("ca_file") or ""),
            server_uuid=str(data.get("server_uuid") or "").lower(),
        )

    def with_account(self, account: Mapping[str, object], what: str = "account") -> Self:
        """Return the same server entered with another account ({user, password_file})."""
        keep = {"host": self.host, "port": self.port, "ca_file": self.ca_file, "server_uuid": self.server_uuid}
        return type(self).from_dict({**keep, **{k: account.get(k) for k in ("user", "password_file")}}, what)

    def password(self) -> bytes:
        """Read the password now; a ConfigError names the file, never its content."""
        try:
            return Path(self.password_file).expanduser().read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise ConfigError(f"cannot read the password file {self.password_file}: {error.strerror}") from error

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


def version_tuple(version: str) -> tuple[int, int, int]:
    """Turn ``@@version`` such as ``8.4.5-rds.20250101`` into (8, 4, 5)."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if match is None:
        raise MySQLError(f"unknown server version {version!r}")
    return int(match[1]), int(match[2]), int(match[3])


def tls_context(login: Login) -> ssl.SSLContext | None:
    """Verify the server's certificate against the given CA; without a CA, TLS is used when offered."""
    if not login.ca_file:
        return None
    try:
        context = ssl.create_default_context(cafile=str(Path(login.ca_file).expanduser()))
    except (OSError, ssl.SSLError) as error:
        why = "no certificate is in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"cannot use the CA file {login.ca_file}: {why}. Correct ca_file") from error
    # The CA is private to the pair; RDS is reached by CNAMEs and addresses its certificate does not name.
    # Identity is proven by server_uuid instead, which no certificate carries.
    context.check_hostname = False
    return context


class Server:
    """An open connection: a context manager, or call ``close``. Autocommit is on; a transaction begins by saying so."""

    def __init__(self, connection: pymysql.Connection[DictCursor], name: str) -> None:
        self._connection = connection
        self.name = name

    @classmethod
    def connect(
        cls,
        login: Login,
        *,
        name: str = "",
        sock: socket.socket | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
    ) -> Self:
        """Connect; ``sock`` is a stream that already leads to the server's port (see ``action.stream``).

        Raises UnreachableError, LoginRefusedError, MySQLError or ConfigError.
        """
        label = f"{name} ({login})" if name else str(login)
        init = (
            f"SET SESSION sql_mode='{_SAFE_MODE}', time_zone='+00:00', autocommit=1,"
            f" lock_wait_timeout={LOCK_WAIT_TIMEOUT}"
        )
        context = tls_context(login)
        connection = pymysql.Connection(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password(),  # bytes keep a UTF-8 password intact
            ssl=context,
            charset="utf8mb4",
            init_command=init,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            write_timeout=read_timeout,
            client_flag=CLIENT.MULTI_STATEMENTS,
            cursorclass=DictCursor,
            program_name="rollback-runner",
            autocommit=None,  # set by init_command: one round trip less
            defer_connect=True,
        )
        try:
            with translated(label, login=True):
                connection.connect(sock)
        except LoginRefusedError as error:
            # The handshake tells the id even to whom it refuses: the fence needs a number that is surely later.
            error.thread_id = int(connection.thread_id())  # type: ignore[no-untyped-call]
            raise
        return cls(connection, label)

    def rows(self, sql: str, args: Sequence[object] | None = None) -> list[Row]:
        """Every row of one statement's result."""
        with translated(self.name), self._connection.cursor() as cursor:
            cursor.execute(sql, args)
            return list(cursor.fetchall())

    def row(self, sql: str, args: Sequence[object] | None = None) -> Row:
        """Return the first row, or {} when there is none."""
        found = self.rows(sql, args)
        return found[0] if found else {}

    def value(self, sql: str, args: Sequence[object] | None = None) -> Value:
        """Return the first column of the first row, or None."""
        return next(iter(self.row(sql, args).values()), None)

    def text(self, sql: str, args: Sequence[object] | None = None) -> str:
        """``value`` as text; NULL and no row give ""."""
        value = self.value(sql, args)
        return value.decode() if isinstance(value, bytes) else "" if value is None else str(value)

    def number(self, sql: str, args: Sequence[object] | None = None) -> int:
        """``value`` as a whole number; NULL and no row give 0."""
        value = self.value(sql, args)
        return 0 if value is None else int(str(value))

    def execute(self, sql: str, args: Sequence[object] | None = None) -> int:
        """Run one statement; the number of rows it touched."""
        with translated(self.name), self._connection.cursor() as cursor:
            return int(cursor.execute(sql, args))

    def rows_each(self, statements: Sequence[str]) -> list[list[Row]]:
        """Run several queries in one round trip; the rows of each."""
        with translated(self.name), self._connection.cursor() as cursor:
            cursor.execute(";".join(statements))
            found = [list(cursor.fetchall())]
            while cursor.nextset():
                found.append(list(cursor.fetchall()))
            return found

    def execute_each(self, statements: Sequence[str], tolerate: Collection[int] = (), batch: int = 64) -> list[int]:
        """Run many statements in few round trips; return the error number of each (0 = done).

        An error not in ``tolerate`` is raised. Matters where the server is tens of milliseconds away and
        hundreds of sessions must be killed inside the write outage.
        """
        codes: list[int] = []
        while len(codes) < len(statements):
            codes.extend(self._execute_batch(statements[len(codes) : len(codes) + batch], tolerate))
        return codes

    def _execute_batch(self, statements: Sequence[str], tolerate: Collection[int]) -> list[int]:
        """Up to the end or the first tolerated error, which the server stops at."""
        done = 0
        with translated(self.name), self._connection.cursor() as cursor:
            try:
                cursor.execute(";".join(statements))
                # A CALL answers with one result more than it selects; count by what is left is not possible,
                # so each statement must be of a kind that gives exactly one result (KILL, DO, CALL without rows).
                done = 1
                while cursor.nextset():
                    done += 1
            except pymysql.err.MySQLError as error:
                code = error_code(error)
                if code not in tolerate or done >= len(statements):
                    raise
                return [0] * done + [code]
        return [0] * len(statements)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Wait at most this long for each answer inside the block."""
        before = self._connection._read_timeout  # type: ignore[attr-defined]  # noqa: SLF001 - no public setter
        self._connection._read_timeout = seconds  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            yield
        finally:
            self._connection._read_timeout = before  # type: ignore[attr-defined]  # noqa: SLF001

    @property
    def thread_id(self) -> int:
        """The connection's id in the server's processlist."""
        return int(self._connection.thread_id())  # type: ignore[no-untyped-call]

    def cut(self) -> None:
        """End the stream under whoever waits on this connection, who gets UnreachableError; never raises.

        The one thing another thread may do here: OpenSSL's objects bear one thread, and to ``close`` a connection that
        somebody uses crashes the interpreter (seen: a segmentation fault in SSL_write).
        """
        stream = self._connection._sock  # type: ignore[attr-defined]  # noqa: SLF001 - has no public name
        if stream is not None:
            with suppress(OSError):
                socket.socket.shutdown(stream, socket.SHUT_RDWR)  # not SSLSocket's own, which lets go of its object

    def close(self) -> None:
        """Close; safe to repeat, never raises. No other thread may be using it: see ``cut``."""
        if self._connection.open:
            try:
                self._connection.close()
            except (pymysql.err.Error, OSError):
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
