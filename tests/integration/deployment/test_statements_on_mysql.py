"""What is called compatible is carried out on a real MySQL, and the older code is run before and after it."""

from __future__ import annotations

from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import older_code
import pytest
import scratch_mysql
import yaml
from failback.deployment.statements.classify import classify
from failback.deployment.statements.columns import from_drizzle, from_information_schema
from failback.deployment.statements.model import worst
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from failback.deployment.statements.known import Columns
    from failback.mysql import Server

FILE = Path(__file__).parents[2] / "fixtures/deployment/statements.yml"
TABLE: dict[str, Any] = yaml.safe_load(FILE.read_text())["mysql"]
SNAPSHOT = from_drizzle(TABLE["snapshot"])
TYPES = (
    "tinyint|tinyint(1)|smallint|mediumint|int|bigint|int unsigned|bigint unsigned|decimal(10,2)|decimal(12,2)"
    "|decimal(12,4)|decimal(9,2)|float|double|char(8)|char(20)|varchar(2)|varchar(20)|varchar(50)|varchar(100)"
    "|varchar(250)|tinytext|text|longtext|varbinary(30)|blob|date|datetime|datetime(6)|timestamp|year|json|bit(8)"
    "|enum('new','paid')|enum('new','paid','x')|enum('x','new','paid')|set('web','shop')|set('web','shop','x')"
)
DEFAULTS = (
    "||0|'0'|1|-1|-129|128|255|65536|2147483648|1.5|99999999999|'new'|'none'|'0.00'|''|'x'|'가나다'|'{}'|'1e999'|true|NULL"
    "|'2020-01-01'|'2020-02-30'|'1000-01-01'|'2020-01-01 10:00:00'|CURRENT_TIMESTAMP|CURRENT_TIMESTAMP(6)|(now())"
    "|(uuid())|(0)|(1.5)|('new')|('none')|('x')|('가')|('{}')|('{')|('[1e999]')|('2020-01-01')|('1000-01-01')|('9999-12-31')|(NULL)"
)


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[Server]:
    if not scratch_mysql.image():
        pytest.fail("no MySQL image: build the lab's images first (rollback-runner lab up)")
    with scratch_mysql.running("statements") as started, started.connect() as server:
        server.execute("SET GLOBAL time_zone = '+00:00'")
        yield server


@pytest.fixture(name="fresh")
def _fresh(server: Server) -> Callable[[], None]:
    def fresh() -> None:
        server.execute_each(
            ["DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS rrt_other", "CREATE DATABASE shop"]
        )
        server.execute("USE shop")
        server.execute_each(TABLE["schema"])

    return fresh


@pytest.fixture(name="as_before")
def _as_before(server: Server, fresh: Callable[[], None]) -> list[older_code.Outcome]:
    fresh()
    found = older_code.outcomes(server.rows, "mysql")
    assert [each for each in found if each.error] == []
    return found


def _live(server: Server) -> Columns:
    of = "TABLE_SCHEMA = 'shop'"
    return from_information_schema(
        server.rows(f"SELECT * FROM information_schema.COLUMNS WHERE {of}"),
        server.rows(
            "SELECT c.*, r.DELETE_RULE, r.UPDATE_RULE FROM information_schema.TABLE_CONSTRAINTS c"
            " LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r"
            f" USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_NAME) WHERE c.{of}"
        ),
        server.rows(f"SELECT * FROM information_schema.TABLES WHERE {of}"),
    )


def test_the_server_and_the_snapshot_say_the_same_of_every_statement(server: Server, fresh: Callable[[], None]) -> None:
    fresh()
    live = _live(server)

    for kind in ("compatible", "breaking", "unknown"):
        for rule, sql in TABLE[kind]:
            findings = classify(sql, "mysql", live)
            # A server says which engine a table has, a snapshot does not.
            same = worst(each.kind for each in findings) == kind
            assert same or "ENGINE=InnoDB" in sql, (rule, findings)


def test_older_code_works_after_every_compatible_statement(
    server: Server, fresh: Callable[[], None], as_before: list[older_code.Outcome]
) -> None:
    harm, refused = {}, {}
    for _, sql in TABLE["compatible"]:
        fresh()
        try:
            server.execute(sql)
        except FailbackError as problem:
            refused[sql] = str(problem)
        server.execute("COMMIT")
        if found := older_code.harmed(as_before, older_code.outcomes(server.rows, "mysql")):
            harm[sql] = found

    assert harm == {}
    assert refused == {}


def test_the_older_code_notices_what_breaks(
    server: Server, fresh: Callable[[], None], as_before: list[older_code.Outcome]
) -> None:
    noticed: dict[str, bool] = {}
    for rule, sql in TABLE["breaking"]:
        if noticed.get(rule):
            continue
        fresh()
        try:
            server.execute(sql)
        except FailbackError:
            continue
        if "DATABASE" not in sql:
            noticed[rule] = noticed.get(rule, False) or bool(
                older_code.harmed(as_before, older_code.outcomes(server.rows, "mysql"))
            )

    unnoticed = {rule for rule, seen in noticed.items() if not seen}
    # An application account's rights and a smaller engine's promises are not what these statements look at.
    assert unnoticed <= {"take-rights", "other-engine", "drop-object", "foreign-key-deletes"}
    assert len(noticed) - len(unnoticed) >= 25


def test_no_change_of_a_type_called_compatible_harms_the_older_code(
    server: Server, fresh: Callable[[], None], as_before: list[older_code.Outcome]
) -> None:
    """Every column against many types, NULL or not, default or not; of those called compatible, one a type."""
    harm, tried = {}, 0
    for sql in _changes():
        fresh()
        try:
            server.execute(sql)
        except FailbackError:
            continue
        tried += 1
        if found := older_code.harmed(as_before, older_code.outcomes(server.rows, "mysql")):
            harm[sql] = found

    assert harm == {}
    assert tried >= 40


def _changes() -> Iterator[str]:
    defaults = ("", " DEFAULT 0", " DEFAULT 'new'", " DEFAULT 'none'", " DEFAULT '0.00'", " DEFAULT 1")
    for table in ("users", "orders", "items"):
        found = SNAPSHOT.table(("", table))
        assert found
        for column, kind in product(found.columns, TYPES.split("|")):
            texts = (
                f"ALTER TABLE {table} MODIFY {column} {kind}{null}{default}"
                for null in (" NULL", " NOT NULL")
                for default in defaults
            )
            yield from islice((sql for sql in texts if classify(sql, "mysql", SNAPSHOT)[0].kind == "compatible"), 1)


def test_no_new_column_called_compatible_harms_the_older_code(
    server: Server, fresh: Callable[[], None], as_before: list[older_code.Outcome]
) -> None:
    """Many types with many defaults, NULL or not; twenty columns at a time, and the server takes them all."""
    texts = [
        f"{kind}{null}{default and f' DEFAULT {default}'}"
        for kind, null, default in product(TYPES.split("|"), ("", " NOT NULL"), DEFAULTS.split("|"))
    ]
    sure = [each for each in texts if _is_compatible(f"ALTER TABLE users ADD c {each}")]
    harm = {}
    for start in range(0, len(sure), 20):
        fresh()
        some = ", ".join(f"ADD c{number} {each}" for number, each in enumerate(sure[start : start + 20]))
        server.execute(f"ALTER TABLE users {some}")
        if found := older_code.harmed(as_before, older_code.outcomes(server.rows, "mysql")):
            harm[some] = found

    assert harm == {}
    assert len(sure) >= 200


def _is_compatible(sql: str) -> bool:
    return classify(sql, "mysql", SNAPSHOT)[0].kind == "compatible"
