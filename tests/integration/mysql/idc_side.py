"""Run one action plugin as Ansible would, without an ansible-playbook around it; and put the pair of servers back."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

if TYPE_CHECKING:
    import mysql_pair

ACTIONS = Path(__file__).resolve().parents[3] / "plugins" / "action"


def load(name: str) -> Any:
    """Import plugins/action/<name>.py the way Ansible does: by path."""
    spec = importlib.util.spec_from_file_location(f"action_{name}", ACTIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_action(
    name: str,
    args: dict[str, Any],
    *,
    check: bool = False,
    host: str = "shop-db",
    task_vars: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Run a plugin on the local connection and return its result."""
    task = MagicMock()
    task.args, task.check_mode, task.diff, task.async_val, task.action = args, check, False, 0, name
    task.get_name.return_value = f"IDC-00 | {name}"
    connection = MagicMock()
    connection.transport = "local"
    action = load(name).ActionModule(
        task=task,
        connection=connection,
        play_context=SimpleNamespace(remote_addr="127.0.0.1"),
        loader=MagicMock(),
        templar=MagicMock(),
        shared_loader_obj=MagicMock(),
    )
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": host, **(task_vars or {})})
    return result


def replication(pair: mysql_pair.Pair) -> dict[str, Any]:
    """How IDC reaches RDS: db_replication of the inventory. The CA is not on the IDC server here."""
    return pair.rds.login_dict("repl") | {"ca_file": ""}


def fresh(pair: mysql_pair.Pair) -> None:
    """Both servers as right after the cut-over: no channel, equal data, equal GTID history, IDC read-only."""
    schema = (
        "SET NAMES utf8mb4; SET sql_log_bin=0; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;"
        "CREATE TABLE write_ledger (id bigint AUTO_INCREMENT PRIMARY KEY, token char(36) NOT NULL,"
        " client varchar(32), note varchar(64), created_at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), KEY (token));"
        "CREATE TABLE items (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(64), price decimal(10,2));"
        "CREATE TABLE markers (id bigint AUTO_INCREMENT PRIMARY KEY, token char(36) NOT NULL);"
        "CREATE TABLE visits (page varchar(20), at datetime(6));"
        "CREATE TABLE kinds (code varchar(12), part int, t text, j json, f float, d double, b varbinary(16),"
        " bits bit(9), s set('x','y'), ts timestamp(3) NULL, doubled int GENERATED ALWAYS AS (part * 2) STORED,"
        " tripled int GENERATED ALWAYS AS (part * 3) VIRTUAL, PRIMARY KEY (code, part));"
        "INSERT INTO items (name, price) VALUES ('a', 1.00), ('b', 2.50), (NULL, 3), ('', 4);"
        "INSERT INTO visits VALUES ('home', '2026-01-01'), ('home', '2026-01-01'), ('cart', NULL);"
        "INSERT INTO kinds (code, part, t, j, f, d, b, bits, s, ts) VALUES"
        " ('가#나', 1, 'long', '{\"b\": 1, \"a\": [1, 2]}', 1.1, 1e-300, 0xff00, b'101', 'x,y',"
        " '2026-01-01 00:00:00.125'),"
        " ('plain', 2, NULL, NULL, NULL, -0.0, NULL, NULL, NULL, NULL);"
    )
    # The fence's locks and marks, undone on both sides in the same breath.
    unlock = (
        "SET sql_log_bin=0; ALTER USER rr_admin@'%', shop_app@'%', report@'%', shop_batch@'%', repl@'%' ACCOUNT UNLOCK"
        ' ATTRIBUTE \'{"rollback_runner": null, "other": null}\';'
    )
    history = f"RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged='{pair.cutover}';"
    pair.idc.root(
        "SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; STOP REPLICA; RESET REPLICA ALL;"
        f"RESET PERSIST IF EXISTS super_read_only; RESET PERSIST IF EXISTS read_only;{unlock}{schema}{history}"
        "SET GLOBAL event_scheduler=OFF; SET GLOBAL super_read_only=1;"
    )
    pair.rds.root(f"SET GLOBAL super_read_only=0; SET GLOBAL read_only=0;{unlock}{schema}{history}")


def durable(server: mysql_pair.TestServer) -> None:
    """Settings that promotion insists on; the test servers start relaxed."""
    server.root("SET GLOBAL sync_binlog=1; SET GLOBAL innodb_flush_log_at_trx_commit=1")


def write_rows(pair: mysql_pair.Pair, count: int) -> None:
    """Give RDS ``count`` transactions that IDC has not."""
    with pair.rds.connect("shop_app") as app:
        for number in range(count):
            app.execute(
                "INSERT INTO shop.write_ledger (token, client) VALUES (%s, 'test')", (f"t-{number}-{time.time_ns()}",)
            )


def app(pair: mysql_pair.Pair) -> dict[str, str]:
    """The application's own account: db_app_login of the inventory."""
    return {"user": "shop_app", "password_file": str(pair.idc.secrets / "shop_app")}


def position(server: mysql_pair.TestServer) -> str:
    """gtid_executed, in one line."""
    return server.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "")


def follow(pair: mysql_pair.Pair, *, check: bool = False, **more: Any) -> dict[str, Any]:
    """Run mysql_channel."""
    args = {"idc": pair.idc.login_dict(), "aws": pair.rds.login_dict(), "replication": replication(pair)}
    return run_action("mysql_channel", args | more, check=check)


def salvage(pair: mysql_pair.Pair, final: str, *, check: bool = False, **more: Any) -> dict[str, Any]:
    """Run mysql_salvage."""
    args = {"idc": pair.idc.login_dict(), "aws": pair.rds.login_dict(), "final": final, "cutover_gtid": pair.cutover}
    return run_action("mysql_salvage", args | more, check=check)


def caught_up(pair: mysql_pair.Pair) -> str:
    """Let IDC have all of RDS and follow no more; returns FINAL."""
    assert "failed" not in follow(pair)
    final = position(pair.rds)
    assert "failed" not in salvage(pair, final)
    return final


def planted(pair: mysql_pair.Pair, sql: str) -> None:
    """Change IDC behind everybody's back, without a trace in its GTIDs."""
    pair.idc.root(
        f"SET NAMES utf8mb4; SET GLOBAL super_read_only=0; SET sql_log_bin=0; {sql}; SET GLOBAL super_read_only=1"
    )
