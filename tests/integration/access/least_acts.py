"""Every act of a fail-back on two real servers, through accounts that have what the page of permissions says."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from failback.access import mysql_look, mysql_needs
from failback.errors import FailbackError, UnreachableError
from idc_side import durable, fresh, run_action, write_rows
from rds_side import EXEMPT, REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import mysql_pair
    from failback.access.model import MysqlPermission
    from failback.mysql import Row, Server

TOOL = "least_tool"
REPL = "least_repl"
ROOT = "least_root"
PASSWORD = "least-password-1"
ACCOUNT = f"`{TOOL}`@`%`"
_OPEN: dict[str, Server] = {}


def as_root(server: mysql_pair.TestServer, sql: str) -> list[list[Row]]:
    """Run statements as an almighty account, outside of the binary log, on a closed server too.

    Over one connection that stays: the client inside the container takes three times as long.
    """
    statements = [one.strip() for one in sql.split(";") if one.strip()]
    for _ in range(2):
        try:
            if server.container not in _OPEN:
                _OPEN[server.container] = _root(server)
            return _OPEN[server.container].rows_each(statements)
        except UnreachableError:
            _OPEN.pop(server.container, None)  # the state of the servers was put back, and sessions ended with it
    raise AssertionError(f"{server.container} does not answer its root")


def _root(server: mysql_pair.TestServer) -> Server:
    (server.secrets / ROOT).write_text(f"{PASSWORD}\n")
    before = server.root("SELECT @@super_read_only")
    server.root(
        f"SET GLOBAL super_read_only=0; SET sql_log_bin=0; CREATE USER IF NOT EXISTS {ROOT}@'%' IDENTIFIED BY"
        f" '{PASSWORD}'; GRANT ALL ON *.* TO {ROOT}@'%' WITH GRANT OPTION;"
        f" SET GLOBAL super_read_only={before}"
    )
    connection = server.connect(ROOT)
    connection.execute("SET sql_log_bin=0")
    return connection


def closed_as_before(server: mysql_pair.TestServer, sql: str) -> None:
    """Change accounts on a server that may be closed."""
    before = next(iter(as_root(server, "SELECT @@super_read_only")[0][0].values()))
    as_root(server, f"SET GLOBAL super_read_only=0; {sql}; SET GLOBAL super_read_only={before}")


def position(server: mysql_pair.TestServer) -> object:
    """Where the binary log ends: everything that is ever changed moves it."""
    return as_root(server, "SHOW BINARY LOG STATUS")


def version(server: mysql_pair.TestServer) -> str:
    """The server's version."""
    return str(next(iter(as_root(server, "SELECT @@version")[0][0].values())))


def give(server: mysql_pair.TestServer, user: str, statements: Iterable[str]) -> None:
    """Make the account anew, with these statements and nothing more."""
    (server.secrets / user).write_text(f"{PASSWORD}\n")
    (server.secrets / user).chmod(0o600)
    made = f"DROP USER IF EXISTS {user}@'%'; CREATE USER {user}@'%' IDENTIFIED BY '{PASSWORD}'"
    closed_as_before(server, "; ".join([made, *statements]))


def prepare(
    pair: mysql_pair.Pair,
    idc: Sequence[MysqlPermission] = mysql_needs.IDC,
    rds: Sequence[MysqlPermission] = mysql_needs.RDS,
) -> None:
    """Both servers as after the cut-over, with work for every act; the tool's accounts with least privileges."""
    fresh(pair)
    durable(pair.idc)
    for server in (pair.idc, pair.rds):
        closed_as_before(server, "DROP USER IF EXISTS planner@'%'; CREATE USER planner@'%' ACCOUNT LOCK")
    of = version(pair.idc)
    give(pair.idc, TOOL, mysql_look.least(ACCOUNT, idc, ["shop"], of, foreign=True))
    give(pair.rds, TOOL, mysql_look.least(ACCOUNT, rds, ["shop"], of, foreign=True))
    give(pair.rds, REPL, mysql_look.least(f"`{REPL}`@`%`", mysql_needs.REPLICATION, [], of, foreign=False))
    pair.rds.root(
        "CREATE DEFINER=planner@'%' EVENT shop.nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO DO 0;"
        "CREATE DEFINER=planner@'%' SQL SECURITY INVOKER VIEW shop.cheap AS SELECT id FROM shop.items;"
        "CREATE DEFINER=planner@'%' TRIGGER shop.noted BEFORE INSERT ON shop.items FOR EACH ROW SET NEW.name=NEW.name;"
        # An id given out and never kept: RDS's counter is ahead of IDC's, though the rows are the same.
        "BEGIN; INSERT INTO shop.markers (token) VALUES ('gone'), ('gone'), ('gone'); ROLLBACK;"
    )
    write_rows(pair, 5)


