"""The rules for indexes and constraints, and the grammar of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements.cursor import UnreadableError, plain
from failback.deployment.statements.definition import Reference, read_reference
from failback.deployment.statements.state import holds_parent, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.statements.cursor import Cursor, Name
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

_CALM = frozenset({"", "RESTRICT", "NO ACTION", "SET NULL"})
# The bytes that a value takes at most in an index of PostgreSQL; a letter takes up to four. An entry has 2704 of them.
_SHORT = {
    "smallint": 8,
    "integer": 8,
    "bigint": 8,
    "boolean": 8,
    "uuid": 16,
    "date": 8,
    "time": 8,
    "timestamp": 8,
    "timestamp with time zone": 8,
    "real": 8,
    "double precision": 8,
    "inet": 24,
    "cidr": 24,
}
_ENTRY = 2500
_ENUM = 8


def key_columns(cursor: Cursor) -> list[str] | None:
    """Read ``(a, b(10) DESC)``; None where an expression stands among them. Raises UnreadableError."""
    found: list[str] = []
    for each in cursor.parens().commas():
        if each.peek("("):
            return None
        found.append(each.name())
        if each.peek("("):
            if cursor.dialect == "postgresql":
                return None
            inner = each.parens()
            inner.value("number")
            inner.end()
        each.one_of("ASC", "DESC")
        if cursor.dialect == "postgresql" and each.take("NULLS"):
            each.one_of("FIRST", "LAST")
        each.end()
    return found


def key_options(cursor: Cursor) -> None:
    """Read what may follow the columns of a key in MySQL."""
    while not cursor.done:
        if cursor.take("USING"):
            if not cursor.one_of("BTREE", "HASH"):
                raise UnreadableError("USING")
        elif cursor.take("COMMENT"):
            cursor.value("text")
        elif cursor.one_of("VISIBLE", "INVISIBLE"):
            continue
        elif word := cursor.one_of("ALGORITHM", "LOCK"):
            cursor.take("=")
            if not cursor.one_of(*EFFECTLESS[word]):
                raise UnreadableError(word)
        else:
            raise UnreadableError("an option of a key")


EFFECTLESS = {
    "ALGORITHM": ("DEFAULT", "INSTANT", "INPLACE", "COPY"),
    "LOCK": ("DEFAULT", "NONE", "SHARED", "EXCLUSIVE"),
}


def index(columns: Sequence[str] | None, table: Name, state: State, method: str = "") -> Part:
    """Judge an index that is not unique. A hash index of PostgreSQL takes values of any length."""
    touched = plain(table)
    if columns is None:
        return part("computed", touched)
    if state.dialect == "postgresql" and method != "hash":
        sizes = [_size(table, each, state) for each in columns]
        if method not in {"", "btree", "brin"} or 0 in sizes or sum(sizes) > _ENTRY:
            return part("index-on-long-values", touched)
    return part("add-index", touched)


def _size(table: Name, column: str, state: State) -> int:
    """Return how many bytes a value of PostgreSQL takes at most, 0 where nobody knows."""
    known = state.column(table, column)
    if known is None or known.type is None:
        return 0
    kind = known.type
    if kind.own:
        return _ENUM if state.is_enum(kind) else 0
    if kind.name in {"varchar", "char"}:
        return 4 * int(kind.arguments[0]) + 4 if kind.arguments else 0
    if kind.name == "numeric":
        return int(kind.arguments[0]) + 16 if kind.arguments else 0
    return _SHORT.get(kind.name, 0)


def unique(columns: Sequence[str] | None, table: Name, state: State) -> Part:
    """Judge a unique key."""
    if columns and state.all_fresh(table, columns):
        return part("unique-on-new-column", plain(table))
    return part("add-unique", plain(table))


def foreign(columns: Sequence[str], reference: Reference, table: Name, state: State) -> Part:
    """Judge a foreign key on a table older code uses."""
    touched = f"{plain(table)}.{columns[0]}" if len(columns) == 1 else plain(table)
    if not state.all_fresh(table, columns):
        return part("add-foreign-key", touched)
    if reference.table not in state.created and reference.on_delete not in _CALM:
        return part("foreign-key-deletes", touched)
    return part("foreign-key-on-new-column", touched, *holds_parent(state, reference))


def constraint(cursor: Cursor, table: Name, state: State) -> tuple[Part, Reference | None]:  # noqa: C901 - one line per form of constraint
    """Read and judge ``[CONSTRAINT name] PRIMARY KEY | UNIQUE | FOREIGN KEY | CHECK ...``. Raises UnreadableError."""
    mysql = cursor.dialect == "mysql"
    if cursor.take("CONSTRAINT") and not any(cursor.peek(word) for word in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK")):
        cursor.name()
    if cursor.take("PRIMARY", "KEY"):
        key_columns(cursor)
        return part("add-primary-key", plain(table)), None
    if cursor.take("CHECK"):
        cursor.parens()
        if mysql and cursor.take("NOT", "ENFORCED"):
            return part("no-effect", plain(table)), None
        cursor.take("ENFORCED")
        cursor.take("NOT", "VALID")
        return part("add-check", plain(table)), None
    if cursor.take("FOREIGN", "KEY"):
        if not cursor.peek("("):
            cursor.name()
        columns = cursor.parens().names()
        reference = read_reference(cursor)
        cursor.take("NOT", "VALID")
        return foreign(columns, reference, table, state), reference
    cursor.need("UNIQUE")
    if mysql:
        cursor.one_of("INDEX", "KEY")
        if not cursor.peek("(") and not cursor.peek("USING"):
            cursor.name()
        if cursor.take("USING"):
            cursor.one_of("BTREE", "HASH")
    columns_of = key_columns(cursor)
    if mysql:
        key_options(cursor)
    return unique(columns_of, table, state), None


def dropped(name: str, table: Name, state: State) -> Part:
    """Judge DROP CONSTRAINT: only what the schema before says of it can make it harmless."""
    touched = f"{plain(table)}.{name}"
    known = state.before.table(table) if state.before else None
    found = known.constraints.get(name) if known else None
    if found is None or found.kind in {"primary", "unique"}:
        return part("drop-key", touched)
    if found.kind == "check":
        return part("drop-check", touched, "forbidden-data")
    return dropped_foreign(name, table, state)


def dropped_foreign(name: str, table: Name, state: State) -> Part:
    """Judge DROP FOREIGN KEY."""
    known = state.before.table(table) if state.before else None
    found = known.constraints.get(name) if known else None
    touched = f"{plain(table)}.{name}"
    if found is None or found.kind != "foreign" or found.acts:
        return part("drop-foreign-key", touched)
    return part("drop-calm-foreign-key", touched, "forbidden-data")
