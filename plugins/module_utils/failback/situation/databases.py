"""Reads one MySQL server as it is now, as far as it lets itself be read. Only looks.

What the account may not see is named under ``unread`` and never guessed. Times are UTC by the server's own clock.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import channel, fence_plan, observe
from failback.binlog import events, stream
from failback.errors import FailbackError, MySQLError
from failback.gtid import GtidSet
from failback.mysql import Server
from failback.situation import times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from failback.fence_plan import Session
    from failback.mysql import Login, Row

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
_MOST_LINES = 200  # of the error log
_DAEMONS = frozenset({"event_scheduler", "system user"})

_ERRORS = (
    "SELECT CAST(logged AS CHAR) AS logged, error_code AS code, subsystem AS subsystem, LEFT(data, 240) AS text"
    " FROM performance_schema.error_log WHERE prio = 'Error' AND logged >= NOW(6) - INTERVAL {seconds} SECOND"
    f" ORDER BY logged LIMIT {_MOST_LINES}"
)
_STATUS = (
    "SELECT variable_name AS n, variable_value AS v FROM performance_schema.global_status"
    " WHERE variable_name IN ('Uptime', 'Threads_connected', 'Threads_running')"
)
_CHANNEL_TIMES = (
    "SELECT s.channel_name AS name, CAST(s.last_error_timestamp AS CHAR) AS receiver_failed,"
    " CAST(s.last_heartbeat_timestamp AS CHAR) AS heartbeat,"
    " CAST(s.last_queued_transaction_end_queue_timestamp AS CHAR) AS queued,"
    " (SELECT CAST(MAX(NULLIF(w.last_error_timestamp, 0)) AS CHAR)"
    " FROM performance_schema.replication_applier_status_by_worker w"
    " WHERE w.channel_name = s.channel_name AND w.last_error_number <> 0) AS applier_failed,"
    " (SELECT CAST(MAX(w.last_applied_transaction_end_apply_timestamp) AS CHAR)"
    " FROM performance_schema.replication_applier_status_by_worker w WHERE w.channel_name = s.channel_name) AS applied"
    " FROM performance_schema.replication_connection_status s"
)


@dataclass(frozen=True)
class Scope:
    """What to read: ``window`` seconds between two positions, error lines of the last ``log_seconds``."""

    window: float
    log_seconds: int
    exempt: tuple[str, ...]
    rds: bool


def read(login: Login, name: str, scope: Scope) -> dict[str, Any]:
    """Read the server. Raises UnreachableError, LoginRefusedError, MySQLError or ConfigError when it cannot begin."""
    unread: list[str] = []

    def tolerant(what: str, look: Callable[[], Any], instead: Any) -> Any:
        try:
            return look()
        except MySQLError as error:
            unread.append(f"{what}: {error}")
            return instead

    with Server.connect(login, name=name, connect_timeout=CONNECT_SECONDS, read_timeout=ANSWER_SECONDS) as server:
        begun = time.monotonic()
        who = observe.identity(server)
        own = {server.thread_id}
        found: dict[str, Any] = {
            **who.as_evidence(),
            "expected_uuid": login.server_uuid,
            "address": f"{login.host}:{login.port}",
            "gtid_purged": str(who.purged),
            "gtid_mode": who.gtid_mode,
            "event_scheduler": who.scheduler,
            "status": tolerant("status", lambda: _status(server), {}),
            "sessions": tolerant("sessions", lambda: _sessions(server, own), {}),
            "accounts": tolerant("accounts", lambda: _accounts(server, scope.exempt), {}),
            "channels": tolerant("replication", lambda: _channels(server), []),
            "errors": tolerant("error log", lambda: _errors(server, scope.log_seconds), []),
        }
        if scope.rds:
            found["binlog_retention_hours"] = tolerant("binlog retention", lambda: _retention(server), "")
        time.sleep(max(0.0, scope.window - (time.monotonic() - begun)))
        later = GtidSet.parse(server.text("SELECT @@GLOBAL.gtid_executed"))
        passed = time.monotonic() - begun
    found["gtid_executed"] = str(later)
    found["writes"] = {
        "transactions": (later - who.executed).count(),
        "seconds": round(passed, 2),
        "rate": round((later - who.executed).count() / passed, 1),
    }
    found["own_writes"] = (later - who.executed).of_server(who.uuid).count()
    return found | {"unread": unread}


def cut_over(aws: Login, cutover: GtidSet) -> str:
    """Find when the first transaction after the cut-over was committed on RDS, in its binary log; "" when none was.

    Raises RefusedError when the log was purged, and what ``stream.since`` raises.
    """
    for event in _bounded(stream.since(aws, cutover, name="RDS")):
        if event.kind in {events.GTID, events.GTID_TAGGED}:
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event.time))
    return ""


def _bounded(source: Iterator[events.Event]) -> Iterator[events.Event]:
    """Close the connection as soon as the reader has what it wants."""
    try:
        yield from source
    finally:
        source.close()  # type: ignore[attr-defined]  # it is a generator


def _status(server: Server) -> dict[str, int]:
    found = {str(row["n"]).lower(): int(str(row["v"])) for row in server.rows(_STATUS)}
    return found | {"max_connections": server.number("SELECT @@max_connections")}


def _sessions(server: Server, own: set[int]) -> dict[str, dict[str, Any]]:
    """Count the sessions of each user, how many are at work, and where from."""
    running = _processlist(server)
    found: dict[str, dict[str, Any]] = {}
    for user in sorted({session.user for session in running}):
        mine = [session for session in running if session.user == user and session.id not in own]
        if not mine or user in _DAEMONS:
            continue
        places = Counter(session.host.rpartition(":")[0] or session.host for session in mine)
        active = sum(session.command not in {"Sleep", "Daemon"} for session in mine)
        found[user] = {"count": len(mine), "active": active, "from": dict(places.most_common(8))}
    return found


def _processlist(server: Server) -> Sequence[Session]:
    rows = server.rows("SHOW PROCESSLIST")
    return [
        fence_plan.Session(
            int(str(row["Id"])), str(row["User"]), str(row["Host"]), str(row["Command"]), 0, in_transaction=False
        )
        for row in rows
    ]


def _accounts(server: Server, exempt: Sequence[str]) -> dict[str, int]:
    """Count the accounts that a fence would lock, and those that one of ours has locked."""
    known = observe.accounts(server)
    return {
        "open": len(fence_plan.accounts_to_lock(known, exempt)),
        "locked_by_us": len(fence_plan.accounts_to_open(known)),
    }


def _channels(server: Server) -> list[dict[str, Any]]:
    known = channel.observe(server)
    moments = {str(row["name"]): row for row in server.rows(_CHANNEL_TIMES)} if known else {}
    return [one.facts | {"running": one.running, **_moments(moments.get(one.name, {}))} for one in known]


def _moments(row: Row) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in ("receiver_failed", "applier_failed", "heartbeat", "queued", "applied"):
        moment = times.parse(str(row.get(key) or ""))
        if moment is not None:
            found[key] = times.utc(moment)
    return found


def _errors(server: Server, seconds: int) -> list[dict[str, str]]:
    found = []
    for row in server.rows(_ERRORS.format(seconds=int(seconds))):
        moment = times.parse(str(row["logged"]))
        found.append(
            {
                "at": times.utc(moment) if moment else "",
                "code": str(row["code"]),
                "subsystem": str(row["subsystem"]),
                "text": " ".join(str(row["text"]).split()),
            }
        )
    return found


def _retention(server: Server) -> str:
    """Read how many hours RDS keeps its binary logs; "" where it does not say, NULL for as short as it can."""
    try:
        rows = server.rows("CALL mysql.rds_show_configuration")
    except FailbackError:
        return ""
    found = next((row for row in rows if str(row.get("name")) == "binlog retention hours"), None)
    if found is None:
        return ""
    return "NULL" if found.get("value") is None else str(found["value"])
