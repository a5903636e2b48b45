"""Sessions with MySQL, kept while they work."""

from __future__ import annotations

import os
import queue
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

SESSIONS = 16
CONNECT_SECONDS = 3
ANSWER_SECONDS = 20


class Database:
    """Lends sessions; one whose connection broke is thrown away."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[pymysql.Connection[Cursor]] = queue.LifoQueue(SESSIONS)

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """Lend a cursor in a transaction: committed at the end, rolled back on an error. Raises pymysql.MySQLError."""
        connection = self._take()
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        except BaseException:
            connection.close()
            raise
        try:
            self._idle.put_nowait(connection)
        except queue.Full:
            connection.close()

    def _take(self) -> pymysql.Connection[Cursor]:
        while True:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                return _connect()
            try:
                connection.ping(reconnect=False)
            except (pymysql.MySQLError, OSError):
                continue
            return connection


def _connect() -> pymysql.Connection[Cursor]:
    context = None
    if authority := os.environ.get("SHOP_DB_CA_FILE"):
        context = ssl.create_default_context(cafile=authority)
    return pymysql.connect(
        host=os.environ["SHOP_DB_HOST"],
        port=int(os.environ.get("SHOP_DB_PORT", "3306")),
        user=os.environ["SHOP_DB_USER"],
        password=Path(os.environ["SHOP_DB_PASSWORD_FILE"]).read_text(encoding="utf-8").strip(),
        database=os.environ["SHOP_DB_NAME"],
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        write_timeout=ANSWER_SECONDS,
        ssl=context,
    )
