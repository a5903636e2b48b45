"""An application on a real MySQL: its schema, Drizzle's table in it, and its repository."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failback.deployment.migrations.gate import Gate
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.settings import Settings
from migrations_case import ROWS, Clone, clone, files_of, statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import scratch_mysql

OLD = "drizzle-0.x/mysql"
_NUMBERS = itertools.count()


@dataclass
class Case:
    """An application: its repository, and its schema on the server."""

    server: scratch_mysql.TestServer
    clone: Clone
    name: str
    schema: str

    def run(self, *sql: str) -> None:
        with self.server.connect() as connection:
            connection.execute(f"USE {self.schema}")
            for one in sql:
                connection.execute(one)

    def apply(self, number: int, upto: int | None = None, *, row: bool = True) -> None:
        """Run a step's statements as the migrator does (``upto``: only so many), and write the row it writes."""
        _, content = files_of(self.name)[number]
        self.run(*statements(content)[:upto])
        if row:
            self.record(ROWS[self.name][number])

    def record(self, row: Mapping[str, Any]) -> None:
        names = ", ".join(row)
        with self.server.connect() as connection:
            places = ", ".join(["%s"] * len(row))
            table = f"{self.schema}.__drizzle_migrations"
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))

    @property
    def application(self) -> dict[str, Any]:
        return {
            "deployment_source": {"repository": str(self.clone.path)},
            "deployment_migrations": {"tool": "drizzle", "directory": "drizzle", "dialect": "mysql"},
            "deployment_database": {**self.server.login_dict(), "schema": self.schema},
        }

    def look(self, **more: Any) -> Look:
        return Look.at(replace(Settings.of_application(self.application), **more))

    def look_until(self, seconds: float) -> None:
        """Look again and again: what another thread does arrives sometime."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.look()

    def gate(self, target: int, live: int = 2, others: Sequence[int] = ()) -> Gate:
        commits = self.clone.commits
        found = self.look().gate(commits[target], commits[live], [commits[one] for one in others])
        assert Gate.from_dict(found.as_dict()) == found
        return found


def make(server: scratch_mysql.TestServer, tmp_path: Path, name: str = OLD) -> Case:
    """Make an application with all of Drizzle's table, and no rows."""
    schema = f"shop{next(_NUMBERS)}"
    more = "" if name == OLD else ", name text, applied_at timestamp NULL"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {schema}")
        connection.execute(
            f"CREATE TABLE {schema}.__drizzle_migrations"
            f" (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint{more})"
        )
    return Case(server, clone(tmp_path / "clone.git", name), name, schema)
