"""The actions of PostgreSQL's ALTER TABLE (PostgreSQL manual, ALTER TABLE)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from failback.deployment.statements import columns_rules, keys
from failback.deployment.statements.alter_mysql import set_default
from failback.deployment.statements.column_types import read_type
from failback.deployment.statements.cursor import UnreadableError, plain
from failback.deployment.statements.definition import read_definition
from failback.deployment.statements.state import holds_parent, of_column, part

if TYPE_CHECKING:
    from failback.deployment.statements.column_types import ColumnType
    from failback.deployment.statements.cursor import Cursor, Name
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK")


def action(cursor: Cursor, table: Name, state: State) -> tuple[Part, bool]:
    """Judge one action; the second value: whether another reader of SQL has to agree. Raises UnreadableError."""
    if cursor.take("ADD"):
        return _add(cursor, table, state), True
    if cursor.take("DROP"):
        return _drop(cursor, table, state), False
    if cursor.take("ALTER"):
        cursor.take("COLUMN")
        return _alter(cursor, table, cursor.name(), state), False
    if cursor.take("VALIDATE", "CONSTRAINT"):
        # It looks at rows that are there; what is written was checked before already.
        cursor.name()
        return part("no-effect", plain(table)), False
    return _rest(cursor, table), False


def _rest(cursor: Cursor, table: Name) -> Part:
    touched = plain(table)
    if cursor.take("RENAME"):
        if cursor.take("TO"):
            rule = "rename-table"
        elif cursor.take("CONSTRAINT"):
            rule = "rename-other"
        else:
            cursor.take("COLUMN")
            rule, touched = "rename-column", of_column(table, cursor.name())
    elif cursor.peek("SET", "SCHEMA"):
        rule = "move-object"
    elif cursor.has_word("SECURITY"):
        rule = "row-security"
    elif cursor.has_word("TRIGGER", "RULE"):
        rule = "trigger"
    elif cursor.has_word("INHERIT", "PARTITION"):
        rule = "hangs-on-table"
    else:
        raise UnreadableError("an action")
    cursor.at = len(cursor.tokens)
    return part(rule, touched)


def _add(cursor: Cursor, table: Name, state: State) -> Part:
    if any(cursor.peek(word) for word in _CONSTRAINTS):
        found, reference = keys.constraint(cursor, table, state)
        if reference and table in state.created:
            return part("foreign-key-on-new-column", found.object, *holds_parent(state, reference))
        return found
    cursor.take("COLUMN")
    perhaps = cursor.take("IF", "NOT", "EXISTS")
    column = read_definition(cursor)
    if table in state.created:
        warnings = holds_parent(state, column.reference) if column.reference else ()
        return part("add-nullable-column", of_column(table, column.name), *warnings)
    known, fresh = state.before, set(state.fresh)
    found = columns_rules.added(column, table, state)
    if perhaps:
        # It may have been there before, with a definition of its own: nothing is learnt.
        state.before, state.fresh = known, fresh
    return found


def _drop(cursor: Cursor, table: Name, state: State) -> Part:
    constraint = cursor.take("CONSTRAINT")
    if not constraint:
        cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    name = cursor.name()
    cascade = cursor.one_of("CASCADE", "RESTRICT") == "CASCADE"
    if not constraint:
        return part("drop-column", of_column(table, name))
    # CASCADE takes along what hangs on it, and that is not known.
    return part("drop-key", of_column(table, name)) if cascade else keys.dropped(name, table, state)


def _alter(cursor: Cursor, table: Name, name: str, state: State) -> Part:
    touched = of_column(table, name)
    before = state.column(table, name)
    if cursor.take("SET", "NOT", "NULL"):
        return part("set-not-null", touched)
    if cursor.take("DROP", "DEFAULT"):
        return part("drop-default", touched)
    if cursor.take("DROP", "NOT", "NULL"):
        if before:
            state.put_column(table, name, replace(before, nullable=True))
        return part("drop-not-null", touched, "meets-null")
    if cursor.take("SET", "DEFAULT"):
        return set_default(cursor, table, name, state)
    if cursor.peek("ADD") or cursor.peek("DROP") or cursor.peek("SET", "GENERATED"):
        cursor.at = len(cursor.tokens)
        return part("change-automatic", touched)
    cursor.take("SET", "DATA")
    cursor.need("TYPE")
    return _type(cursor, table, name, state)


def _type(cursor: Cursor, table: Name, name: str, state: State) -> Part:
    touched = of_column(table, name)
    before = state.column(table, name)
    after = read_type(cursor)
    if cursor.take("USING") and not _is_itself(cursor, name, after):
        cursor.at = len(cursor.tokens)
        return part("change-type", touched)
    if cursor.take("COLLATE"):
        cursor.at = len(cursor.tokens)
        return part("change-collation", touched)
    if before is None or before.type is None:
        return part("type-before-unknown", touched)
    if rule := columns_rules.type_rule(before.type, after, "postgresql"):
        return part(rule, touched)
    state.put_column(table, name, replace(before, type=after))
    return columns_rules.of_type(before, after, touched, nullable=before.nullable)


def _is_itself(cursor: Cursor, name: str, after: ColumnType) -> bool:
    """Whether USING says nothing but the column itself, cast to the new type, as drizzle-kit v1 writes it."""
    try:
        return cursor.name() == name and cursor.take(":", ":") and read_type(cursor) == after and cursor.done
    except UnreadableError:
        return False
