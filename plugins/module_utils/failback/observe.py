"""Reads servers into the facts that the pure modules decide on. Only looks, never changes anything.

One trap shapes the reading: information_schema.INNODB_TRX answers from a cache that is refreshed only when nobody has
read it for 0.1 s (InnoDB source, trx0i_s.cc). Asked faster than that, it repeats an old answer for ever.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import kept_way
from failback.errors import MySQLError
from failback.fence_plan import Account, Event, Session, Transaction, own_mark
from failback.gtid import GtidSet
from failback.mysql import version_tuple

if TYPE_CHECKING:
    from failback.mysql import Row, Server

TRX_CACHE_AGE = 0.12  # seconds between two reads of INNODB_TRX for the second to be a fresh one

_ACCOUNTS = "SELECT User, Host, account_locked, User_attributes FROM mysql.user"
_SESSIONS = "SHOW FULL PROCESSLIST"
_TRANSACTIONS = (
    "SELECT trx_mysql_thread_id AS thread, trx_state AS state, trx_rows_modified AS row_count"
    " FROM information_schema.INNODB_TRX"
)
_EVENTS = (
    "SELECT EVENT_SCHEMA AS s, EVENT_NAME AS n, DEFINER AS d FROM information_schema.EVENTS"
    " WHERE STATUS = 'ENABLED' ORDER BY 1, 2"
)
_IDENTITY = (
    "SELECT @@server_uuid AS uuid, @@server_id AS server_id, @@version AS version, @@hostname AS hostname,"
    " @@read_only AS read_only, @@super_read_only AS super_read_only, @@GLOBAL.gtid_executed AS executed,"
    " @@GLOBAL.gtid_purged AS purged, @@gtid_mode AS gtid_mode, @@event_scheduler AS scheduler"
)


@dataclass(frozen=True)
class Identity:
    """Who the server is and where it stands."""

    uuid: str
    server_id: int
    version: str
    hostname: str
    read_only: bool
    super_read_only: bool
    executed: GtidSet
    purged: GtidSet
    gtid_mode: str
    scheduler: str

    def as_evidence(self) -> dict[str, object]:
        """Return the part worth keeping."""
        return {
            "server_uuid": self.uuid,
            "version": self.version,
            "hostname": self.hostname,
            "read_only": self.read_only,
            "super_read_only": self.super_read_only,
            "gtid_executed": str(self.executed),
        }


@dataclass(frozen=True)
class Position:
    """Where the binary log of a server ends."""

    gtid: GtidSet
    log_file: str
    log_position: int


@dataclass(frozen=True)
class Activity:
    """One look at who is on the server. ``transactions`` and ``prepared`` None: not asked this time."""

    sessions: tuple[Session, ...]
    transactions: tuple[Transaction, ...] | None
    prepared: int | None
    position: Position


def identity(server: Server) -> Identity:
    """Read who the server is, in one round trip."""
    row = server.row(_IDENTITY)
    return Identity(
        uuid=str(row["uuid"]).lower(),
        server_id=_number(row["server_id"]),
        version=str(row["version"]),
        hostname=str(row["hostname"]),
        read_only=bool(row["read_only"]),
        super_read_only=bool(row["super_read_only"]),
        executed=GtidSet.parse(_text(row["executed"])),
        purged=GtidSet.parse(_text(row["purged"])),
        gtid_mode=str(row["gtid_mode"]),
        scheduler=str(row["scheduler"]).upper(),
    )


def seen_as(server: Server) -> kept_way.SeenAs:
    """Ask the server how it sees this very session. Raises ``failback.errors``.

    Behind NAT or a VPN nobody else knows. It shows a name instead of an address unless skip_name_resolve is on; its
    host cache has the address then (MySQL reference, "The host_cache Table"), but only with performance_schema, which
    small RDS instances run without.
    """
    shown = server.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    if kept_way.address_of(shown):
        return kept_way.SeenAs(shown, (shown,))
    try:
        rows = server.rows("SELECT ip AS ip FROM performance_schema.host_cache WHERE host = %s", (shown,))
    except MySQLError:
        return kept_way.SeenAs(shown)  # without the right to read it
    return kept_way.SeenAs(shown, tuple(sorted(str(row["ip"]) for row in rows)))


def accounts(server: Server) -> list[Account]:
    """Read every account; needs SELECT on mysql.user."""
    return [_account(row) for row in server.rows(_ACCOUNTS)]


def noted_events(server: Server) -> list[str]:
    """Read which events an earlier fence has disabled, as "schema.name": they are noted in our marks."""
    noted: set[str] = set()
    for row in server.rows(_ACCOUNTS):
        events = own_mark(_attributes(row)).get("events")
        if isinstance(events, list):
            noted.update(str(event) for event in events)
    return sorted(noted)


def noted_logs(server: Server) -> list[tuple[str, int]]:
    """Read where the binary log ended before each of our locks, as (file, position): it is noted in our marks."""
    noted: set[tuple[str, int]] = set()
    for row in server.rows(_ACCOUNTS):
        log = own_mark(_attributes(row)).get("log")
        if isinstance(log, list) and len(log) == len(("file", "position")):
            noted.add((str(log[0]), _number(log[1])))
    return sorted(noted)


def running_events(server: Server) -> list[Event]:
    """Read the events that would run: none when the scheduler is off."""
    rows = server.rows(_EVENTS)
    if str(server.value("SELECT @@event_scheduler")).upper() != "ON":
        return []
    return [Event(str(row["s"]), str(row["n"]), str(row["d"])) for row in rows]


def log_status_statement(version: str) -> str:
    """Return the statement that tells where the binary log ends: it was renamed in 8.2, the old name ended in 8.4."""
    return "SHOW BINARY LOG STATUS" if version_tuple(version) >= (8, 2, 0) else "SHOW MASTER STATUS"


def activity(server: Server, log_status: str, *, with_transactions: bool) -> Activity:
    """Look once at sessions and position, and at transactions where asked, in one round trip.

    Raises MySQLError when XA RECOVER is not allowed: prepared transactions are unknown then, so dangerous.
    """
    # The position comes last: what was still in the list of transactions can only be in it, never after it.
    asked = [_TRANSACTIONS, "XA RECOVER"] if with_transactions else []
    sessions, *rest, status = server.rows_each([_SESSIONS, *asked, log_status])
    transactions = None
    prepared = None
    in_transaction: set[int] = set()
    if rest:
        transactions = tuple(
            Transaction(_number(row["thread"]), str(row["state"]), _number(row["row_count"])) for row in rest[0]
        )
        in_transaction = {transaction.thread for transaction in transactions}
        prepared = len(rest[1])
    return Activity(
        sessions=tuple(_session(row, in_transaction) for row in sessions),
        transactions=transactions,
        prepared=prepared,
        position=_position(status, server.name),
    )


def position(server: Server) -> Position:
    """Read where the binary log ends."""
    version = server.text("SELECT @@version")
    return _position(server.rows(log_status_statement(version)), server.name)


def has_procedure(server: Server, schema: str, name: str) -> bool:
    """Whether a stored procedure exists, such as mysql.rds_kill."""
    sql = "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=%s AND ROUTINE_NAME=%s"
    return server.number(sql, (schema, name)) > 0


def _position(rows: list[Row], name: str) -> Position:
    if not rows:
        raise MySQLError(f"{name} has no binary log: nothing can be salvaged from it; turn on backups and log_bin")
    row = rows[0]
    gtid = GtidSet.parse(_text(row["Executed_Gtid_Set"]))
    return Position(gtid, str(row["File"]), _number(row["Position"]))


def _session(row: Row, in_transaction: set[int]) -> Session:
    thread = _number(row["Id"])
    return Session(
        id=thread,
        user=str(row["User"]),
        host=str(row["Host"]),
        command=str(row["Command"]),
        seconds=_number(row["Time"]),
        in_transaction=thread in in_transaction,
    )


def _account(row: Row) -> Account:
    return Account(
        user=_text(row["User"]),
        host=_text(row["Host"]),
        locked=_text(row["account_locked"]) == "Y",
        marked=bool(own_mark(_attributes(row))),
    )


def _attributes(row: Row) -> dict[str, object]:
    text = _text(row["User_attributes"])
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else "" if value is None else str(value)


def _number(value: object) -> int:
    return 0 if value is None else int(str(value))
