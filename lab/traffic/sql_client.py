"""One batch job that writes straight to MySQL, as `shop_batch`, at the name that DNS gives."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING

import pymysql

from lab.shop.outcome import Outcome, code_of, outcome_of
from lab.traffic.mysql import Opened, connect
from lab.traffic.pace import Pace

if TYPE_CHECKING:
    import threading

    from pymysql.cursors import Cursor

    from lab.traffic.config import SqlPlan
    from lab.traffic.ledger import Attempt, Ledger

CONNECT_SECONDS = 1.0
READ_SECONDS = 10.0
RETRY_SECONDS = 0.2
# The generated products have no holes up to here, whatever the lab's size.
KNOWN_PRODUCTS = 40


class SqlClient:
    """A loop of small transactions. Any error ends the session: the next one asks DNS again."""

    def __init__(self, plan: SqlPlan, ledger: Ledger, stop: threading.Event) -> None:
        self._plan = plan
        self._ledger = ledger
        self._stop = stop
        self._session: Opened | None = None

    def run(self) -> None:
        """Write at the set rate until the stop."""
        pace = Pace(1 / self._plan.rate, self._stop)
        while pace.wait():
            session = self._session or self._open(pace)
            if session is not None:
                self._write(session)
        self._close()

    def _open(self, pace: Pace) -> Opened | None:
        try:
            self._session = connect(self._plan.login, connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
        except (pymysql.MySQLError, OSError) as error:
            self._ledger.note("connect_failed", code=code_of(error), message=str(error)[:200])
            pace.rest(RETRY_SECONDS)
            return None
        self._ledger.note("connected", address=self._session.address, server_uuid=self._session.server_uuid)
        return self._session

    def _write(self, session: Opened) -> None:
        attempt = self._ledger.intend()
        commit_sent = False
        try:
            session.connection.begin()
            with session.connection.cursor() as cursor:
                self._transaction(cursor, attempt)
            commit_sent = True
            session.connection.commit()
        except (pymysql.MySQLError, OSError) as error:
            outcome = outcome_of(error, commit_sent=commit_sent)
            self._ledger.settle(attempt, outcome, code=code_of(error), message=str(error)[:200])
            self._close()
        else:
            self._ledger.settle(attempt, Outcome.ACKNOWLEDGED, server_uuid=session.server_uuid)

    def _transaction(self, cursor: Cursor, attempt: Attempt) -> None:
        cursor.execute(
            "INSERT INTO shop.write_ledger (token, client, note) VALUES (%s, %s, '일괄 작업')",
            (attempt.token, self._ledger.client),
        )
        cursor.execute(
            "UPDATE shop.stock SET quantity = quantity + 1 WHERE product_id = %s AND warehouse_id = 2",
            (random.randint(1, KNOWN_PRODUCTS),),
        )

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(pymysql.MySQLError, OSError):
                session.connection.close()
