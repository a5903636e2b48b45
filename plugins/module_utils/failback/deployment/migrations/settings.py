"""What the inventory says about an application's migrations and its database, read once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast, get_args

from failback.deployment.migrations.gate import Dialect, Tool
from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLES = {"drizzle": "__drizzle_migrations", "alembic": "alembic_version", "flyway": "flyway_schema_history"}
_DIRECTORIES = {"drizzle": "drizzle", "alembic": "alembic/versions", "flyway": "src/main/resources/db/migration"}


@dataclass(frozen=True)
class Settings:
    """``schema`` is the application's own; ``table_schema`` where the tool keeps its table (both are one in MySQL).

    ``database`` is PostgreSQL's database. ``login`` is deployment_database as it stands.
    """

    tool: Tool
    dialect: Dialect
    repository: str
    directory: str
    table: str
    table_schema: str
    schema: str
    database: str
    login: Mapping[str, Any]

    @classmethod
    def of(cls, source: Mapping[str, Any], migrations: Mapping[str, Any], database: Mapping[str, Any]) -> Self:
        """Read deployment_source, deployment_migrations and deployment_database. Raises ConfigError."""
        tool = _one_of(migrations.get("tool"), get_args(Tool), "deployment_migrations.tool")
        dialect = _one_of(migrations.get("dialect") or "mysql", get_args(Dialect), "deployment_migrations.dialect")
        for name, given in (("deployment_source.repository", source), ("deployment_database.schema", database)):
            if not given.get(name.rsplit(".", 1)[-1]):
                raise ConfigError(f"{name} is missing: the migrations of this application cannot be told without it")
        own = str(database["schema"])
        schema = "public" if dialect == "postgresql" and not database.get("database") else own
        where = "drizzle" if (tool, dialect) == ("drizzle", "postgresql") else schema
        return cls(
            tool=cast("Tool", tool),
            dialect=cast("Dialect", dialect),
            repository=str(source["repository"]),
            directory=str(migrations.get("directory") or _DIRECTORIES[tool]).strip("/"),
            table=str(migrations.get("table") or _TABLES[tool]),
            table_schema=str(migrations.get("schema") or where),
            schema=schema,
            database=str(database.get("database") or own),
            login=database,
        )

    @classmethod
    def of_application(cls, application: Mapping[str, Any]) -> Self:
        """Read them from an application's variables. Raises ConfigError."""
        names = ("deployment_source", "deployment_migrations", "deployment_database")
        found = [application.get(name) or {} for name in names]
        for name, given in zip(names, found, strict=True):
            if not isinstance(given, Mapping):
                raise ConfigError(f"{name} must be a dictionary")
        return cls.of(*found)

    @property
    def where(self) -> str:
        """The tool's table as people name it."""
        return f"{self.table_schema}.{self.table}"


def _one_of(value: object, allowed: Sequence[str], name: str) -> str:
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}: one of {', '.join(allowed)} is wanted")
    return str(value)
