"""The actions of MySQL's ALTER TABLE (MySQL 8.4 manual 15.1.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements import columns_rules, keys
from failback.deployment.statements.cursor import UnreadableError, plain
from failback.deployment.statements.defaults import fits, read_default
from failback.deployment.statements.definition import Definition, read_definition
from failback.deployment.statements.model import gravest
from failback.deployment.statements.state import holds_parent, of_column, part

if TYPE_CHECKING:
    from failback.deployment.statements.cursor import Cursor, Name
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK")
# The whole of the action decides nothing more: the rest of it may be read loosely.
_PARTITIONS = {
    "DROP": "remove-partition",
    "TRUNCATE": "remove-partition",
    "EXCHANGE": "remove-partition",
    "DISCARD": "remove-partition",
    "COALESCE": "remove-partition",
    "REORGANIZE": "remove-partition",
}


def action(cursor: Cursor, table: Name, state: State) -> tuple[Part, bool]:  # noqa: PLR0911 - one line per action
    """Judge one action; the second value: whether another reader of SQL has to agree. Raises UnreadableError."""
    for word, rule in _PARTITIONS.items():
        if cursor.peek(word, "PARTITION"):
            return _loose(cursor, rule, plain(table)), False
    if cursor.take("ADD"):
        return _add(cursor, table, state)
    if cursor.take("DROP"):
        return _drop(cursor, table, state), True
    if cursor.take("MODIFY"):
        cursor.take("COLUMN")
        return _modify(read_definition(cursor), table, state), True
    if cursor.take("CHANGE"):
        cursor.take("COLUMN")
        old = cursor.name()
        column = read_definition(cursor)
        # Other capitals are another name too: SELECT * gives them to older code.
        if old != column.name:
            return part("rename-column", of_column(table, old)), False
        return _modify(column, table, state), True
    if cursor.take("ALTER"):
        return _alter(cursor, table, state), False
    if cursor.take("RENAME"):
        return _rename(cursor, table), False
    return _option(cursor, table, state), False


def _loose(cursor: Cursor, rule: str, touched: str) -> Part:
    cursor.at = len(cursor.tokens)
    return part(rule, touched)


def _add(cursor: Cursor, table: Name, state: State) -> tuple[Part, bool]:
    if cursor.take("PARTITION"):
        cursor.parens()
        return part("add-partition", plain(table)), False
    if any(cursor.peek(word) for word in _CONSTRAINTS):
        return _constraint(cursor, table, state), True
    if cursor.peek("SPATIAL"):
        raise UnreadableError("SPATIAL")
    full = cursor.take("FULLTEXT")
    if cursor.one_of("INDEX", "KEY") or full:
        if not cursor.peek("(") and not cursor.peek("USING"):
            cursor.name()
        if cursor.take("USING"):
            cursor.one_of("BTREE", "HASH")
        columns = keys.key_columns(cursor)
        keys.key_options(cursor)
        return keys.index(columns, table, state), not full
    cursor.take("COLUMN")
    if cursor.peek("("):
        return _several(cursor, table, state), False
    return _column(read_definition(cursor), table, state), True


def _constraint(cursor: Cursor, table: Name, state: State) -> Part:
    found, reference = keys.constraint(cursor, table, state)
    if reference and table in state.created:
        return part("foreign-key-on-new-column", found.object, *holds_parent(state, reference))
    return found


def _several(cursor: Cursor, table: Name, state: State) -> Part:
    """Judge ``ADD (a int, b int)``: the gravest of its columns."""
    parts = [_column(read_definition(each), table, state) for each in cursor.parens().commas()]
    return gravest(parts)


def _column(column: Definition, table: Name, state: State) -> Part:
    if table in state.created:
        warnings = holds_parent(state, column.reference) if column.reference else ()
        return part("add-nullable-column", of_column(table, column.name), *warnings)
    return columns_rules.added(column, table, state)


def _modify(column: Definition, table: Name, state: State) -> Part:
    return columns_rules.modified(column, table, state)


def _drop(cursor: Cursor, table: Name, state: State) -> Part:
    if cursor.take("PRIMARY", "KEY"):
        return part("drop-key", plain(table))
    if cursor.one_of("INDEX", "KEY"):
        return part("drop-key", of_column(table, cursor.name()))
    if cursor.take("FOREIGN", "KEY"):
        return keys.dropped_foreign(cursor.name(), table, state)
    if cursor.take("CHECK"):
        return part("drop-check", of_column(table, cursor.name()), "forbidden-data")
    if cursor.take("CONSTRAINT"):
        return keys.dropped(cursor.name(), table, state)
    cursor.take("COLUMN")
    return part("drop-column", of_column(table, cursor.name()))


def _alter(cursor: Cursor, table: Name, state: State) -> Part:
    if cursor.take("INDEX"):
        name = cursor.name()
        rule = {"VISIBLE": "index-visible", "INVISIBLE": "hide-index"}[cursor.one_of("VISIBLE", "INVISIBLE") or "-"]
        return part(rule, of_column(table, name))
    if cursor.one_of("CHECK", "CONSTRAINT"):
        touched = of_column(table, cursor.name())
        if cursor.take("NOT", "ENFORCED"):
            return part("drop-check", touched, "forbidden-data")
        cursor.need("ENFORCED")
        return part("add-check", touched)
    cursor.take("COLUMN")
    name = cursor.name()
    touched = of_column(table, name)
    if cursor.take("DROP", "DEFAULT"):
        return part("drop-default", touched)
    cursor.need("SET")
    if cursor.take("INVISIBLE"):
        return part("hide-column", touched)
    cursor.need("DEFAULT")
    return set_default(cursor, table, name, state)


def set_default(cursor: Cursor, table: Name, name: str, state: State) -> Part:
    """Judge SET DEFAULT, whose value comes next. Raises UnreadableError."""
    touched = of_column(table, name)
    before = state.column(table, name)
    value, wrapped = read_default(cursor)
    if before is None or before.type is None:
        return part("type-before-unknown", touched)
    if value == before.default:
        return part("same-definition", touched)
    found = Definition(name, before.type, null=before.nullable, default=value, has_default=True)
    if rule := columns_rules.default_rule(before, found):
        return part(rule, touched)
    if value is None or not fits(value, before.type, state.dialect, wrapped=wrapped):
        return part("default-not-proven", touched)
    columns_rules.remember(found, table, state)
    return part("default-for-required", touched)


def _rename(cursor: Cursor, table: Name) -> Part:
    if cursor.take("COLUMN"):
        return _loose(cursor, "rename-column", of_column(table, cursor.name()))
    if cursor.one_of("INDEX", "KEY"):
        return _loose(cursor, "rename-other", of_column(table, cursor.name()))
    return _loose(cursor, "rename-table", plain(table))


def _option(cursor: Cursor, table: Name, state: State) -> Part:
    touched = plain(table)
    if cursor.peek("CONVERT", "TO"):
        return _loose(cursor, "change-collation", touched)
    if cursor.take("COMMENT"):
        cursor.take("=")
        cursor.value("text")
        return part("no-effect", touched)
    if cursor.take("ENGINE"):
        cursor.take("=")
        return _engine(cursor.name().lower(), table, state)
    for words in (("ROW_FORMAT",), ("AUTO_INCREMENT",), ("PARTITION", "BY"), ("REMOVE", "PARTITIONING")):
        if cursor.peek(*words):
            return _loose(cursor, "engine", touched)
    for words in (("DEFAULT",), ("CHARACTER", "SET"), ("CHARSET",), ("COLLATE",)):
        if cursor.peek(*words):
            return _loose(cursor, "engine", touched)
    if cursor.peek("DISCARD") or cursor.peek("IMPORT"):
        return _loose(cursor, "change-rows", touched)
    raise UnreadableError("an action")


def _engine(name: str, table: Name, state: State) -> Part:
    known = state.before.table(table) if state.before else None
    before = known.engine.lower() if known else ""
    if name != "innodb" or (before and before != name):
        return part("other-engine", plain(table))
    return part("no-effect" if before == name else "engine", plain(table))
