"""The witness: tries one real write on one side, as the application, again and again, whatever happens elsewhere.

It goes straight to the server's address, past DNS and load balancer, so it sees a side that takes writes even where no
client is sent there. One runs for each side, all the time.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pymysql

from lab.shop.outcome import Outcome, code_of, outcome_of
from lab.traffic.mysql import Opened, connect
from lab.traffic.pace import Pace

if TYPE_CHECKING:
    import threading

    from lab.traffic.config import Login
    from lab.traffic.ledger import Ledger

CONNECT_SECONDS = 0.5
READ_SECONDS = 2.0


class Sampler:
    """One write a beat on one side; `interval` is in seconds."""

    def __init__(self, login: Login, interval: float, ledger: Ledger, stop: threading.Event) -> None:
        self._login = login
        self._interval = interval
        self._ledger = ledger
        self._stop = stop
        self._session: Opened | None = None

    def run(self) -> None:
        """Try at each beat until the stop."""
        pace = Pace(self._interval, self._stop)
        while pace.wait():
            self._sample()
        self._close()

    def _sample(self) -> None:
        attempt = self._ledger.intend()
        sent = False
        try:
            if self._session is None:
                self._session = connect(self._login, connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
            with self._session.connection.cursor() as cursor:
                sent = True
                # The session commits by itself: this one statement is the whole transaction.
                cursor.execute(
                    "INSERT INTO shop.write_ledger (token, client, note) VALUES (%s, %s, '')",
                    (attempt.token, self._ledger.client),
                )
        except (pymysql.MySQLError, OSError) as error:
            self._ledger.settle(
                attempt, outcome_of(error, commit_sent=sent), code=code_of(error), message=str(error)[:120]
            )
            if code_of(error) not in _SESSION_STAYS:
                self._close()
        else:
            self._ledger.settle(attempt, Outcome.ACKNOWLEDGED, server_uuid=self._session.server_uuid)

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(pymysql.MySQLError, OSError):
                session.connection.close()


# Refused for being read-only, or for a privilege: the session is sound, and a new one would only cost time.
_SESSION_STAYS = frozenset({1044, 1142, 1205, 1213, 1290, 1836})
