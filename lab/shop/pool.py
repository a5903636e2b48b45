"""A pool of MySQL sessions that can be replaced while requests are running."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

from lab.shop.outcome import lost_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from lab.shop.config import Database

WAIT_SECONDS = 5.0


class PoolBusyError(Exception):
    """All sessions were in use for the whole time that a request is willing to wait."""


@dataclass
class Session:
    """One connection and the server it leads to. A session never changes servers, so this is read once, in it."""

    connection: pymysql.Connection[Cursor]
    server_uuid: str
    reused: bool = False


def connect(database: Database) -> Session:
    """Open one session, over TLS where a CA is configured. Raises pymysql.MySQLError or OSError."""
    context = None
    if database.ca_file:
        context = ssl.create_default_context(cafile=database.ca_file)
        # The name in DNS moves from one side to the other; the CA says that it is one of our servers.
        context.check_hostname = False
    connection: pymysql.Connection[Cursor] = pymysql.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password(),
        database=database.name,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=max(1, round(database.connect_timeout)),
        read_timeout=database.read_timeout,
        write_timeout=database.read_timeout,
        ssl=context,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@server_uuid")
        row = cursor.fetchone()
    return Session(connection, str(row[0]) if row else "")


class Pool:
    """At most `database.pool` sessions; idle ones are kept, the one used last first."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._idle: list[Session] = []
        self._places = threading.BoundedSemaphore(database.pool)
        self._lock = threading.Lock()
        self._retired = False

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session. It comes back to the pool unless its connection is gone.

        Raises PoolBusyError, and what `connect` raises.
        """
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise PoolBusyError(f"no database session was free for {WAIT_SECONDS:.0f} s")
        try:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None:
                session = connect(self.database)
            try:
                yield session
            except (pymysql.MySQLError, OSError) as error:
                self._after_error(session, error)
                raise
            except BaseException:
                _close(session)
                raise
            else:
                self._give_back(session)
        finally:
            self._places.release()

    def warm(self) -> int:
        """Open sessions until the pool is full, so that the first requests need not. Returns how many are open."""
        opened: list[Session] = []
        deadline = time.monotonic() + WAIT_SECONDS
        while len(opened) < self.database.pool and time.monotonic() < deadline:
            try:
                opened.append(connect(self.database))
            except (pymysql.MySQLError, OSError):
                break
        for session in opened:
            self._give_back(session)
        return len(opened)

    def retire(self) -> None:
        """Close what is idle now, and what is in use when it comes back. Running requests are not disturbed."""
        with self._lock:
            self._retired = True
        self.forget_idle()

    def forget_idle(self) -> None:
        """Close all idle sessions: where one was found dead, the others most likely are."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            _close(session)

    def _after_error(self, session: Session, error: Exception) -> None:
        if lost_connection(error):
            _close(session)
            self.forget_idle()
            return
        try:
            session.connection.rollback()
        except (pymysql.MySQLError, OSError):
            _close(session)
        else:
            self._give_back(session)

    def _give_back(self, session: Session) -> None:
        session.reused = True
        with self._lock:
            keep = not self._retired and len(self._idle) < self.database.pool
            if keep:
                self._idle.append(session)
        if not keep:
            _close(session)


def _close(session: Session) -> None:
    with contextlib.suppress(pymysql.MySQLError, OSError):
        session.connection.close()
