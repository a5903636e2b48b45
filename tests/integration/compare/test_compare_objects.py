"""Definitions: what is missing or changed is named; what only a tool or a session writes differently is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback.compare import manifest_run
from failback.compare.grant_diff import grant_differences
from failback.compare.manifest import Manifest

if TYPE_CHECKING:
    from conftest import Sides

PROCEDURE = """DROP PROCEDURE bump;
DELIMITER //
CREATE DEFINER=`root`@`localhost` PROCEDURE bump(IN n int, OUT m int) COMMENT 'adds' BEGIN
  -- one; two
  SET m = n + 1;{more}
END//
DELIMITER ;
"""
TRIGGER = """DROP TRIGGER orders_ins; SET sql_mode = 'ANSI';
CREATE DEFINER=root@localhost TRIGGER orders_ins BEFORE INSERT ON orders FOR EACH ROW
 SET NEW.price = COALESCE(NEW.price, 0); SET sql_mode = DEFAULT"""
GROUPS: dict[str, list[tuple[str, str]]] = {
    "missing": [
        ("DROP TRIGGER orders_ins", "trigger kinds.orders_ins exists only on RDS"),
        ("ALTER TABLE customers DROP KEY upper_name", "table kinds.customers: index upper_name exists only on RDS"),
        ("ALTER TABLE orders DROP FOREIGN KEY orders_customer", "foreign key orders_customer exists only on RDS"),
        ("ALTER TABLE customers DROP CHECK named_ok", "check named_ok exists only on RDS"),
        ("DROP VIEW cheap", "view kinds.cheap exists only on RDS"),
        ("DROP FUNCTION twice", "function kinds.twice exists only on RDS"),
        ("DROP EVENT nightly", "event kinds.nightly exists only on RDS"),
        ("DROP TABLE `empty`", "table kinds.empty exists only on RDS"),
        ("CREATE TABLE more (id int)", "table kinds.more exists only on IDC"),
    ],
    "changed": [
        ("ALTER TABLE customers ALTER INDEX hidden VISIBLE", "index hidden differs"),
        ("ALTER TABLE customers DROP KEY head, ADD KEY head (note(11))", "index head differs"),
        ("ALTER TABLE docs MODIFY body longtext COLLATE utf8mb4_bin", "table kinds.docs: column body differs"),
        ("ALTER TABLE visits ADD more int", "table kinds.visits: column more exists only on IDC"),
        ("ALTER TABLE parts REORGANIZE PARTITION p1 INTO (PARTITION p0 VALUES LESS THAN (2026))", "partitions differs"),
        (
            "CREATE OR REPLACE DEFINER=root@localhost VIEW cheap AS SELECT id, price FROM orders WHERE price < 6",
            "view kinds.cheap: body differs",
        ),
        (TRIGGER, "trigger kinds.orders_ins: sql_mode differs"),
        ("ALTER DEFINER=rr_admin@'%' EVENT nightly ON COMPLETION NOT PRESERVE", "event kinds.nightly: definer differs"),
        (PROCEDURE.format(more=" SET m = m;"), "procedure kinds.bump: body differs"),
        ("ALTER FUNCTION twice SQL SECURITY INVOKER", "function kinds.twice: security differs: IDC INVOKER | RDS DEF"),
        ("ALTER DATABASE kinds COLLATE utf8mb4_bin", "schema kinds: collation differs"),
    ],
}


@pytest.mark.parametrize("group", GROUPS)
def test_each_planted_definition_is_named(sides: Sides, group: str) -> None:
    sides.plant(";\n".join(sql for sql, _ in GROUPS[group]))
    found = sides.compare()
    told = "\n".join(entry.text for entry in found.serious)
    assert not found.equal
    assert [named for _, named in GROUPS[group] if named not in told] == [], told
    assert len(found.serious) == len(GROUPS[group]) + told.count("column order"), told


def test_a_table_of_another_definition_is_compared_by_what_both_have(sides: Sides) -> None:
    sides.plant(
        "ALTER TABLE customers MODIFY note mediumtext COLLATE utf8mb4_bin, ADD more int;"
        " ALTER TABLE types MODIFY l varchar(40) CHARACTER SET utf8mb4; ALTER TABLE codes DROP KEY u;"
        " ALTER TABLE words MODIFY w varchar(30) COLLATE utf8mb4_bin"
    )
    found = {table.label: table for table in sides.compare().tables}
    for label in ("customers", "types", "codes", "words"):
        assert found[f"kinds.{label}"].equal, (label, found[f"kinds.{label}"])
    sides.plant("UPDATE customers SET note = 'other' WHERE id = 2; UPDATE words SET n = 0 WHERE n = 9")
    told = "\n".join(sides.compare().readable)
    assert "kinds.customers id=2: note: IDC 'other' | RDS ''" in told
    assert "n=0): once on IDC, 0 times on RDS" in told


def test_what_a_tool_or_a_session_writes_differently_is_no_difference(sides: Sides) -> None:
    sides.plant(PROCEDURE.format(more=" ").replace("n + 1", "n  +  1").replace("BEGIN", "BEGIN "))
    sides.plant("SET NAMES latin1; ALTER EVENT nightly ENABLE; ALTER TABLE many AUTO_INCREMENT = 5")
    sides.plant(
        "ALTER TABLE customers DROP KEY upper_name, DROP KEY head; ALTER TABLE customers ADD KEY head (note(10));"
    )
    sides.plant("ALTER TABLE customers ADD KEY upper_name ((UPPER(name)))")
    found = sides.compare()
    assert found.equal, found.problems()
    assert any("event kinds.nightly: status differs" in entry.text for entry in found.definitions)


def test_a_restore_is_proven_without_the_old_server(sides: Sides) -> None:
    manifest = Manifest.from_json(manifest_run.build(sides.rds.login(), ["kinds"]).to_json())
    equal = manifest_run.check(sides.idc.login(), manifest)
    assert equal.equal, equal.problems()
    assert equal.rows == manifest.rows > 15_000
    sides.plant(
        "UPDATE many SET v = 'x' WHERE seq = 9; DELETE FROM log WHERE n = 1; DROP TRIGGER orders_ins; DROP TABLE docs;"
        " ALTER TABLE visits MODIFY page varchar(41)"
    )
    told = "\n".join(manifest_run.check(sides.idc.login(), manifest).problems())
    for named in (
        "trigger kinds.orders_ins exists only on the manifest",
        "table kinds.docs exists only on the manifest",
        "kinds.many: all rows: 6000 rows, the manifest has 6000, and they differ",
        "kinds.log: all rows: 5997 rows, the manifest has 6000, and they differ",
        "kinds.visits: its columns are defined differently",
    ):
        assert named in told, told


def test_one_changed_grant_is_found(sides: Sides) -> None:
    for server, grants in ((sides.idc, "SELECT, INSERT"), (sides.rds, "SELECT, INSERT, DELETE")):
        server.root(
            "SET sql_log_bin = 0; DROP USER IF EXISTS teller@'%'; CREATE USER teller@'%';"
            f" GRANT {grants} ON kinds.* TO teller@'%'"
        )
    shown = [{"teller": server.root("SHOW GRANTS FOR teller@'%'").splitlines()} for server in (sides.idc, sides.rds)]
    assert grant_differences(*shown) == ["account teller: DELETE on `kinds`.* only on RDS"]
