"""The rows of the tool's own table, and the session they are read in.

Source of facts: Drizzle 0.45.4 and 1.0.0-rc.5 (columns), Flyway's schema history table, Alembic's alembic_version.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from failback.deployment.database.restoring import under_way
from failback.deployment.migrations import flyway
from failback.deployment.migrations.gate import Row
from failback.deployment.migrations.postgresql import NoTableError, Session
from failback.errors import ConfigError, MySQLError, RefusedError
from failback.mysql import Login, Server, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.deployment.migrations.gate import Tool
    from failback.deployment.migrations.live import Reader
    from failback.deployment.migrations.settings import Settings

# Error numbers, MySQL error reference.
_NO_TABLE = frozenset({1049, 1146})
_NOT_ALLOWED = frozenset({1044, 1142, 1143})
_ORDER = {"drizzle": "id", "flyway": "installed_rank", "alembic": "version_num"}
_UNDO = {"UNDO_SQL", "UNDO_JDBC", "UNDO_SCRIPT"}


@contextmanager
def session(settings: Settings) -> Iterator[Reader]:
    """Open a session that only reads, on the very server the inventory means.

    Raises ConfigError, UnreachableError, LoginRefusedError, or RefusedError when another server answers.
    """
    if settings.dialect == "postgresql":
        with Session.connect(settings.login, settings.database) as reader:
            wanted = str(settings.login.get("system_identifier") or "")
            _same(wanted, reader.identity() if wanted else "")
            yield reader
        return
    with Server.connect(Login.from_dict(settings.login, "deployment_database"), name=settings.schema) as server:
        _same(str(settings.login.get("server_uuid") or ""), server.text("SELECT @@server_uuid"))
        server.execute("SET SESSION TRANSACTION READ ONLY")
        yield server


def rows(reader: Reader, settings: Settings) -> tuple[Row, ...]:
    """Read every row, in the order they were written. Raises ConfigError when there is no such table."""
    mine = settings.dialect == "mysql"
    names = [settings.table_schema, settings.table]
    where = ".".join(quote_name(name) if mine else '"' + name.replace('"', '""') + '"' for name in names)
    try:
        found = reader.rows(f"SELECT * FROM {where} ORDER BY {_ORDER[settings.tool]}")
    except NoTableError as error:
        raise _missing(settings) from error
    except MySQLError as error:
        if error.code in _NO_TABLE and isinstance(reader, Server) and under_way(reader, settings.schema):
            return ()  # a restore that was cut off has moved it aside: DEPLOY-07 finds that and goes on
        if error.code in _NO_TABLE:
            raise _missing(settings) from error
        if error.code in _NOT_ALLOWED:
            raise ConfigError(f"the account of deployment_database may not read {settings.where}: {error}") from error
        raise
    try:
        return rows_of(settings.tool, found)
    except KeyError as error:
        raise ConfigError(
            f"{settings.where} has no column {error}: it is not a table of {settings.tool}; correct"
            " deployment_migrations"
        ) from error


def rows_of(tool: Tool, found: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Turn a table's rows into one form; pure. Raises KeyError for a column that is not there."""
    if tool == "alembic":
        return tuple(Row({"version_num": str(one["version_num"])}, name=str(one["version_num"])) for one in found)
    if tool == "flyway":
        return tuple(_flyway(one) for one in found if one["type"] != "SCHEMA")
    return tuple(_drizzle(one) for one in found)


def _drizzle(one: Mapping[str, Any]) -> Row:
    when = int(one["created_at"] or 0)
    key: dict[str, str | int | None] = {"id": int(one["id"]), "hash": str(one["hash"]), "created_at": when}
    # v1 alone has these two, and leaves applied_at open on rows that 0.x wrote.
    applied = str(one.get("applied_at") or "").replace(" ", "T")
    return Row(key, name=str(one.get("name") or ""), digest=str(one["hash"]), when=when, applied=applied)


def _flyway(one: Mapping[str, Any]) -> Row:
    kind = str(one["type"])
    told = "baseline" if kind.endswith("BASELINE") else "undone" if kind in _UNDO else ""
    checksum = one["checksum"]
    return Row(
        key={"installed_rank": int(one["installed_rank"])},
        name=flyway.name_of(one["version"], str(one["description"])),
        digest="" if checksum is None else str(int(checksum)),
        applied=str(one["installed_on"] or "").replace(" ", "T"),
        success=bool(one["success"]),
        kind="deleted" if kind == "DELETE" else told,
    )


def _same(wanted: str, found: str) -> None:
    if wanted and wanted.lower() != found.lower():
        raise RefusedError(
            f"another server answers for deployment_database: {found or 'one without an identity'}, not {wanted}."
            " Correct the address, or the identity in deployment_database"
        )


def _missing(settings: Settings) -> ConfigError:
    return ConfigError(
        f"there is no table {settings.where}: correct deployment_migrations.table, .schema or .tool, or"
        " deployment_database.schema"
    )
