"""What each MySQL server counts: one connection a server, one round trip a reading, performance_schema only.

Figures of IDC stand under its database host, those of RDS under the instance's name. Rates are between two readings
(MySQL 8 reference, server status variables); counters that went back (a restart) give none. Our own session is not
counted. The lag is that of the transaction being applied now, by the clock of the server that committed it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.mysql import Login, Row, Server

from rollback_runner.watching.held import Held
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import Reading, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_PATIENCE = 5.0
_GAUGES = {
    "mysql_threads_running": "Threads_running",
    "mysql_connections": "Threads_connected",
    "mysql_lock_waits": "Innodb_row_lock_current_waits",
}
_WRITTEN = ("Innodb_rows_inserted", "Innodb_rows_updated", "Innodb_rows_deleted")
_POOL = ("Innodb_buffer_pool_read_requests", "Innodb_buffer_pool_reads")
_NAMES = ("Questions", *_GAUGES.values(), *_WRITTEN, *_POOL)
_STATUS = (
    "SELECT VARIABLE_NAME AS n, VARIABLE_VALUE AS v FROM performance_schema.global_status WHERE VARIABLE_NAME IN ("
    + ", ".join(f"'{name}'" for name in _NAMES)
    + ")"
)
_DEADLOCKS = (
    "SELECT 'deadlocks' AS n, `COUNT` AS v FROM information_schema.INNODB_METRICS"
    " WHERE NAME = 'lock_deadlocks' AND STATUS = 'enabled'"
)
_LAG = (
    "SELECT s.CHANNEL_NAME AS channel,"
    " s.SERVICE_STATE = 'ON' AND a.SERVICE_STATE = 'ON' AS works,"
    " GTID_SUBTRACT(s.RECEIVED_TRANSACTION_SET, @@GLOBAL.gtid_executed) = '' AS level,"
    " TIMESTAMPDIFF(MICROSECOND, COALESCE("
    "MIN(IF(w.APPLYING_TRANSACTION = '', NULL, w.APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP)),"
    " MAX(w.LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP)), NOW(6)) / 1000000 AS behind"
    " FROM performance_schema.replication_connection_status s"
    " JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)"
    " JOIN performance_schema.replication_applier_status_by_worker w USING (CHANNEL_NAME)"
    " GROUP BY s.CHANNEL_NAME, s.SERVICE_STATE, a.SERVICE_STATE, s.RECEIVED_TRANSACTION_SET"
)


class Database(Source):
    """One server."""

    name = "mysql"

    def __init__(self, host: str, login: Login) -> None:
        self.hosts = (host,)
        self.interval = 0.0
        self._host = host
        self._held = Held(login, _PATIENCE, _PATIENCE)
        self._before: tuple[float, dict[str, int]] | None = None
        self._knows_lag = True

    def read(self) -> Reading:
        """Ask once. Raises `SourceError` or another `FailbackError`."""
        try:
            status, locks, *lag = self._ask(self._held.server())
        except FailbackError:
            self.close()
            raise
        now, moment = time.time(), time.monotonic()
        counted = {str(row["n"]): int(str(row["v"])) for row in (*status, *locks)}
        before, self._before = self._before, (moment, counted)
        found = list(gauges(counted))
        if before is not None:
            found += rates(before[1], counted, moment - before[0], own=3 if self._knows_lag else 2)
        found += lags(lag[0] if lag else ())
        return Reading([Point(now, name, self._host, value) for name, value in found])

    def interrupt(self) -> None:
        """Wait for no answer any more."""
        self._held.cut()

    def close(self) -> None:
        """Close the connection."""
        self._before = None
        self._held.close()

    def _ask(self, server: Server) -> list[list[Row]]:
        if not self._knows_lag:
            return server.rows_each([_STATUS, _DEADLOCKS])
        try:
            return server.rows_each([_STATUS, _DEADLOCKS, _LAG])
        except MySQLError:
            # A server before 8.0 does not know these columns; all else it does.
            found = server.rows_each([_STATUS, _DEADLOCKS])
            self._knows_lag = False
            return found


def sources(site: Site, _settings: Settings, _place: Place) -> Iterator[Database]:
    """Yield both servers of each pair; one whose login is not filled in is left out."""
    for pair in site.hosts("databases"):
        variables = site.variables[pair]
        for side, host in (("idc", variables.get("db_idc_host")), ("aws", variables.get("aws_db_instance"))):
            login = variables.get(f"db_{side}")
            if isinstance(login, dict) and host:
                yield Database(str(host), Login.from_dict(login, f"db_{side}"))


def gauges(now: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    """Yield what stands now, without our own session."""
    for figure, name in _GAUGES.items():
        if name in now:
            yield figure, float(max(0, now[name] - (1 if name.startswith("Threads_") else 0)))


def rates(
    before: Mapping[str, int], now: Mapping[str, int], seconds: float, own: int = 0
) -> Iterator[tuple[str, float]]:
    """Yield what happened between two readings, less the ``own`` statements of a reading."""
    moved = {name: now[name] - before[name] for name in now.keys() & before.keys()}
    if seconds <= 0 or moved.get("Questions", -1) < 0:
        return
    yield "mysql_queries", max(0, moved["Questions"] - own) / seconds
    if all(name in moved for name in _WRITTEN):
        yield "mysql_rows_written", sum(moved[name] for name in _WRITTEN) / seconds
    asked, missed = (moved.get(name, 0) for name in _POOL)
    if asked > 0:
        yield "mysql_buffer_pool_hit", max(0.0, 1 - missed / asked)
    if "deadlocks" in moved:
        yield "mysql_deadlocks", float(max(0, moved["deadlocks"]))


def lags(rows: Sequence[Row]) -> Iterator[tuple[str, float]]:
    """Yield the worst lag of the channels that work; one that is stopped has no lag that could be known."""
    behind = [
        0.0 if row["level"] else max(0.0, float(str(row["behind"])))
        for row in rows
        if row["works"] and (row["level"] or row["behind"] is not None)
    ]
    if behind:
        yield "mysql_replication_lag", max(behind)
