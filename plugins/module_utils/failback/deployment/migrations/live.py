"""The live schema, read from the server's own catalogue into the form of schema.py.

Source of facts: MySQL manual, INFORMATION_SCHEMA; PostgreSQL manual, System Catalogs.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from failback.deployment.migrations import types
from failback.deployment.migrations.schema import Column, Schema, Table, folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.migrations.gate import Dialect


class Reader(Protocol):
    """What answers a query with rows: failback.mysql.Server, or postgresql.Session."""

    name: str

    def rows(self, sql: str, args: Sequence[object] | None = None) -> Sequence[Mapping[str, Any]]:
        """Every row of one statement's result."""


_MYSQL = {
    "tables": "SELECT table_name AS t, table_type AS k FROM information_schema.tables WHERE table_schema = %s",
    "columns": "SELECT table_name AS t, column_name AS c, column_type AS k, is_nullable AS n,"
    " column_default IS NOT NULL OR extra LIKE '%%auto_increment%%' OR extra LIKE '%%GENERATED%%' AS d"
    " FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position",
    "indexes": "SELECT table_name AS t, index_name AS i, MAX(non_unique) = 0 AS u,"
    " GROUP_CONCAT(column_name ORDER BY column_name) AS c"
    " FROM information_schema.statistics WHERE table_schema = %s GROUP BY table_name, index_name",
    "constraints": "SELECT table_name AS t, constraint_name AS i, constraint_type AS k"
    " FROM information_schema.table_constraints WHERE table_schema = %s",
}
_POSTGRESQL = {
    "tables": "SELECT c.relname AS t, CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'BASE TABLE' END AS k"
    " FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace"
    " WHERE s.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
    "columns": "SELECT c.relname AS t, a.attname AS c, format_type(a.atttypid, a.atttypmod) AS k,"
    " CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS n,"
    " a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '' AS d"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace s ON s.oid = c.relnamespace"
    " WHERE s.nspname = %s AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY c.relname, a.attnum",
    "indexes": "SELECT t.relname AS t, i.relname AS i, x.indisunique AND NOT x.indisprimary AS u"
    " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
    " JOIN pg_namespace s ON s.oid = t.relnamespace WHERE s.nspname = %s AND x.indisvalid AND NOT x.indisprimary",
    "constraints": "SELECT t.relname AS t, c.conname AS i,"
    " CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'OTHER' END AS k"
    " FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace s ON s.oid = t.relnamespace"
    " WHERE s.nspname = %s AND c.contype IN ('p', 'f', 'c', 'u')",
}
_LABELS = (
    "SELECT t.typname AS t, e.enumlabel AS v FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid"
    " JOIN pg_namespace s ON s.oid = t.typnamespace WHERE s.nspname = %s ORDER BY t.typname, e.enumsortorder"
)

# What changes a schema, while it runs. A temporary table is the session's own.
_CHANGING = r"^\s*(alter|drop|rename|truncate)\s|^\s*create\s+(or\s+replace\s+)?(unique\s+)?(table|index|view|type)\s"
_RUNNING: Mapping[Dialect, str] = {
    "mysql": "SELECT id AS i, user AS u, LEFT(info, 80) AS q FROM performance_schema.processlist"
    " WHERE db = %s AND id <> CONNECTION_ID() AND LOWER(info) RLIKE %s",
    "postgresql": "SELECT pid AS i, usename AS u, left(query, 80) AS q FROM pg_stat_activity"
    " WHERE datname = current_database() AND %s <> '' AND pid <> pg_backend_pid() AND state = 'active' AND query ~* %s",
}


def running(reader: Reader, dialect: Dialect, schema: str) -> str:
    """Name a session that changes the schema just now, "" when none is seen (an account may see its own alone)."""
    for row in reader.rows(_RUNNING[dialect], (schema, _CHANGING)):
        return f"session {row['i']} of {_text(row['u'])}: {' '.join(_text(row['q']).split())}"
    return ""


def read(reader: Reader, dialect: Dialect, schema: str) -> Schema:
    """Read one schema. Raises what the reader raises."""
    queries = _MYSQL if dialect == "mysql" else _POSTGRESQL
    found = {what: reader.rows(sql, (schema,)) for what, sql in queries.items()}
    labels = reader.rows(_LABELS, (schema,)) if dialect == "postgresql" else ()
    return schema_of(found, labels, dialect)


def schema_of(
    found: Mapping[str, Sequence[Mapping[str, Any]]], labels: Sequence[Mapping[str, Any]], dialect: Dialect
) -> Schema:
    """Put the catalogue's rows together; pure."""
    columns: dict[str, dict[str, Column]] = defaultdict(dict)
    for row in found["columns"]:
        kind = types.canonical(_text(row["k"]), dialect)
        columns[_text(row["t"])][_text(row["c"])] = Column(kind, _text(row["n"]) == "YES", bool(row["d"]))
    indexes: dict[str, dict[str, bool]] = defaultdict(dict)
    keys = {_text(row["t"]): row.get("c") for row in found["indexes"] if _text(row["i"]) == "PRIMARY"}
    for row in found["indexes"]:
        if _text(row["i"]) != "PRIMARY":
            # MySQL's type SERIAL makes a second unique index on the key itself: it forbids nothing of its own.
            again = row.get("c") is not None and row.get("c") == keys.get(_text(row["t"]))
            indexes[_text(row["t"])][_text(row["i"])] = bool(row["u"]) and not again
    constraints: dict[str, set[str]] = defaultdict(set)
    primary: set[str] = set()
    for row in found["constraints"]:
        if _text(row["k"]) == "PRIMARY KEY":
            primary.add(_text(row["t"]))
        else:
            constraints[_text(row["t"])].add(_text(row["i"]))
    kinds = {_text(row["t"]): _text(row["k"]) for row in found["tables"]}
    enums: dict[str, tuple[str, ...]] = {}
    for row in labels:
        name = _text(row["t"])
        enums[name] = (*enums.get(name, ()), _text(row["v"]))
    tables = {
        name: Table(columns[name], indexes[name], frozenset(constraints[name]), name in primary)
        for name, kind in kinds.items()
        if kind != "VIEW"
    }
    made = Schema(tables, frozenset(name for name, kind in kinds.items() if kind == "VIEW"), enums)
    return folded(made) if dialect == "mysql" else made


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
