"""Helpers of the fence tests: arguments of the plugins, and applications that keep writing."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from failback.errors import FailbackError

if TYPE_CHECKING:
    import mysql_pair

EXEMPT = ["rdsadmin", "rr_admin", "repl", "root", "event_scheduler", "system user"]
REQUIRED = ["accounts_locked", "no_sessions", "no_transactions", "position_frozen"]


def fence_args(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    return {
        "aws": pair.rds.login_dict(),
        "idc": pair.idc.login_dict(),
        "app_login": {"user": "shop_app", "password_file": str(pair.rds.secrets / "shop_app")},
        "exempt_users": EXEMPT,
        "required_proofs": REQUIRED,
        "cutover_gtid": pair.cutover,
        **more,
    }


def account_states(pair: mysql_pair.Pair) -> str:
    """What a check mode must not change: locks, marks, events, position."""
    return pair.rds.root(
        "SELECT User, Host, account_locked, User_attributes FROM mysql.user ORDER BY 1, 2;"
        "SELECT EVENT_NAME, STATUS, DEFINER FROM information_schema.EVENTS; SELECT @@GLOBAL.gtid_executed"
    )


class Writers:
    """Applications that write as fast as they are let, and note every acknowledged token."""

    def __init__(self, pair: mysql_pair.Pair, count: int, *, pause: float = 0.0, user: str = "shop_app") -> None:
        self._pair = pair
        self._user = user
        self._pause = pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, daemon=True) for _ in range(count)]
        self.acknowledged: list[str] = []
        self.unknown: list[str] = []
        self.refused = 0

    def _write(self) -> None:
        while not self._stop.is_set():
            token = ""
            with suppress(FailbackError), self._pair.rds.connect(self._user) as server:
                while not self._stop.is_set():
                    token = str(uuid.uuid4())
                    server.execute("START TRANSACTION")
                    server.execute("INSERT INTO shop.write_ledger (token, client) VALUES (%s, 'w')", (token,))
                    server.execute("UPDATE shop.items SET price = price + 1 WHERE id = 1 + (CONNECTION_ID() MOD 2)")
                    server.execute("COMMIT")
                    self.acknowledged.append(token)
                    token = ""
                    time.sleep(self._pause)
            if token:
                self.unknown.append(token)
            else:
                self.refused += 1
            time.sleep(0.02)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        limit = time.monotonic() + 60
        while len(self.acknowledged) < 3 * len(self._threads) and time.monotonic() < limit:
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
