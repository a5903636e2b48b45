"""Reads one server into the facts the gate judges. Only looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import fence_plan, grants, kept_way, observe, write_test
from failback.errors import FailbackError, LoginRefusedError, MySQLError
from failback.gate import SideFacts
from failback.mysql import Login, Server, version_tuple
from failback.sql import quote_account, quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANNEL = "rollback_runner"
_SETTINGS = (
    "log_bin", "binlog_format", "binlog_row_image", "binlog_row_value_options", "gtid_mode",
    "enforce_gtid_consistency", "log_replica_updates", "log_slave_updates", "lower_case_table_names", "time_zone",
    "system_time_zone", "max_allowed_packet", "binlog_row_metadata", "event_scheduler",
)  # fmt: skip
_BYPASSING = (
    "SELECT DISTINCT GRANTEE AS g FROM information_schema.USER_PRIVILEGES"
    " WHERE PRIVILEGE_TYPE IN ('SYSTEM_USER', 'SUPER', 'CONNECTION_ADMIN')"
)


@dataclass(frozen=True)
class Scope:
    """What to ask. ``rds``: this is the side where the fence goes up."""

    exempt: tuple[str, ...]
    schemas: tuple[str, ...]
    rds: bool
    marker: tuple[str, str] = ("", "")  # table ([schema.]table) and column of the write right after the promotion


def read(server: Server, login: Login, app: Login | None, scope: Scope) -> SideFacts:
    """Read everything the gate asks of this side."""
    rds, exempt = scope.rds, scope.exempt
    who = observe.identity(server)
    granted = _grants(server)
    privileges = grants.global_privileges(granted)
    accounts = observe.accounts(server) if rds else []
    to_lock = fence_plan.accounts_to_lock(accounts, exempt)
    fenced = bool(fence_plan.accounts_to_open(accounts))
    return SideFacts(
        who=who,
        expected_uuid=login.server_uuid,
        settings=_settings(server),
        privileges=privileges,
        running_channels=_channels(server, who.version, rds=rds),
        prepared=_prepared(server) if rds else 0,
        missing_schemas=_missing(server, scope.schemas),
        # Behind our own fence the application is meant to be refused.
        app_login="" if app is None or fenced else _try_login(app),
        open_accounts=tuple(str(account) for account in to_lock),
        marked_accounts=tuple(str(account) for account in fence_plan.accounts_to_open(accounts)),
        bypassing=_bypassing(server, to_lock, privileges) if rds else (),
        foreign_events=_foreign_events(server, exempt, privileges) if rds else (),
        lacks=() if rds else _lacks(server, granted, scope.schemas),
        app_lacks="" if rds or app is None else _app_lacks(server, app, scope),
        seen_as=observe.seen_as(server) if rds else kept_way.SeenAs(""),
        extra=_extra(server) if rds else {},
    )


def _lacks(server: Server, granted: list[str], schemas: Sequence[str]) -> tuple[str, ...]:
    """Name what the tool's account on IDC will need after the promotion and has not; the global ones apart."""
    found = []
    for schema in schemas:
        have = grants.privileges_on(granted, schema)
        needs = grants.lacking(have, grants.SCHEMA_NEEDS)
        found += [f"{what} in {schema}: GRANT {names} ON {quote_name(schema)}.*" for what, names in needs.items()]
    tool = server.text("SELECT CURRENT_USER()")
    rows = server.rows("SELECT EVENT_SCHEMA AS s, DEFINER AS d FROM information_schema.EVENTS")
    if any(str(row["s"]) in schemas and str(row["d"]) != tool for row in rows):
        needs = grants.lacking(grants.global_privileges(granted), grants.DEFINER_NEEDS)
        found += [f"{what}: GRANT {names} ON *.*" for what, names in needs.items()]
    return tuple(found)


