"""The gate against a real PostgreSQL 15 and real files of drizzle-kit."""

from __future__ import annotations

import itertools
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import scratch_postgresql
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.settings import Settings
from failback.deployment.migrations.table import session
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from migrations_case import ROWS, Clone, clone, files_of, statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from failback.deployment.migrations.gate import Gate

LAYOUTS = ("drizzle-0.x/postgresql", "drizzle-v1/postgresql")
_NUMBERS = itertools.count()

pytestmark = pytest.mark.skipif(
    scratch_postgresql.programs() is None or shutil.which("setpriv") is None, reason="no PostgreSQL server is installed"
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[scratch_postgresql.Cluster]:
    """One cluster for the file; each test has a database of its own."""
    with scratch_postgresql.running() as started:
        yield started


@dataclass
class Case:
    """An application: its repository, and its database in the cluster."""

    cluster: scratch_postgresql.Cluster
    clone: Clone
    name: str
    database: str

    def run(self, sql: str) -> None:
        self.cluster.run(sql, self.database)

    def apply(self, number: int, upto: int | None = None, *, row: bool = True) -> None:
        """Run a step's statements as the migrator does (``upto``: only so many), and write the row it writes."""
        _, content = files_of(self.name)[number]
        self.run("\n".join(one.rstrip().rstrip(";") + ";" for one in statements(content)[:upto]))
        if row:
            found = ROWS[self.name][number]
            values = ", ".join(f"'{value}'" for value in found.values())
            self.run(f"INSERT INTO drizzle.__drizzle_migrations ({', '.join(found)}) VALUES ({values})")

    @property
    def settings(self) -> Settings:
        return Settings.of_application(
            {
                "deployment_source": {"repository": str(self.clone.path)},
                "deployment_migrations": {"tool": "drizzle", "directory": "drizzle", "dialect": "postgresql"},
                "deployment_database": self.cluster.login(self.database),
            }
        )

    def gate(self, target: int, live: int = 2) -> Gate:
        return Look.at(self.settings).gate(self.clone.commits[target], self.clone.commits[live])


def make(cluster: scratch_postgresql.Cluster, tmp_path: Path, name: str) -> Case:
    """Make an application with Drizzle's table, and no rows."""
    database = f"shop{next(_NUMBERS)}"
    cluster.run(f"CREATE DATABASE {database}")
    more = ", name text, applied_at timestamptz DEFAULT now()" if "v1" in name else ""
    case = Case(cluster, clone(tmp_path / "clone.git", name), name, database)
    case.run(
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations"
        f" (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint{more})"
    )
    return case


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_the_target_does_not_know(cluster: scratch_postgresql.Cluster, tmp_path: Path, name: str) -> None:
    """Everything known, one step ahead, a breaking one ahead; the real schema is what the snapshots say."""
    case = make(cluster, tmp_path, name)
    case.apply(0)
    case.apply(1)
    same, before = case.gate(target=1, live=1), case.gate(target=0, live=1)
    assert (same.verdict, same.differences, same.schema_checked) == ("nothing", (), True)
    assert [one.row.key["id"] for one in before.ahead] == [2]
    assert before.differences == ()
    case.apply(2)
    after = case.gate(target=1)
    assert (after.verdict, after.differences, after.half_applied) == ("breaking", (), ())
    assert after.ahead[0].row.digest == ROWS[name][2]["hash"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_half_applied_is_seen_in_the_schema(cluster: scratch_postgresql.Cluster, tmp_path: Path, name: str) -> None:
    """PostgreSQL rolls a failed migration back; one run by hand, statement by statement, it does not."""
    case = make(cluster, tmp_path, name)
    case.apply(0)
    case.apply(1, 2, row=False)
    gate = case.gate(target=0, live=1)
    assert gate.verdict == "unknown"
    assert (gate.half_applied[0].done, gate.half_applied[0].unclear) == ((1, 2), ())
    case.run("DROP TABLE orders; DROP TYPE order_status")
    case.apply(1)
    case.apply(2, 1, row=False)
    assert [one.done for one in case.gate(target=1).half_applied] == [(1,)]


def test_identity_rights_and_reading_only(cluster: scratch_postgresql.Cluster, tmp_path: Path) -> None:
    """The cluster is told by its system identifier; the session cannot write; what is missing is named."""
    case = make(cluster, tmp_path, LAYOUTS[0])
    case.apply(0)
    identity = cluster.run("SELECT system_identifier FROM pg_control_system()").strip()
    login = dict(case.settings.login)
    assert Look.at(replace(case.settings, login={**login, "system_identifier": identity})).rows
    with pytest.raises(RefusedError, match="another server answers"):
        Look.at(replace(case.settings, login={**login, "system_identifier": "7"}))
    with pytest.raises(ConfigError, match=r"no table other\.__drizzle_migrations"):
        Look.at(replace(case.settings, table_schema="other"))
    case.run("CREATE ROLE nobody LOGIN")
    with pytest.raises(ConfigError, match="Grant it SELECT and USAGE"):
        Look.at(replace(case.settings, login={**login, "user": "nobody"}))
    with pytest.raises(UnreachableError, match="does not answer"):
        Look.at(replace(case.settings, login={**login, "host": str(tmp_path)}))


def test_without_the_driver(
    cluster: scratch_postgresql.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named to whoever did not install it."""
    case = make(cluster, tmp_path, LAYOUTS[0])
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"rollback-runner\[postgresql\]"):
        Look.at(case.settings)


def test_it_reads_only(cluster: scratch_postgresql.Cluster, tmp_path: Path) -> None:
    """Whatever is asked of the session, nothing is written."""
    case = make(cluster, tmp_path, LAYOUTS[0])
    with session(case.settings) as reader, pytest.raises(FailbackError, match="read-only"):
        reader.rows("CREATE TABLE x (i int)")
