"""Reads the schema before a migration: from a Drizzle snapshot (0.x and v1) or from rows of information_schema.

Facts: the shapes of both snapshots are those of drizzle-kit's own validation (serializer/mysqlSchema.ts and pgSchema.ts
of 0.x, dialects/*/ddl.ts of v1). Drizzle 0.x knows no collation of a column: it is the table's, unless somebody changed
it by hand, and that is said with each change of a type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.deployment.statements.column_types import ColumnType, type_of
from failback.deployment.statements.defaults import default_of
from failback.deployment.statements.known import Column, Columns, Constraint, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.deployment.statements.cursor import Name
    from failback.deployment.statements.known import Default
    from failback.deployment.statements.model import Dialect

__all__ = ["Columns", "from_drizzle", "from_information_schema"]

_DIALECTS: Mapping[str, Dialect] = {
    "mysql": "mysql",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "pg": "postgresql",
}
_KINDS: Mapping[str, Any] = {"PRIMARY KEY": "primary", "UNIQUE": "unique", "FOREIGN KEY": "foreign", "CHECK": "check"}


def from_drizzle(snapshot: Mapping[str, Any]) -> Columns:
    """Read a snapshot of drizzle-kit. Raises ValueError for one whose shape or dialect is not known."""
    dialect = _DIALECTS.get(str(snapshot.get("dialect")))
    if dialect is None:
        raise ValueError(f"a snapshot of the dialect {snapshot.get('dialect')!r}")
    try:
        if isinstance(snapshot.get("ddl"), list):
            return _entities(snapshot["ddl"], dialect)
        return _tables(snapshot, dialect)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"a snapshot of another shape ({problem})") from problem


def _tables(snapshot: Mapping[str, Any], dialect: Dialect) -> Columns:
    tables: dict[Name, Table] = {}
    for table in snapshot["tables"].values():
        uniques = [*table.get("uniqueConstraints", {}), *(n for n, i in table["indexes"].items() if i["isUnique"])]
        checks = [*table.get("checkConstraint", {}), *table.get("checkConstraints", {})]
        constraints = {name: Constraint("unique") for name in uniques}
        constraints |= {name: Constraint("check") for name in checks}
        constraints |= {name: Constraint("primary") for name in table.get("compositePrimaryKeys", {})}
        constraints |= {name: _foreign(key) for name, key in table["foreignKeys"].items()}
        columns = {_spelled(each["name"], dialect): _old_column(each, dialect) for each in table["columns"].values()}
        tables[_key(table.get("schema"), table["name"], dialect)] = Table(columns, constraints)
    enums = snapshot.get("enums", {}).values()
    return Columns(dialect, tables, frozenset(_enum(each.get("schema"), each["name"]) for each in enums))


def _old_column(column: Mapping[str, Any], dialect: Dialect) -> Column:
    kind = _kind(column["type"], column.get("typeSchema"), dialect)
    auto = bool(column.get("autoincrement") or column.get("identity")) or "serial" in column["type"]
    return Column(
        kind,
        nullable=not (column["notNull"] or column["primaryKey"]),
        default=default_of(column.get("default"), dialect),
        auto=auto,
        on_update=bool(column.get("onUpdate")),
        generated=bool(column.get("generated")),
        name=column["name"],
    )


def _entities(entities: Iterable[Mapping[str, Any]], dialect: Dialect) -> Columns:
    """Read the list of v1: tables, columns and constraints side by side."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for each in entities:
        by_kind.setdefault(each["entityType"], []).append(each)
    columns: dict[Name, dict[str, Column]] = {}
    constraints: dict[Name, dict[str, Constraint]] = {}
    for table in by_kind.get("tables", []):
        columns[_key(table.get("schema"), table["name"], dialect)] = {}
    primary = {(_of(each, dialect), name) for each in by_kind.get("pks", []) for name in each["columns"]}
    for column in by_kind.get("columns", []):
        key = _of(column, dialect)
        columns[key][_spelled(column["name"], dialect)] = _new_column(
            column, dialect, primary=(key, column["name"]) in primary
        )
    for kind, name in (("pks", "primary"), ("uniques", "unique"), ("checks", "check")):
        for each in by_kind.get(kind, []):
            constraints.setdefault(_of(each, dialect), {})[each["name"]] = Constraint(name)  # type: ignore[arg-type]
    for each in by_kind.get("indexes", []):
        if each["isUnique"]:
            constraints.setdefault(_of(each, dialect), {})[each["name"]] = Constraint("unique")
    for each in by_kind.get("fks", []):
        constraints.setdefault(_of(each, dialect), {})[each["name"]] = _foreign(each)
    tables = {key: Table(found, constraints.get(key, {})) for key, found in columns.items()}
    enums = by_kind.get("enums", [])
    return Columns(dialect, tables, frozenset(_enum(each.get("schema"), each["name"]) for each in enums))


