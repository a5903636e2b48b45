"""The loader against a real server: hard tables equal to their source, killed and resumed, refused where it must be."""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import scratch_mysql
import tab_source
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.restore import engine
from failback.restore.context import NoRecord, Options
from failback.restore.loader import PieceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.restore.model import Table
    from scratch_mysql import TestServer
    from tab_source import TabBackup

SCHEMAS = ("nasty",)
KILLS = 20
SEED = 20261122


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TabBackup, dict[str, Any]]]:
    """A backup of the hard cases, and the picture a restore must give."""
    with scratch_mysql.running("restore-source") as server:
        server.root(tab_source.NASTY)
        backup = tab_source.take(server, tmp_path_factory.mktemp("backup"), SCHEMAS)
        picture = tab_source.picture(server, SCHEMAS)
    return backup, picture


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with scratch_mysql.running("restore-target") as started:
        yield started


@pytest.fixture
def target(server: TestServer) -> TestServer:
    """The server without user tables, writable, with its usual settings."""
    return wiped(server)


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


def test_everything_comes_back_and_a_second_run_changes_nothing(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, picture = source
    before = settings(target)
    first = restore(target, backup)
    assert tab_source.picture(target, SCHEMAS) == picture
    assert settings(target) == before.replace("OFF\t0", "OFF\t1"), "only super_read_only differs"
    assert first.stages["data"].evidence["rows"] == sum(row["n"] for row in _counts(target, backup))
    assert backup.position.gtid in target.root("SELECT @@GLOBAL.gtid_purged")
    binlogged = target.root("SELECT @@GLOBAL.gtid_executed")
    again = restore(target, backup)
    assert not again.changed
    assert target.root("SELECT @@GLOBAL.gtid_executed") == binlogged, "nothing reaches the binary log"


def _counts(server: TestServer, backup: TabBackup) -> list[Any]:
    with server.connect() as link:
        return [
            link.row(f"SELECT COUNT(*) AS n FROM `{t.schema}`.`{t.name.replace('`', '``')}`") for t in backup.tables
        ]


def test_rehearsal_touches_nothing_and_foresees_the_same(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, _ = source
    before = target.root("SELECT COUNT(*) FROM information_schema.tables; SELECT @@GLOBAL.gtid_executed") + settings(
        target
    )
    foreseen = {name: stage(target, backup, name, check=True) for name in engine.STAGES}
    now = target.root("SELECT COUNT(*) FROM information_schema.tables; SELECT @@GLOBAL.gtid_executed") + settings(
        target
    )
    assert now == before
    real = restore(target, backup).stages
    assert {name: result.changed for name, result in foreseen.items()} == {n: r.changed for n, r in real.items()}
    assert foreseen["indexes"].after["indexes"] == real["indexes"].after["indexes"]


def test_killed_at_random_moments_the_result_is_the_same(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, picture = source
    small = tab_source.smaller(backup, 1_500)
    started = time.monotonic()
    restore(target, small)
    whole = time.monotonic() - started
    wiped(target)
    choose = random.Random(SEED)  # noqa: S311 - moments, not secrets
    killed = resumed = 0
    while killed < KILLS:
        child = in_a_child(target, small)
        child.join(choose.uniform(0.02, whole))
        if child.is_alive():
            child.kill()
            child.join()
            killed += 1
            resumed += 1
            continue
        assert child.exitcode == 0
        assert tab_source.picture(target, SCHEMAS) == picture
        wiped(target)
        resumed = 0
    restore(target, small)
    assert tab_source.picture(target, SCHEMAS) == picture
    assert settings(target).split("\t")[0] == "0", "local_infile is back"
    assert settings(target).endswith("ON"), "the redo log is on"
    assert not restore(target, small).changed


def test_a_killed_server_without_its_redo_log_is_lost_and_named(source: tuple[TabBackup, dict[str, Any]]) -> None:
    backup, _ = source
    noted: list[str] = []

    class Recorder(NoRecord):
        def note(self, kind: str, **fields: object) -> None:
            noted.append(f"{kind}: {fields.get('text')}")

    with scratch_mysql.running("restore-lost") as server:
        with engine.opened(server.login(), backup, Options(), recorder=Recorder()) as context:
            engine.run_stage(context, "schema")
        server.shell("touch /stay; kill -9 $(pidof mysqld)")  # it is started again and again, in vain
        with pytest.raises(UnreachableError):
            restore(server, backup)
        limit = time.monotonic() + 30
        while "redo logging was disabled" not in scratch_mysql.logs(server, 200):
            assert time.monotonic() < limit, scratch_mysql.logs(server)
            time.sleep(0.2)
        assert "rebuild the server and start the restore again" in "".join(noted)


def test_a_killed_server_with_its_redo_log_goes_on(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, picture = source
    small = tab_source.smaller(backup, 1_500)
    noted: list[str] = []

    class Recorder(NoRecord):
        def note(self, kind: str, **_fields: object) -> None:
            noted.append(kind)

    stage(target, small, "schema", fast=False)
    child = in_a_child(target, small, fast=False)
    time.sleep(0.15)
    target.crash()
    child.join()
    assert child.exitcode in {0, 3}
    time.sleep(3)
    with engine.opened(target.login(), small, Options(fast=False), recorder=Recorder()) as context:
        for name in engine.STAGES:
            engine.run_stage(context, name)
    assert tab_source.picture(target, SCHEMAS) == picture
    if child.exitcode == 3:
        assert noted == ["restore_server_restarted"]


def test_what_stands_in_the_way_is_refused_or_moved_aside(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, picture = source
    target.root(
        "CREATE DATABASE nasty; CREATE TABLE nasty.self (mine int PRIMARY KEY); INSERT INTO nasty.self VALUES (7);"
        "CREATE VIEW nasty.void AS SELECT 1 AS x;"
        "CREATE TRIGGER nasty.t BEFORE INSERT ON nasty.self FOR EACH ROW SET @a=1"
    )
    with pytest.raises(RefusedError, match=r"1 table, 1 view stand in the way \(nasty.self, nasty.void\)"):
        restore(target, backup)
    assert target.root("SELECT mine FROM nasty.self") == "7"
    assert not target.root("SHOW DATABASES LIKE 'rollback_runner%'")
    done = restore(target, backup, replace=True)
    aside = done.stages["schema"].evidence["moved_aside_to"][0]
    assert target.root(f"SELECT mine FROM {aside}.self") == "7"
    assert "SELECT" in target.root(f"SELECT definition FROM {aside}.rollback_runner_programs WHERE kind='view'").upper()
    assert "not used" in done.stages["schema"].evidence["fast_settings"]
    assert tab_source.picture(target, SCHEMAS) == {
        **picture,
        "nasty": target.root("SHOW CREATE DATABASE nasty").split("\t")[1],
    }


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


def test_a_row_that_would_be_changed_is_named_and_not_kept(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer, tmp_path: Path
) -> None:
    bad = changed_rows(source[0], "nasty.old", b"\n17\t", b"\nseventeen\t", tmp_path)
    with pytest.raises(PieceError, match=r"table nasty.old, piece nasty.old.txt#0, row 17 of it: Incorrect integer"):
        restore(target, bad)
    wiped(target)
    twice = changed_rows(source[0], "nasty.self", b"\n20\t19", b"\n19\t18", tmp_path)
    with pytest.raises(
        PieceError, match=r"nasty.self, piece nasty.self.txt#0: Duplicate entry '19' for key 'self.PRIMA"
    ):
        restore(target, twice)
    assert target.root("SELECT COUNT(*) FROM nasty.self") == "0"


def test_a_unique_row_that_comes_twice_is_found_when_the_index_is_made(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer, tmp_path: Path
) -> None:
    bad = changed_rows(source[0], "nasty.clustered", b"\n5\t995\t", b"\n5\t996\t", tmp_path)
    with pytest.raises(FailbackError, match=r"rows of nasty.clustered break a UNIQUE key .*b: b=996, rows found=2"):
        restore(target, bad)


def test_an_orphan_row_is_named(source: tuple[TabBackup, dict[str, Any]], target: TestServer, tmp_path: Path) -> None:
    bad = changed_rows(source[0], "nasty.self", b"\n400\t399", b"\n400\t777", tmp_path)
    with pytest.raises(FailbackError, match=r"nasty.self.self_up -> nasty.self: 1 rows, such as \(id=400, up=777\)"):
        restore(target, bad)
    with pytest.raises(RefusedError, match="is not done: foreign_keys, programs must be run first"):
        stage(target, bad, "finish")


def test_another_backup_is_not_mixed_in(source: tuple[TabBackup, dict[str, Any]], target: TestServer) -> None:
    backup, picture = source
    older = replace(backup, size=backup.size + 1, url="/older")
    for name in ("schema", "data"):
        stage(target, older, name)
    with pytest.raises(RefusedError, match=r"begun from /older.*must not be mixed"):
        stage(target, backup, "data")
    restore(target, backup, restart=True)
    assert tab_source.picture(target, SCHEMAS) == picture


def test_only_chosen_tables_beside_others(source: tuple[TabBackup, dict[str, Any]], target: TestServer) -> None:
    backup, picture = source
    target.root(
        "CREATE DATABASE nasty; CREATE TABLE nasty.mine (id int PRIMARY KEY); INSERT INTO nasty.mine VALUES (1)"
    )
    done = restore(target, backup, tables=("nasty.self", "nasty.void"), read_only=False)
    assert target.root("SHOW TABLES FROM nasty").split() == ["mine", "self", "void"]
    got = tab_source.picture(target, SCHEMAS)
    assert got["nasty.self#"] == picture["nasty.self#"]
    assert got["trigger nasty.self_ai"] == picture["trigger nasty.self_ai"]
    assert "1 other tables, nasty.mine" in str(done.stages["schema"].evidence["fast_settings"])
    assert target.root("SELECT @@super_read_only") == "0"


def test_what_the_server_cannot_take_is_refused_before_anything_is_made(
    source: tuple[TabBackup, dict[str, Any]], target: TestServer
) -> None:
    backup, _ = source
    table = backup.tables[0]
    strange = _with(
        backup, "nasty.odd", "CREATE TABLE odd (a int, b varchar(9) COLLATE utf8mb4_klingon_ci) ENGINE=RocksDB"
    )
    with pytest.raises(RefusedError, match=r"collation utf8mb4_klingon_ci is unknown.*storage engine ROCKSDB"):
        restore(target, strange)
    program = replace(backup.programs[0], sql_mode="NO_SUCH_MODE")
    with pytest.raises(RefusedError, match="sql_mode NO_SUCH_MODE"):
        restore(target, replace(backup, programs=(program,)))
    with pytest.raises(RefusedError, match="newer than this server"):
        restore(target, replace(backup, server_version="99.1.0"))
    assert table.schema not in target.root("SHOW DATABASES").split()


def _with(backup: TabBackup, label: str, create: str) -> TabBackup:
    schema, _, name = label.partition(".")
    made: Table = type(backup.tables[0])(schema, name, create)
    return replace(backup, tables=(*backup.tables, made))
