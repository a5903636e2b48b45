"""Restoring the hard cases: a wiped server, stages alone, a child that can be killed, a backup with other rows."""

from __future__ import annotations

import multiprocessing
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import tab_source
from failback.errors import UnreachableError
from failback.restore import engine
from failback.restore.context import Options

if TYPE_CHECKING:
    from pathlib import Path

    from scratch_mysql import TestServer
    from tab_source import TabBackup

SCHEMAS = ("nasty",)


def wiped(server: TestServer) -> TestServer:
    server.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    listed = "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN"
    for schema in server.root(f"{listed} ('mysql', 'sys', 'information_schema', 'performance_schema')").split("\n"):
        server.root(f"SET sql_log_bin=0; DROP DATABASE IF EXISTS `{schema}`" if schema else "DO 0")
    server.root(
        "ALTER INSTANCE ENABLE INNODB REDO_LOG; SET GLOBAL local_infile=0;"
        " SET GLOBAL innodb_flush_log_at_trx_commit=2; RESET BINARY LOGS AND GTIDS"
    )
    return server


def restore(server: TestServer, backup: TabBackup, **options: Any) -> engine.Restored:
    return engine.restore(server.login(), backup, Options(**options))


def stage(server: TestServer, backup: TabBackup, name: str, *, check: bool = False, **options: Any) -> Any:
    with engine.opened(server.login(), backup, Options(**options), check=check) as context:
        return engine.run_stage(context, name)


def in_a_child(server: TestServer, backup: TabBackup, **options: Any) -> multiprocessing.Process:
    child = multiprocessing.get_context("fork").Process(target=_quietly, args=(server, backup, options), daemon=True)
    child.start()
    return child


def _quietly(server: TestServer, backup: TabBackup, options: dict[str, Any]) -> None:
    try:
        restore(server, backup, **options)
    except UnreachableError:
        sys.exit(3)


def settings(server: TestServer) -> str:
    return server.root(
        "SELECT @@local_infile, @@innodb_flush_log_at_trx_commit, @@sync_binlog, @@event_scheduler, @@super_read_only;"
        " SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'"
    )


def changed_rows(backup: TabBackup, label: str, old: bytes, new: bytes, tmp_path: Path) -> TabBackup:
    """The same backup with other bytes in one table's file."""
    table = next(t for t in backup.tables if t.label == label)
    data = backup.rows_of(table)
    assert old in data
    copy = tmp_path / "changed"
    for each in backup.tables:
        path = copy / each.schema / f"{tab_source.file_name(each.name)}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(backup.rows_of(each) if each.label != label else data.replace(old, new, 1))
    return replace(backup, directory=copy, url=str(copy))
