"""What a reversal may hold, where it goes on, what it renames, and what two schemas differ in. Pure."""

from __future__ import annotations

import pytest
from failback.deployment.database import effects, reversal, steps
from failback.deployment.database.effects import Content
from failback.deployment.database.shape import Shape, compare
from failback.errors import RefusedError
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("ALTER TABLE a DROP COLUMN b", "define"),
        ("alter table a drop b;", "define"),
        ("CREATE UNIQUE INDEX i ON a (b)", "define"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "define"),
        ("CREATE DEFINER=`x`@`%` TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1", "define"),
        ("DROP TABLE a", "define"),
        ("RENAME TABLE a TO b", "define"),
        ("-- why\nUPDATE a SET b = 1", "write"),
        ("INSERT INTO a SELECT * FROM b", "write"),
        ("DELETE FROM a WHERE b IS NULL", "write"),
        ("REPLACE INTO a VALUES (1)", "write"),
    ],
)
def test_kinds(sql: str, kind: str) -> None:
    """Definitions and rows of the schema are what a reversal is made of."""
    assert steps.kind_of(sql) == kind


@pytest.mark.parametrize(
    "sql",
    [
        "SET FOREIGN_KEY_CHECKS=0",
        "USE other",
        "LOCK TABLES a WRITE",
        "START TRANSACTION",
        "COMMIT",
        "CALL p()",
        "DROP DATABASE shop",
        "CREATE SCHEMA x",
        "ALTER DATABASE shop CHARACTER SET utf8mb4",
        "DROP USER a",
        "CREATE USER a",
        "ALTER USER a ACCOUNT LOCK",
        "GRANT ALL ON *.* TO a",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a",
        "ALTER INSTANCE DISABLE INNODB REDO_LOG",
        "LOAD DATA INFILE 'x' INTO TABLE a",
        "/*!40101 DROP TABLE a */",
        "UPDATE a SET b = 'x\\'; DROP TABLE a",
        "SHUTDOWN",
        "TRUNCATE TABLE a",
    ],
)
def test_what_no_reversal_may_hold(sql: str) -> None:
    """Session settings, other schemas, accounts, the server, and what nobody can read for certain."""
    with pytest.raises(RefusedError, match="statement 2"):
        steps.taken(f"UPDATE a SET b = 1;\n--> statement-breakpoint\n{sql}")


STATES = ("s0", "s1", "s1", "s3")


@pytest.mark.parametrize(
    ("done", "now", "at"),
    [(0, "s0", 0), (0, "s1", 1), (1, "s1", 1), (2, "s1", 2), (2, "s3", 3), (3, "s3", 3)],
)
def test_where_it_goes_on(done: int, now: str, at: int) -> None:
    """At the note, or one step further; a step that left the schema as it was is told by the note alone."""
    assert steps.resume_at(STATES, done, now) == at


@pytest.mark.parametrize(("done", "now"), [(0, "s3"), (1, "s0"), (2, "s0"), (3, "s1"), (4, "s3"), (-1, "s0"), (0, "x")])
def test_where_it_does_not(done: int, now: str) -> None:
    """Any other schema was changed by somebody else."""
    with pytest.raises(RefusedError):
        steps.resume_at(STATES, done, now)


@given(
    states=st.lists(st.sampled_from("abc"), min_size=1, max_size=6), done=st.integers(0, 6), now=st.sampled_from("abc")
)
def test_never_skips_nor_repeats_more_than_one_step(states: list[str], done: int, now: str) -> None:
    """Whatever was noted, it goes on at the note or right after it, and only in the schema that belongs there."""
    try:
        at = steps.resume_at(states, done, now)
    except RefusedError:
        return
    assert at in {done, done + 1}
    assert states[at] == now


def test_script_survives_being_kept() -> None:
    """The note holds all that going on needs."""
    one = steps.Script(
        "shop",
        "m",
        (steps.Step("0002", "define", "DROP TABLE `ü`"), steps.Step("0002", "row", row={"id": 3, "hash": None})),
        {"0002": "a" * 64},
    )
    assert steps.Script.read(one.text()) == one
    assert steps.Script.read(one.text()).digest() == one.digest()
    with pytest.raises(RefusedError, match="cannot be read"):
        steps.Script.read('{"steps": 3}')


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("drizzle/0002_x.sql", ("drizzle/0002_x.down.sql", "drizzle/0002_x.down.review.json")),
        ("drizzle/2026_x/migration.sql", ("drizzle/2026_x/down.sql", "drizzle/2026_x/down.review.json")),
        ("db/V2__x.sql", ("db/V2__x.down.sql", "db/V2__x.down.review.json")),
    ],
)
def test_names(path: str, names: tuple[str, str]) -> None:
    """Beside the migration, under a name that can be foreseen."""
    assert reversal.names(path) == names


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("ALTER TABLE t RENAME COLUMN a TO b", [("t", "a", "b", True)]),
        ("ALTER TABLE `t` CHANGE COLUMN `a` `b` int, RENAME TO `u`", [("t", "a", "b", True), ("t", "t", "u", False)]),
        ("ALTER TABLE s.t CHANGE a b int", [("t", "a", "b", True)]),
        ("ALTER TABLE t CHANGE a a bigint", []),
        ("ALTER TABLE t RENAME INDEX i TO j", []),
        ("RENAME TABLE a TO b, `c` TO `d`", [("a", "a", "b", False), ("c", "c", "d", False)]),
        ("UPDATE t SET a = 'RENAME COLUMN a TO b'", []),
    ],
)
def test_renames(sql: str, wanted: list[tuple[str, str, str, bool]]) -> None:
    """Only what is said in so many words; what stands in quotes is no word."""
    assert [(one.table, one.old, one.new, one.column) for one in effects.renamed([sql])] == wanted


def table(*columns: str) -> str:
    return (
        "CREATE TABLE `t` (\n" + ",\n".join(f"  `{one}` int" for one in columns) + "\n) ENGINE=InnoDB AUTO_INCREMENT=7"
    )


def test_what_is_gone_is_lost_unless_it_was_renamed() -> None:
    """A column that vanishes is lost however it was written; one that comes back comes back without its values."""
    before, after = Shape({"t": table("a", "b"), "gone": table("x")}, {}), Shape({"t": table("c", "d")}, {})
    content = {"t": Content(5, {"a": (5, 1), "b": (5, 2)})}
    now = {"t": Content(5, {"c": (5, 1), "d": (0, 0)})}
    found = effects.effects(before, after, content, now, ["ALTER TABLE t RENAME COLUMN a TO c"])
    assert {(one.kind, one.object) for one in found} == {
        ("table_gone", "gone"),
        ("column_gone", "t.b"),
        ("column_back", "t.d"),
    }


def test_compare_says_each_thing_once() -> None:
    """A table that is missing is one difference; counters and the order of columns are none."""
    assert compare(Shape({"t": table("a", "b")}, {}), Shape({"t": table("b", "a").replace("=7", "=9")}, {})) == {}
    assert compare(Shape({"t": table("a")}, {}), Shape({}, {})) == {"t": "missing"}
    assert compare(Shape({"t": table("a")}, {}), Shape({"t": table("a", "b")}, {})) == {"t.b": "not expected"}


def test_digest_tells_the_order_of_columns() -> None:
    """A statement that only moves a column is recognised by what it did."""
    assert Shape({"t": table("a", "b")}, {}).digest() != Shape({"t": table("b", "a")}, {}).digest()
    assert Shape({"t": table("a")}, {}).digest() == Shape({"t": table("a").replace("=7", "=8")}, {}).digest()
