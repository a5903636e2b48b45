"""What a statement leaves in a schema, and what can be told from it; what Alembic's Python comes to."""

from __future__ import annotations

import pytest
from failback.deployment.migrations.effects import ran
from failback.deployment.migrations.schema import Column, Schema, Table, differences

USERS = Table(
    columns={"id": Column("int", nullable=False, default=True), "email": Column("varchar(64)", nullable=False)},
    indexes={"email_i": False, "kept_i": False},
    constraints=frozenset({"fk"}),
    primary=True,
)
LIVE = Schema({"users": USERS}, frozenset({"v"}), {"mood": ("a", "b")})
WIDE = Table(
    columns={**USERS.columns, "email": Column("varchar(255)"), "phone": Column("varchar(20)")},
    indexes={"kept_i": False},
    primary=True,
)
BEFORE = Schema({"users": WIDE, "gone": Table()})


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("ALTER TABLE `Users` MODIFY COLUMN Email varchar(64) NOT NULL", "done"),
        ("ALTER TABLE users MODIFY email varchar(32) NOT NULL", "open"),
        ("ALTER TABLE users DROP COLUMN phone", "done"),
        ("ALTER TABLE users DROP phone, ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES x(id)", "done"),
        ("ALTER TABLE users DROP phone, ADD c int", "unclear"),
        ("DROP TABLE gone", "done"),
        ("DROP TABLE IF EXISTS gone", "done"),
        ("DROP TABLE IF EXISTS never", "unclear"),
        ("CREATE TABLE IF NOT EXISTS users (id int)", "unclear"),
        ("CREATE TABLE other (id int)", "open"),
        ("CREATE INDEX email_i ON users (email)", "done"),
        ("DROP INDEX kept_i ON users", "open"),
        ("RENAME TABLE gone TO came", "unclear"),
        ("ALTER TABLE users RENAME COLUMN phone TO email2", "unclear"),
        ("CREATE VIEW v AS SELECT 1", "done"),
        ("UPDATE users SET email = ''", "unclear"),
        ("ALTER TABLE users DROP PARTITION p0", "unclear"),
        ("NONSENSE", "unclear"),
    ],
)
def test_whether_a_statement_ran(statement: str, wanted: str) -> None:
    """By what the schema shows beyond what was there without it."""
    assert ran(statement, "mysql", LIVE, BEFORE) == wanted


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("ALTER TYPE mood ADD VALUE 'b'", "done"),
        ("ALTER TYPE mood ADD VALUE 'c'", "open"),
        ("CREATE TYPE mood AS ENUM ('a')", "done"),
        ('ALTER TABLE "Users" ADD COLUMN x int', "unclear"),
        ("ALTER TABLE USERS ADD COLUMN X int", "open"),
        ("ALTER TABLE users ALTER COLUMN email SET NOT NULL", "done"),
        ("ALTER TABLE users ALTER COLUMN id DROP DEFAULT", "open"),
    ],
)
def test_whether_it_ran_in_postgresql(statement: str, wanted: str) -> None:
    """Names fold as the server folds them."""
    assert ran(statement, "postgresql", LIVE, BEFORE) == wanted


def test_without_a_schema_from_before() -> None:
    """A change of a column tells nothing then; what appears or goes still does."""
    assert ran("ALTER TABLE users MODIFY email varchar(64) NOT NULL", "mysql", LIVE, None) == "unclear"
    assert ran("ALTER TABLE users ADD email int", "mysql", LIVE, None) == "done"
    assert ran("DROP TABLE IF EXISTS gone", "mysql", LIVE, None) == "unclear"


def test_what_differs_and_whether_it_matters() -> None:
    """Grave: what code that relies on the files would miss, or trip over."""
    wanted = Schema({"users": WIDE, "gone": Table()}, types={"mood": ("a", "c")})
    extra = {"must": Column("int", nullable=False), "may": Column("int")}
    live = Schema({"users": Table({**USERS.columns, **extra}, {"u": True})}, types={"mood": ("a",)})
    found = {one.object: one.grave for one in differences(wanted, live, "mysql") if one.object != "users.email"}
    assert found == {
        "gone": True,
        "users.phone": True,
        "users.must": True,
        "users.may": False,
        "users.u": True,
        "users.kept_i": False,
        "mood": True,
    }
    assert [one.told["ko"] for one in differences(wanted, LIVE, "mysql") if one.object == "gone"] == [
        "테이블 gone 없음"
    ]
