"""What is called compatible is carried out on a real PostgreSQL, and the older code is run before and after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import older_code
import psycopg
import pytest
import scratch_postgresql
import yaml
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from psycopg import Connection

FILE = Path(__file__).parents[2] / "fixtures/deployment/statements.yml"
TABLE: dict[str, Any] = yaml.safe_load(FILE.read_text())["postgresql"]


@pytest.fixture(scope="module", name="cluster")
def _cluster() -> Iterator[scratch_postgresql.Cluster]:
    with scratch_postgresql.running() as cluster:
        yield cluster


@pytest.fixture(name="connection")
def _connection(cluster: scratch_postgresql.Cluster) -> Iterator[Connection[dict[str, Any]]]:
    where = {"host": cluster.host, "port": 5432, "user": "postgres", "dbname": "postgres"}
    with psycopg.connect(**where, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(name="run")
def _run(connection: Connection[dict[str, Any]]) -> Callable[[str], Sequence[Mapping[str, Any]]]:
    def run(sql: str) -> Sequence[Mapping[str, Any]]:
        found = connection.execute(sql.encode())
        return found.fetchall() if found.description else []

    return run


def _after(connection: Connection[dict[str, Any]], run: Callable[[str], Any], sql: str) -> list[older_code.Outcome]:
    connection.execute("DROP SCHEMA IF EXISTS elsewhere CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    for each in [*TABLE["schema"], *([sql] if sql else [])]:
        connection.execute(each.encode())
    connection.execute("COMMIT")
    # New connections' plans: a statement prepared before the change is not what comes back with the older code.
    connection.execute("DISCARD ALL")
    return older_code.outcomes(run, "postgresql")


def test_older_code_works_after_every_compatible_statement(connection: Any, run: Any) -> None:
    as_before = _after(connection, run, "")
    harm = {
        sql: found
        for _, sql in TABLE["compatible"]
        if (found := older_code.harmed(as_before, _after(connection, run, sql)))
    }

    assert [each for each in as_before if each.error] == []
    assert harm == {}


def test_the_older_code_notices_what_breaks(connection: Any, run: Any) -> None:
    as_before = _after(connection, run, "")
    noticed: dict[str, bool] = {}
    for rule, sql in TABLE["breaking"]:
        if noticed.get(rule):
            continue
        try:
            found = older_code.harmed(as_before, _after(connection, run, sql))
        except psycopg.Error:
            continue
        noticed[rule] = noticed.get(rule, False) or bool(found)

    # The owner of a table sees all its rows, whatever its policies are; what is sorted here sorts the same in "C".
    assert {rule for rule, seen in noticed.items() if not seen} <= {"row-security", "trigger", "change-collation"}
    assert len(noticed) >= 18
