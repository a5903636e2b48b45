"""The loader against a real server: hard tables equal to their source, a second run changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tab_source
from failback.restore import engine
from restore_side import SCHEMAS, restore, settings, stage

if TYPE_CHECKING:
    from scratch_mysql import TestServer
    from tab_source import TabBackup


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
