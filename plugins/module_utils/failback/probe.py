"""One connection attempt and one write that changes nothing, as a given account: the world's own answer.

The write is ``START TRANSACTION READ WRITE`` (refused with 1290 under read_only) and, where a table is given, an
UPDATE that matches no row: permission and read-only checks come before any row is looked at. Where a column is given
too, it is an INSERT of a random token, taken back: the very write that the marker is. Nothing is ever changed, except
that such an INSERT uses up an auto-increment value.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from failback.errors import LoginRefusedError, MySQLError, UnreachableError
from failback.mysql import Login, Server
from failback.mysql_errors import ER_ACCOUNT_LOCKED, ER_READ_ONLY
from failback.sql import quote_name

if TYPE_CHECKING:
    import socket

Answer = Literal["writable", "login_refused", "write_refused", "unreachable"]

_COLUMN = (
    "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=%s AND TABLE_NAME=%s"
    " AND GENERATION_EXPRESSION='' ORDER BY ORDINAL_POSITION LIMIT 1"
)


@dataclass(frozen=True)
class Probe:
    """What the server answered. ``code`` is its error number, 0 when there was none."""

    answer: Answer
    code: int
    detail: str
    seconds: float
    server_uuid: str = ""
    thread_id: int = 0

    @property
    def fenced(self) -> bool:
        """Refused because the account is locked or the server read-only. A wrong password proves nothing."""
        return self.code in {ER_ACCOUNT_LOCKED, ER_READ_ONLY}

    def as_evidence(self) -> dict[str, object]:
        """Return it as JSON-able fields."""
        return asdict(self) | {"proves_fence": self.fenced}


def attempt(
    login: Login,
    *,
    write: tuple[str, str] = ("", ""),
    sock: socket.socket | None = None,
    timeout: float = 3.0,
    name: str = "",
) -> Probe:
    """Try once, at most about twice ``timeout`` seconds. Never raises for what a server answers.

    ``write`` names a table (schema.table) and a column of it, both as far as there is one to write to.

    Raises ConfigError when the password or CA file cannot be used.
    """
    begun = time.monotonic()

    def result(answer: Answer, code: int, detail: str, seen: str = "", thread: int = 0) -> Probe:
        return Probe(answer, code, detail, round(time.monotonic() - begun, 3), seen, thread)

    try:
        server = Server.connect(login, name=name, sock=sock, connect_timeout=timeout, read_timeout=timeout)
    except UnreachableError as error:
        return result("unreachable", 0, str(error))
    except LoginRefusedError as error:
        return result("login_refused", error.code, str(error), thread=error.thread_id)
    seen, thread = "", server.thread_id
    with server:
        try:
            seen = server.text("SELECT @@server_uuid")
            _write_nothing(server, *write)
        except UnreachableError as error:
            return result("unreachable", 0, str(error), seen, thread)
        except MySQLError as error:
            return result("write_refused", error.code, str(error), seen, thread)
    return result("writable", 0, f"{login} may log in and write", seen, thread)


def _write_nothing(server: Server, table: str, column: str) -> None:
    server.execute("START TRANSACTION READ WRITE")
    schema, _, name = table.partition(".")
    if table and column:
        target = f"{quote_name(schema)}.{quote_name(name)}"
        server.execute(f"INSERT INTO {target} ({quote_name(column)}) VALUES (%s)", (str(uuid.uuid4()),))
    elif table:
        column = quote_name(server.text(_COLUMN, (schema, name)) or "id")
        server.execute(f"UPDATE {quote_name(schema)}.{quote_name(name)} SET {column} = {column} WHERE FALSE")
    server.execute("ROLLBACK")