def _new_column(column: Mapping[str, Any], dialect: Dialect, *, primary: bool) -> Column:
    default = column.get("default")
    if isinstance(default, dict):
        default = None if default.get("type") == "null" else str(default["value"])
    return Column(
        _kind(column["type"] + "[]" * int(column.get("dimensions") or 0), column.get("typeSchema"), dialect),
        nullable=not (column["notNull"] or primary),
        default=default_of(default, dialect),
        auto=bool(column.get("autoIncrement") or column.get("identity")) or "serial" in column["type"],
        on_update=bool(column.get("onUpdateNow")),
        generated=bool(column.get("generated")),
        name=column["name"],
        collation=column.get("collation") or (None if column.get("charSet") else ""),
    )


def _kind(written: str, schema: str | None, dialect: Dialect) -> ColumnType | None:
    if schema:
        return ColumnType(f"{schema}.{written}", own=True)
    return type_of(written, dialect)


def _of(entity: Mapping[str, Any], dialect: Dialect) -> Name:
    return _key(entity.get("schema"), entity["table"], dialect)


def _key(schema: str | None, name: str, dialect: Dialect) -> Name:
    return Columns(dialect).key((schema or "", name))


def _spelled(name: str, dialect: Dialect) -> str:
    return Columns(dialect).spelled(name)


def _enum(schema: str | None, name: str) -> str:
    return f"{schema or 'public'}.{name}"


def _foreign(key: Mapping[str, Any]) -> Constraint:
    calm = {"", "NO ACTION", "RESTRICT"}
    acts = [str(key.get(word) or "").upper() for word in ("onDelete", "onUpdate", "DELETE_RULE", "UPDATE_RULE")]
    return Constraint("foreign", acts=any(each not in calm for each in acts))


def from_information_schema(
    columns: Iterable[Mapping[str, Any]],
    constraints: Iterable[Mapping[str, Any]] = (),
    tables: Iterable[Mapping[str, Any]] = (),
) -> Columns:
    """Read a MySQL schema as the server describes it, one schema at a time.

    ``columns``: rows of COLUMNS with TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA and
    COLLATION_NAME. ``constraints``: rows of TABLE_CONSTRAINTS with CONSTRAINT_NAME, CONSTRAINT_TYPE and TABLE_NAME,
    joined with DELETE_RULE and UPDATE_RULE of REFERENTIAL_CONSTRAINTS. ``tables``: rows of TABLES with ENGINE and
    TABLE_COLLATION. Names of fields in either case.
    """
    described = {row["TABLE_NAME"]: row for row in map(_capitals, tables)}
    named: dict[str, dict[str, Constraint]] = {}
    for row in map(_capitals, constraints):
        kind = _KINDS[row["CONSTRAINT_TYPE"]]
        found = _foreign(row) if kind == "foreign" else Constraint(kind)
        named.setdefault(row["TABLE_NAME"], {})[row["CONSTRAINT_NAME"]] = found
    read: dict[str, dict[str, Column]] = {}
    for row in map(_capitals, columns):
        whole = described.get(row["TABLE_NAME"], {}).get("TABLE_COLLATION") or ""
        read.setdefault(row["TABLE_NAME"], {})[row["COLUMN_NAME"].lower()] = _live_column(row, whole)
    return Columns(
        "mysql",
        {
            ("", name): Table(
                found,
                named.get(name, {}),
                str(described.get(name, {}).get("ENGINE") or ""),
                str(described.get(name, {}).get("TABLE_COLLATION") or ""),
            )
            for name, found in read.items()
        },
    )


def _capitals(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key.upper(): value for key, value in row.items()}


def _live_column(row: Mapping[str, Any], of_table: str) -> Column:
    extra = str(row.get("EXTRA") or "").upper()
    collation = row.get("COLLATION_NAME")
    return Column(
        type_of(_text(row["COLUMN_TYPE"]), "mysql"),
        nullable=row["IS_NULLABLE"] == "YES",
        default=_live_default(row.get("COLUMN_DEFAULT"), extra),
        auto="AUTO_INCREMENT" in extra,
        on_update="ON UPDATE" in extra,
        generated=" GENERATED" in f" {extra}",
        name=row["COLUMN_NAME"],
        collation="" if collation is None or collation == of_table else str(collation),
    )


def _live_default(value: Any, extra: str) -> Default | None:
    """Read a default: the server gives a literal without quotes, and says DEFAULT_GENERATED for an expression."""
    if value is None:
        return None
    text = _text(value)
    now = text.upper().startswith(("CURRENT_TIMESTAMP", "NOW("))
    return default_of(text, "mysql") if "DEFAULT_GENERATED" in extra or now else ("literal", text)


def _text(value: Any) -> str:
    """Return a value as text: the driver gives longtext columns of information_schema as bytes now and then."""
    return value.decode() if isinstance(value, bytes) else str(value)