def carry_out(pair: mysql_pair.Pair, work: Path) -> dict[str, dict[str, Any]]:
    """Run every act of switch-first in its order; the results by name. Raises AssertionError at the first refusal."""
    idc, aws = pair.idc.login_dict(TOOL), pair.rds.login_dict(TOOL)
    app = {"user": "shop_app", "password_file": str(pair.idc.secrets / "shop_app")}
    exempt = [*EXEMPT, TOOL, REPL, ROOT]
    sides = {"idc": idc, "aws": aws}
    done: dict[str, dict[str, Any]] = {}

    def act(plugin: str, name: str = "", **args: Any) -> dict[str, Any]:
        result = run_action(plugin, args)
        assert "failed" not in result, f"{name or plugin}: {result['msg']}"
        done[name or plugin] = result
        return result

    common = {"cutover_gtid": pair.cutover, "schemas": ["shop"], "exempt_users": exempt}
    replication = pair.rds.login_dict(REPL) | {"ca_file": ""}
    act("mysql_gate", **sides, **common, app_login=app, replication=replication)
    act("mysql_channel", **sides, replication=replication)
    fence = {**sides, "app_login": app, "exempt_users": exempt, "required_proofs": REQUIRED, "drain_timeout": 0.1}
    with suppress(FailbackError), pair.rds.connect("shop_app") as session:
        session.execute("START TRANSACTION")
        session.execute("UPDATE shop.items SET price = 0")
        act("mysql_fence", cutover_gtid=pair.cutover, **fence)
    final = done["mysql_fence"]["evidence"]["final"]
    act("mysql_position", aws=aws, final=final)
    act("mysql_salvage", **sides, final=final["gtid"], cutover_gtid=pair.cutover)
    act("mysql_sample", **sides, final=final["gtid"], schemas=["shop"])
    act("mysql_compare", **sides, final=final["gtid"], schemas=["shop"], mode="strict")
    act("mysql_promote", **sides, **common, app_login=app, final=final, required_proofs=REQUIRED,
        marker={"table": "markers", "column": "token"})  # fmt: skip
    act("mysql_settle", **sides, schemas=["shop"])
    act("mysql_error_log", idc=idc)
    act("mysql_orphans", idc=idc, schemas=["shop"])
    act("app_connections", server=idc, app_user="nobody", addresses=["192.0.2.1"], at_least=0)
    act("mysql_accounts", state="recorded", idc=idc, record=str(work / "accounts.json"))
    return done


def go_back(pair: mysql_pair.Pair) -> dict[str, Any]:
    """Open RDS again, as the abort does before the promotion."""
    return run_action(
        "mysql_fence",
        {
            "idc": pair.idc.login_dict(TOOL),
            "aws": pair.rds.login_dict(TOOL),
            "state": "open",
            "cutover_gtid": pair.cutover,
            "exempt_users": [*EXEMPT, TOOL, REPL, ROOT],
        },
    )


def clear(pair: mysql_pair.Pair) -> None:
    """Take the accounts away again."""
    for server in (pair.idc, pair.rds):
        if server.container in _OPEN:
            _OPEN.pop(server.container).close()
        server.root(
            "SET GLOBAL super_read_only=0; SET sql_log_bin=0;"
            f" DROP USER IF EXISTS {TOOL}@'%', {REPL}@'%', {ROOT}@'%', planner@'%'; DROP EVENT IF EXISTS shop.nightly;"
        )
