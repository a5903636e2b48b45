"""SQL as root over a server's own socket, told as the `mysql` client tells it: a container entered for each would cost
the tests more time than the servers do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
from pymysql.constants import CLIENT

if TYPE_CHECKING:
    from pathlib import Path

_ANSWER = 120.0  # seconds
# What `mysql --batch` writes for what would break a line or a cell.
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\0": "\\0"})


def run(socket: Path, sql: str) -> str:
    """Run statements in a session of their own; what they answer, a row a line. Raises AssertionError."""
    lines: list[str] = []
    try:
        connection = pymysql.connect(
            unix_socket=str(socket),
            user="root",
            charset="utf8mb4",
            autocommit=True,
            client_flag=CLIENT.MULTI_STATEMENTS,
            conv={},  # every value as the server writes it
            read_timeout=_ANSWER,
            write_timeout=_ANSWER,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            while True:
                lines += ["\t".join(map(_cell, row)) for row in cursor.fetchall()]
                if not cursor.nextset():
                    return "\n".join(lines).strip()
    except pymysql.MySQLError as error:
        raise AssertionError(f"{socket}: {error.args}") from error


def _cell(value: str | bytes | None) -> str:
    if value is None:
        return "NULL"
    return (value.decode() if isinstance(value, bytes) else value).translate(_ESCAPED)
