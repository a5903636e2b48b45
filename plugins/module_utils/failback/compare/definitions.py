"""Every object of the schemas as a server defines it, brought to a form in which equal objects are equal values.

Compared: schemas, tables (columns, indexes, foreign keys, checks, options, partitions), views, routines, triggers and
events, each with its definer, SQL mode and body. Told but not held against a side: the collation that a view's or
program's creating session had (dump tools and sessions set it), an event's status (the fence turns events off on
purpose). A definition that the account may not read is an error, never an equal one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.compare.program_text import normal_body
from failback.compare.table_text import pieces
from failback.compare.tables import schema_list
from failback.errors import FailbackError
from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.mysql import Row, Server

_SCHEMATA = (
    "SELECT schema_name AS name, default_character_set_name AS charset, default_collation_name AS collation,"
    " default_encryption AS encryption FROM information_schema.schemata WHERE schema_name IN ({schemas})"
)
_TABLES = (
    "SELECT table_schema AS s, table_name AS name FROM information_schema.tables"
    " WHERE table_type = 'BASE TABLE' AND table_schema IN ({schemas})"
)
_VIEWS = (
    "SELECT table_schema AS s, table_name AS name, view_definition AS body, definer AS definer,"
    " security_type AS security, check_option AS check_option, character_set_client AS charset,"
    " collation_connection AS collation FROM information_schema.views WHERE table_schema IN ({schemas})"
)
_ROUTINES = (
    "SELECT routine_schema AS s, routine_name AS name, LOWER(routine_type) AS kind, routine_definition AS body,"
    " dtd_identifier AS returns, is_deterministic AS is_deterministic, sql_data_access AS data_access,"
    " security_type AS security, sql_mode AS sql_mode, definer AS definer, routine_comment AS comment,"
    " character_set_client AS charset, collation_connection AS collation, database_collation AS database_collation,"
    " (SELECT GROUP_CONCAT(CONCAT_WS(' ', parameter_mode, parameter_name, dtd_identifier, collation_name)"
    " ORDER BY ordinal_position SEPARATOR ', ') FROM information_schema.parameters p WHERE p.ordinal_position > 0"
    " AND p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name"
    " AND p.routine_type = r.routine_type) AS parameters"
    " FROM information_schema.routines r WHERE routine_schema IN ({schemas})"
)
_TRIGGERS = (
    "SELECT trigger_schema AS s, trigger_name AS name, event_object_table AS on_table, action_timing AS timing,"
    " event_manipulation AS event, action_order AS action_order, action_statement AS body, sql_mode AS sql_mode,"
    " definer AS definer, character_set_client AS charset, collation_connection AS collation,"
    " database_collation AS database_collation"
    " FROM information_schema.triggers WHERE trigger_schema IN ({schemas})"
)
_EVENTS = (
    "SELECT event_schema AS s, event_name AS name, event_definition AS body, definer AS definer,"
    " time_zone AS time_zone, event_type AS type, CAST(execute_at AS CHAR) AS execute_at,"
    " interval_value AS interval_value, interval_field AS interval_field, sql_mode AS sql_mode,"
    " CAST(starts AS CHAR) AS starts, CAST(ends AS CHAR) AS ends, status AS status, on_completion AS on_completion,"
    " event_comment AS comment, character_set_client AS charset, collation_connection AS collation,"
    " database_collation AS database_collation FROM information_schema.events WHERE event_schema IN ({schemas})"
)
_PROGRAMS = (("view", _VIEWS), ("", _ROUTINES), ("trigger", _TRIGGERS), ("event", _EVENTS))
# Set by the session that creates, or by the fence on purpose.
TOLD_ONLY = frozenset({"charset", "collation", "database_collation", "status"})


@dataclass(frozen=True)
class Definition:
    """One object: its parts by name, each as normalised text."""

    kind: str
    name: str  # schema.name; of a schema its name
    parts: Mapping[tuple[str, str], str]

    @property
    def digest(self) -> str:
        """SHA2-256 over all that counts, for manifests."""
        counted = sorted((key, text) for key, text in self.parts.items() if key[0] not in TOLD_ONLY)
        return hashlib.sha256(repr(counted).encode()).hexdigest()


Definitions = dict[tuple[str, str], Definition]  # (kind, name)


def read_definitions(server: Server, schemas: Sequence[str]) -> Definitions:
    """Read every object of the schemas. Raises FailbackError where one may not be read, and ``failback.errors``."""
    names = schema_list(schemas)
    server.execute("SET SESSION group_concat_max_len = 1048576")
    found = [
        Definition("schema", str(row["name"]), _parts(row, skip={"name"}))
        for row in server.rows(_SCHEMATA.format(schemas=names))
    ]
    absent = set(schemas) - {definition.name for definition in found}
    if absent:
        raise FailbackError(f"{server.name} has no schema {', '.join(sorted(absent))}, or the account may not see it")
    found.extend(_tables(server, names))
    for kind, query in _PROGRAMS:
        found.extend(_program(kind, row, server.name) for row in server.rows(query.format(schemas=names)))
    return {(definition.kind, definition.name): definition for definition in found}


def _tables(server: Server, names: str) -> Iterator[Definition]:
    for row in server.rows(_TABLES.format(schemas=names)):
        schema, name = str(row["s"]), str(row["name"])
        shown = server.row(f"SHOW CREATE TABLE {quote_name(schema)}.{quote_name(name)}")
        create = str(shown.get("Create Table") or "")
        if not create:
            raise FailbackError(f"{server.name} does not show how {schema}.{name} is defined")
        yield Definition("table", f"{schema}.{name}", pieces(create))


def _program(kind: str, row: Row, server: str) -> Definition:
    kind = kind or str(row["kind"])
    name = f"{row['s']!s}.{row['name']!s}"
    if not row["body"]:
        raise FailbackError(
            f"{server} does not show the body of the {kind} {name} to this account: it needs SHOW VIEW, SHOW_ROUTINE,"
            " TRIGGER and EVENT on the schemas"
        )
    parts = _parts(row, skip={"s", "name", "kind", "body"})
    return Definition(kind, name, {**parts, ("body", ""): normal_body(str(row["body"]))})


def _parts(row: Row, skip: set[str]) -> dict[tuple[str, str], str]:
    return {(key, ""): "" if value is None else str(value) for key, value in row.items() if key not in skip}
