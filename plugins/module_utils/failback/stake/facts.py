"""Reads both servers into what the stake is judged from. Only looks, with small questions: RDS is serving."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback import idc_data, observe
from failback.errors import FailbackError, MySQLError
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.stake.replay import Ability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SETTINGS = (
    "log_bin", "gtid_mode", "binlog_format", "binlog_row_image", "binlog_row_metadata", "binlog_row_value_options",
    "innodb_native_foreign_keys", "lower_case_table_names",
)  # fmt: skip
_TABLES = (
    "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, ENGINE AS e, TABLE_ROWS AS n FROM information_schema.TABLES"
    " WHERE TABLE_TYPE = 'BASE TABLE'"
    " AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
)
_KEYS = (
    "SELECT s.TABLE_SCHEMA AS s, s.TABLE_NAME AS t, c.ORDINAL_POSITION AS p FROM information_schema.STATISTICS s"
    " JOIN information_schema.COLUMNS c USING (TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME)"
    " WHERE s.INDEX_NAME = 'PRIMARY' ORDER BY s.TABLE_SCHEMA, s.TABLE_NAME, s.SEQ_IN_INDEX"
)
_CASCADES = (
    "SELECT CONSTRAINT_SCHEMA AS cs, TABLE_NAME AS c, UNIQUE_CONSTRAINT_SCHEMA AS ps, REFERENCED_TABLE_NAME AS p,"
    " DELETE_RULE AS d, UPDATE_RULE AS u FROM information_schema.REFERENTIAL_CONSTRAINTS"
    " WHERE DELETE_RULE IN ('CASCADE', 'SET NULL') OR UPDATE_RULE IN ('CASCADE', 'SET NULL')"
)
_FILTERS = (
    "SELECT FILTER_NAME AS n, FILTER_RULE AS r FROM performance_schema.replication_applier_global_filters"
    " UNION SELECT FILTER_NAME, FILTER_RULE FROM performance_schema.replication_applier_filters"
)
_OVERTAKEN = 2.0  # seconds until RDS must show what IDC has got from it
_POLL = 0.05


@dataclass(frozen=True)
class Cascade:
    """A foreign key that changes ``child`` when ``parent`` is changed."""

    child: str
    parent: str
    on_delete: bool
    on_update: bool


@dataclass(frozen=True)
class Rds:
    """RDS as it is; ``silent`` says why when it cannot be asked."""

    silent: str = ""
    who: observe.Identity | None = None
    settings: dict[str, str] = field(default_factory=dict)
    logs: tuple[tuple[str, int], ...] = ()  # name, bytes; oldest first
    retention: str = ""  # hours, "" not known
    keys: dict[str, tuple[int, ...]] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)  # by table of the service
    cascades: tuple[Cascade, ...] = ()
    unlogged: str = ""  # schemas the server leaves out of its binary log, in words
    left_out: tuple[str, ...] = ()  # those of the service among them
    prepared: int | None = None  # XA transactions that wait; None: not to be seen
    fenced: bool = False

    @property
    def executed(self) -> GtidSet:
        """All that it committed."""
        return self.who.executed if self.who else GtidSet()

    @property
    def purged(self) -> GtidSet:
        """All that is no longer in its binary logs."""
        return self.who.purged if self.who else GtidSet()

    @property
    def hides_cascades(self) -> bool:
        """Whether InnoDB cascades by itself, below the binary log. The server itself (from 9.6 on) logs each row."""
        return self.settings.get("innodb_native_foreign_keys", "ON").upper() in {"ON", "1"}


@dataclass(frozen=True)
class Idc:
    """IDC as it is; ``data`` tells whether it can be asked."""

    data: idc_data.IdcData
    who: observe.Identity | None = None
    tables: dict[str, int] = field(default_factory=dict)  # by name: its own estimate of the rows
    filters: tuple[tuple[str, str], ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    ability: Ability = field(default_factory=lambda: Ability("0.0.0"))

    @property
    def executed(self) -> GtidSet:
        """All that it committed."""
        return self.who.executed if self.who else GtidSet()


def read_idc(login: Login, cutover: GtidSet, schemas: Sequence[str]) -> Idc:
    """Read IDC; a server that cannot be asked is a fact, too."""
    try:
        with Server.connect(login, name="IDC") as server:
            who = observe.identity(server)
            rows = server.rows(_TABLES)
            tables = {_label(row): int(str(row["n"] or 0)) for row in rows}
            counted = {name: sum(label.startswith(f"{name}.") for label in tables) for name in schemas}
            writable = not who.read_only and not who.super_read_only
            data = idc_data.judge(who.executed, cutover, counted, schemas, writable=writable)
            return Idc(data, who, tables, _filters(server), _settings(server), _ability(server, who.version))
    except FailbackError as error:
        if error.refused:
            raise  # the inventory is wrong, not the server
        return Idc(idc_data.silent(str(error)))


def read_rds(login: Login, idc: GtidSet, schemas: Sequence[str]) -> Rds:
    """Read RDS; a server that cannot be asked is a fact, too. ``idc`` is what IDC had right before."""
    try:
        with Server.connect(login, name="RDS") as server:
            who = _identity(server, idc)
            tables = [row for row in server.rows(_TABLES) if str(row["s"]) in schemas]
            logs, only, never = _logs(server, who.version)
            return Rds(
                who=who,
                settings=_settings(server),
                logs=logs,
                retention=_retention(server),
                keys=_keys(server),
                engines={_label(row): str(row["e"]) for row in tables},
                cascades=tuple(_cascade(row) for row in server.rows(_CASCADES)),
                unlogged=f"all but {only}" if only else never,
                left_out=_left_out(only, never, schemas),
                prepared=_prepared(server),
                fenced=_fenced(server),
            )
    except FailbackError as error:
        if error.refused:
            raise
        return Rds(silent=str(error))


def _identity(server: Server, idc: GtidSet) -> observe.Identity:
    """Read who it is; again, while IDC seems to have more from it than it has itself (see ``mysql_gate``)."""
    deadline = time.monotonic() + _OVERTAKEN
    while True:
        who = observe.identity(server)
        if not (idc - who.executed).of_server(who.uuid) or time.monotonic() >= deadline:
            return who
        time.sleep(_POLL)


def _settings(server: Server) -> dict[str, str]:
    wanted = ", ".join(f"'{name}'" for name in _SETTINGS)
    rows = server.rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({wanted})")
    return {str(row["Variable_name"]): str(row["Value"]) for row in rows}


def _logs(server: Server, version: str) -> tuple[tuple[tuple[str, int], ...], str, str]:
    """Return the logs, and the schemas that alone are logged, and those that are not, as the server lists them."""
    try:
        rows = server.rows("SHOW BINARY LOGS")
        status = server.rows(observe.log_status_statement(version))
    except MySQLError:
        return (), "", ""  # no binary log, or no right to see it: reading it will say which
    row = status[0] if status else {}
    only, never = (str(row.get(name) or "") for name in ("Binlog_Do_DB", "Binlog_Ignore_DB"))
    return tuple((str(log["Log_name"]), int(str(log["File_size"]))) for log in rows), only, never


def _left_out(only: str, never: str, schemas: Sequence[str]) -> tuple[str, ...]:
    """Tell which schemas of the service the binary log leaves out; a list of what is logged goes before the other."""
    alone, not_those = ({part.strip() for part in text.split(",") if part.strip()} for text in (only, never))
    return tuple(name for name in schemas if (name not in alone if alone else name in not_those))


def _prepared(server: Server) -> int | None:
    try:
        return len(server.rows("XA RECOVER"))
    except MySQLError:
        return None  # no right to see them: the tally tells those since the cut-over


def _retention(server: Server) -> str:
    try:
        value = server.value("SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'")
    except MySQLError:
        return ""  # not RDS, or its table is hidden
    return "0" if value is None else str(value)


def _keys(server: Server) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for row in server.rows(_KEYS):
        label = _label(row)
        found[label] = (*found.get(label, ()), int(str(row["p"])) - 1)
    return found


def _label(row: Mapping[str, object]) -> str:
    return f"{row['s']}.{row['t']}"


def _cascade(row: Mapping[str, object]) -> Cascade:
    return Cascade(
        f"{row['cs']}.{row['c']}",
        f"{row['ps']}.{row['p']}",
        on_delete=str(row["d"]) in {"CASCADE", "SET NULL"},
        on_update=str(row["u"]) in {"CASCADE", "SET NULL"},
    )


def _fenced(server: Server) -> bool:
    try:
        return any(account.marked for account in observe.accounts(server))
    except MySQLError:
        return False


def _filters(server: Server) -> tuple[tuple[str, str], ...]:
    try:
        rows = server.rows(_FILTERS)
    except MySQLError:
        return ()  # no such tables before 8.0, or no right to read them
    return tuple((str(row["n"]), str(row["r"])) for row in rows)


def _ability(server: Server, version: str) -> Ability:
    engines = server.rows("SELECT ENGINE AS e FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT')")
    collations = server.rows("SELECT COLLATION_NAME AS c FROM information_schema.COLLATIONS")
    closed = server.rows("SHOW GLOBAL VARIABLES LIKE 'disabled_storage_engines'")
    refused = {part.strip().lower() for part in str(closed[0]["Value"]).split(",")} if closed else set()
    return Ability(
        version,
        frozenset(str(row["e"]).lower() for row in engines) - refused,
        frozenset(str(row["c"]).lower() for row in collations),
    )
