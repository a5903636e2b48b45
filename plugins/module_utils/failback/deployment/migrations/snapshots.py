"""Drizzle's snapshots as a schema: the JSON beside each migration, of 0.x and of v1. Pure.

Source of facts: files written by drizzle-kit 0.31.11 (version 5 for MySQL, 7 for PostgreSQL) and 1.0.0-rc.5. What is
missing or of another form is left out, so that nothing is compared with a guess.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from failback.deployment.migrations import types
from failback.deployment.migrations.schema import Column, Schema, Table, folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.deployment.migrations.gate import Dialect


def schema_of(snapshot: bytes | None, dialect: Dialect, schema: str = "") -> Schema | None:
    """Read a snapshot, None when there is none or it is not understood.

    ``schema``: what is of another one of PostgreSQL's is left out; "" for MySQL.
    """
    if snapshot is None:
        return None
    try:
        read = json.loads(snapshot)
        if not isinstance(read, dict):
            return None
        if not read:
            return Schema()
        if not isinstance(read.get("ddl"), list) and "tables" not in read:
            return None
        found = _listed(read["ddl"], dialect, schema) if "ddl" in read else _nested(read, dialect, schema)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return folded(found) if dialect == "mysql" else found


def _nested(read: Mapping[str, Any], dialect: Dialect, schema: str) -> Schema:
    """Read the form of 0.x: objects by name."""
    tables = {}
    for table in read["tables"].values():
        if not _mine(table.get("schema"), schema):
            continue
        constraints: set[str] = set()
        for kind in ("foreignKeys", "uniqueConstraints", "checkConstraints", "checkConstraint"):
            constraints |= {str(one["name"]) for one in (table.get(kind) or {}).values()}
        unique = dict.fromkeys((table.get("uniqueConstraints") or {}), True)
        indexes = {str(one["name"]): bool(one.get("isUnique")) for one in (table.get("indexes") or {}).values()}
        columns = {str(one["name"]): _column(one, dialect) for one in table["columns"].values()}
        primary = bool(table.get("compositePrimaryKeys")) or any(
            one.get("primaryKey") for one in table["columns"].values()
        )
        tables[str(table["name"])] = Table(columns, indexes | unique, frozenset(constraints), primary)
    views = frozenset(
        str(one["name"]) for one in (read.get("views") or {}).values() if _mine(one.get("schema"), schema)
    )
    enums = {
        str(one["name"]): tuple(map(str, one["values"]))
        for one in (read.get("enums") or {}).values()
        if _mine(one.get("schema"), schema)
    }
    return Schema(tables, views, enums)


def _listed(ddl: list[Any], dialect: Dialect, schema: str) -> Schema:
    """Read the form of v1: one list of entities."""
    mine = [one for one in ddl if _mine(one.get("schema"), schema)]
    columns: dict[str, dict[str, Column]] = {str(one["name"]): {} for one in mine if one["entityType"] == "tables"}
    indexes: dict[str, dict[str, bool]] = {name: {} for name in columns}
    constraints: dict[str, set[str]] = {name: set() for name in columns}
    primary: set[str] = set()
    for one in mine:
        table, kind = str(one.get("table") or ""), one["entityType"]
        if kind == "columns" and table in columns:
            columns[table][str(one["name"])] = _column(one, dialect)
        elif kind == "indexes":
            indexes[table][str(one["name"])] = bool(one.get("isUnique"))
        elif kind in {"fks", "checks", "uniques"}:
            constraints[table].add(str(one["name"]))
            if kind == "uniques":
                indexes[table][str(one["name"])] = True
        elif kind == "pks":
            primary.add(table)
            # A key's columns take no NULL, whether or not their own entry says so.
            for name in one.get("columns") or ():
                old = columns[table][name]
                columns[table][name] = Column(old.type, nullable=False, default=old.default)
    tables = {
        name: Table(columns[name], indexes[name], frozenset(constraints[name]), name in primary) for name in columns
    }
    views = frozenset(str(one["name"]) for one in mine if one["entityType"] == "views")
    enums = {str(one["name"]): tuple(map(str, one["values"])) for one in mine if one["entityType"] == "enums"}
    return Schema(tables, views, enums)


def _column(one: Mapping[str, Any], dialect: Dialect) -> Column:
    text = str(one["type"]) + "[]" * int(one.get("dimensions") or 0)
    serial = types.is_serial(text)
    required = bool(one.get("notNull")) or bool(one.get("primaryKey")) or serial
    given = one.get("default") is not None or bool(one.get("autoincrement") or one.get("autoIncrement"))
    made = bool(one.get("generated") or one.get("identity"))
    return Column(types.canonical(text, dialect), nullable=not required, default=given or made or serial)


def _mine(said: object, schema: str) -> bool:
    return not schema or said == schema or (said in {None, ""} and schema == "public")