def _app_lacks(server: Server, app: Login, scope: Scope) -> str:
    """Say what the application's account lacks for the write right after the promotion; "" when it has it.

    A table that is not on IDC yet may still come over from RDS, so it is not missed here.
    """
    table, column = scope.marker
    try:
        target = write_test.find_table(server, {"table": table, "column": column}, scope.schemas)
        with Server.connect(app) as session:
            have = grants.privileges_on(_grants(session), target.schema, target.table)
    except FailbackError:
        return ""  # no table, or it does not get in: both are said elsewhere
    wanted = ("INSERT", "SELECT") if target.marker else ("UPDATE",)
    missing = grants.lacking(have, {name: (name,) for name in wanted})
    return f"{' and '.join(missing)} on {target.label}" if missing else ""


def _grants(server: Server) -> list[str]:
    roles = server.text("SELECT CURRENT_ROLE()")
    using = "" if roles in {"", "NONE"} else f" USING {roles}"
    user, _, host = server.text("SELECT CURRENT_USER()").rpartition("@")
    rows = server.rows(f"SHOW GRANTS FOR {quote_account(user, host)}{using}")
    return [str(next(iter(row.values()))) for row in rows]


def _settings(server: Server) -> dict[str, str]:
    names = ", ".join(f"'{name}'" for name in _SETTINGS)
    rows = server.rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")
    found = {str(row["Variable_name"]): str(row["Value"]) for row in rows}
    if "log_slave_updates" in found:  # its name before 8.0.26
        found.setdefault("log_replica_updates", found.pop("log_slave_updates"))
    return found


def _channels(server: Server, version: str, *, rds: bool) -> tuple[str, ...]:
    """Name the running channels, ours on IDC left out."""
    word = "REPLICA" if version_tuple(version) >= (8, 0, 22) else "SLAVE"
    running: list[str] = []
    for row in server.rows(f"SHOW {word} STATUS"):
        name = str(row.get("Channel_Name") or "")
        io = row.get("Replica_IO_Running", row.get("Slave_IO_Running"))
        sql = row.get("Replica_SQL_Running", row.get("Slave_SQL_Running"))
        if (io != "No" or sql != "No") and (rds or name != CHANNEL):
            running.append(name or "the default channel")
    return tuple(running)


def _prepared(server: Server) -> int | None:
    try:
        return len(server.rows("XA RECOVER"))
    except MySQLError:
        return None


def _missing(server: Server, schemas: Sequence[str]) -> tuple[str, ...]:
    there = {str(row["s"]) for row in server.rows("SELECT SCHEMA_NAME AS s FROM information_schema.SCHEMATA")}
    return tuple(name for name in schemas if name not in there)


def _try_login(app: Login) -> str:
    try:
        Server.connect(app).close()
    except LoginRefusedError as error:
        return f"{error}; correct db_app_login"
    except FailbackError as error:
        return str(error)
    return ""


def _bypassing(server: Server, accounts: Sequence[fence_plan.Account], privileges: set[str]) -> tuple[str, ...]:
    if "SYSTEM_USER" in privileges:
        return ()  # then the tool can lock them like any other
    able = {str(row["g"]) for row in server.rows(_BYPASSING)}
    return tuple(str(account) for account in accounts if f"'{account.user}'@'{account.host}'" in able)


def _foreign_events(server: Server, exempt: Sequence[str], privileges: set[str]) -> tuple[str, ...]:
    if privileges & {"SET_ANY_DEFINER", "SET_USER_ID", "SUPER"}:
        return ()
    tool = server.text("SELECT CURRENT_USER()")
    events = observe.running_events(server)
    return tuple(
        str(event) for event in events if event.definer != tool and event.definer.rpartition("@")[0] not in exempt
    )


def _extra(server: Server) -> dict[str, object]:
    """Worth knowing, refused by nobody: how long RDS keeps its binary logs, and how much is in them."""
    logs = server.rows("SHOW BINARY LOGS")
    size = sum(int(str(row["File_size"])) for row in logs)
    found: dict[str, object] = {"binary_logs": len(logs), "binary_log_bytes": size}
    try:
        value = server.value("SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'")
    except MySQLError:
        return found  # not RDS, or its table is hidden
    return found | {"binlog_retention_hours": None if value is None else str(value)}
