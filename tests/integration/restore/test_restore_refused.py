"""What a restore must not take or must not touch: refused, with the table, the row or the name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tab_source
from failback.errors import FailbackError, RefusedError
from failback.restore.loader import PieceError
from restore_side import SCHEMAS, changed_rows, restore, stage, wiped

if TYPE_CHECKING:
    from pathlib import Path

    from failback.restore.model import Table
    from scratch_mysql import TestServer
    from tab_source import TabBackup


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
