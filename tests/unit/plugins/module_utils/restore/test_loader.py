"""The loader's pure parts: the LOAD DATA statement, the order of pieces, programs, progress, settings, orphans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from failback.restore import aside, loader, orphans, preflight, progress, settings
from failback.restore.bookkeeping import digest_of, identity
from failback.restore.context import cores_of, trigger_table
from failback.restore.ddl import Index
from failback.restore.model import Backup, Dialect, Piece, Position, Program, Table
from failback.restore.order import interleaved
from failback.restore.stages import indexes

if TYPE_CHECKING:
    from pathlib import Path


def piece(label: str = "s.t", number: int = 0, size: int = 10, **more: object) -> Piece:
    schema, _, table = label.partition(".")
    return Piece(f"{label}#{number}", schema, table, size, **more)  # type: ignore[arg-type]


def test_every_byte_of_a_dialect_reaches_the_server_as_hexadecimal() -> None:
    dialect = Dialect("latin1", b"\x01'", b'"', optionally=True, lines_starting=b"(", lines_terminated=b"),(")
    assert loader.statement(piece(dialect=dialect), ["a"]) == (
        "LOAD DATA LOCAL INFILE 'rollback-runner-rows' INTO TABLE `s`.`t` CHARACTER SET latin1"
        " FIELDS TERMINATED BY 0x0127 OPTIONALLY ENCLOSED BY 0x22 ESCAPED BY 0x5c"
        " LINES STARTING BY 0x28 TERMINATED BY 0x292c28 (`a`)"
    )


def test_columns_are_taken_computed_or_thrown_away() -> None:
    told = loader.statement(
        piece(columns=("a", "b`", "g", "x"), expressions={"b`": "UNHEX({})", "x": ""}), [], generated=["G"]
    )
    assert told.endswith("(`a`, @c1, @x2, @x3) SET `b``` = UNHEX(@c1)")


def test_pieces_of_one_table_do_not_follow_each_other_where_others_are_in_sight() -> None:
    pieces = [piece("s.big", n) for n in range(6)] + [piece("s.one", 0), piece("s.two", 0)]
    order = [f"{p.table}{p.id[-1]}" for p in interleaved(pieces, 2)]
    assert sorted(order) == sorted(f"{p.table}{p.id[-1]}" for p in pieces)
    assert order[:4] == ["big0", "one0", "big1", "two0"]


def test_pieces_in_sight_are_bounded() -> None:
    taken = 0

    def endless():  # type: ignore[no-untyped-def]  # noqa: ANN202
        nonlocal taken
        while True:
            taken += 1
            yield piece("s.t", taken, size=8 << 20)

    next(interleaved(endless(), 4))
    assert taken <= 4


def test_the_identity_of_a_backup_follows_what_it_holds() -> None:
    def backup(**more: object) -> Backup:
        facts: dict[str, object] = {"size": 1, "tables": (Table("s", "t", "CREATE TABLE t (a int)"),)} | more
        return Backup("tab", "/x", schemas={}, programs=(), position=Position(), **facts)  # type: ignore[arg-type]

    assert identity(backup()) == identity(backup())
    assert (
        len({identity(backup()), identity(backup(size=2)), identity(backup(), "d"), identity(backup(tables=()))}) == 4
    )
    assert digest_of(piece(size=1)) != digest_of(piece(size=2))


def test_one_statement_adds_all_indexes_but_one_fulltext_at_a_time() -> None:
    made = [
        Index("a", "plain", "KEY `a` (a)"),
        Index("f", "fulltext", "FULLTEXT f"),
        Index("g", "fulltext", "FULLTEXT g"),
    ]
    assert indexes.statements(Table("s", "t", ""), made) == [
        "ALTER TABLE `s`.`t` ADD KEY `a` (a), ADD FULLTEXT f",
        "ALTER TABLE `s`.`t` ADD FULLTEXT g",
    ]


def test_settings_are_changed_only_where_they_differ_and_exist() -> None:
    now = {"local_infile": "OFF", "event_scheduler": "DISABLED", settings.REDO: "ON"}
    found = settings.plan(now, {**settings.NEEDED, **settings.FAST})
    assert [(c.name, c.former, c.ours) for c in found] == [("local_infile", "OFF", "ON"), (settings.REDO, "ON", "OFF")]


def test_sql_modes_are_sorted_into_unknown_and_removed() -> None:
    programs = [Program("view", "s", "v", "", sql_mode="STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,ODD")]
    assert preflight.modes(programs, frozenset({"STRICT_TRANS_TABLES"})) == (["ODD"], ["NO_AUTO_CREATE_USER"])
    assert preflight.kept_modes("NO_AUTO_CREATE_USER,STRICT_TRANS_TABLES") == "STRICT_TRANS_TABLES"


@pytest.mark.parametrize("text", ["`a`@`%`", "'a'@'%'", "a@%"])
def test_a_definer_is_known_however_it_is_quoted(text: str) -> None:
    assert preflight.plain_account(text) == "a@%"


def test_the_table_of_a_trigger_is_read_from_its_statement() -> None:
    text = "CREATE DEFINER=`on`@`%` TRIGGER `s`.`ON x` /* ON y */ BEFORE INSERT ON `s`.`t` FOR EACH ROW SET @a='ON z'"
    assert trigger_table(Program("trigger", "s", "x", text)) == "t"


@pytest.mark.parametrize(("ids", "cores"), [("0-3", 4), ("0-1,4", 3), ("", 0), ("0", 1)])
def test_cores_are_counted(ids: str, cores: int) -> None:
    assert cores_of(ids) == cores


def test_orphans_are_asked_for_with_every_column_and_no_null() -> None:
    key = orphans.ForeignKey("k", ("s", "c"), ("s", "p"), (("a", "x"), ("b", "y")))
    assert orphans.query(key, ("id",)) == (
        "SELECT c.`id`, c.`a`, c.`b` FROM `s`.`c` AS c WHERE c.`a` IS NOT NULL AND c.`b` IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM `s`.`p` AS p WHERE p.`x` = c.`a` AND p.`y` = c.`b`) LIMIT 11"
    )
    assert orphans.question(key).endswith(
        "FROM `s`.`c` AS c LEFT JOIN `s`.`p` AS p ON p.`x` = c.`a` AND p.`y` = c.`b`"
        " WHERE c.`a` IS NOT NULL AND c.`b` IS NOT NULL AND p.`x` IS NULL LIMIT 1"
    )


def test_a_forecast_counts_what_is_left_and_what_comes_after() -> None:
    facts = {"total": 100, "elapsed": 12.0, "stage_elapsed": 10.0}
    assert progress.forecast("data", done=50, before=0, **facts) == 2.0 + 20.0 * 1.5
    assert progress.forecast("data", done=50, before=25, **facts) == 2.0 + 30.0 * 1.5
    assert progress.forecast("data", done=25, before=25, **facts) == -1.0


def test_a_budget_that_breaks_is_told_once_and_the_file_is_whole(tmp_path: Path) -> None:
    told: list[progress.Snapshot] = []
    file = tmp_path / "progress.json"
    seen = progress.Progress(budget=1.0, file=file, breach=told.append, already_elapsed=5.0)
    seen.begin("data", total=100)
    seen.add(10, 3)
    seen.end()
    assert len(told) == 1
    assert json.loads(file.read_text())["rows"] == 3
    assert json.loads(file.read_text())["breach"] is True
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def test_the_schema_for_what_is_moved_aside_is_named_after_ours() -> None:
    assert aside.PREFIX.startswith("rollback_runner_")
