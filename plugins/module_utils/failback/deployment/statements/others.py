"""Every statement that is neither CREATE nor ALTER TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements.cursor import UnreadableError, plain
from failback.deployment.statements.second import is_plain_insert
from failback.deployment.statements.state import part

if TYPE_CHECKING:
    from failback.deployment.statements.cursor import Cursor
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

# The first word decides; the rest of the statement can make it no better.
_BY_FIRST_WORD = {
    "UPDATE": "change-rows",
    "DELETE": "change-rows",
    "TRUNCATE": "change-rows",
    "REPLACE": "change-rows",
    "MERGE": "change-rows",
    "LOAD": "change-rows",
    "REVOKE": "take-rights",
    "GRANT": "rights",
    "USE": "setting",
    "CALL": "routine",
    "DO": "routine",
    "RENAME": "rename-table",
}
_ALTERED = {
    "DATABASE": "whole-schema",
    "SCHEMA": "whole-schema",
    "USER": "take-rights",
    "ROLE": "take-rights",
    "VIEW": "drop-object",
    "EVENT": "routine",
    "PROCEDURE": "routine",
    "FUNCTION": "routine",
}
# Settings that decide how long something may wait, and nothing else.
_WAITS = ("LOCK_WAIT_TIMEOUT", "INNODB_LOCK_WAIT_TIMEOUT", "LOCK_TIMEOUT", "STATEMENT_TIMEOUT")


def other(cursor: Cursor, text: str, state: State) -> Part:
    """Judge a statement of which nothing was read yet. Raises UnreadableError."""
    first = cursor.value("word")
    if rule := _BY_FIRST_WORD.get(first):
        return _all(cursor, rule)
    judge = {"DROP": _drop, "ALTER": _alter, "SET": _set, "COMMENT": _comment}.get(first)
    if judge:
        return judge(cursor, state)
    if first == "INSERT":
        return _insert(cursor, text, state)
    if first == "BEGIN" or (first == "START" and cursor.take("TRANSACTION")) or first == "COMMIT":
        cursor.end()
        return part("transaction", "")
    raise UnreadableError(first)


def _all(cursor: Cursor, rule: str, touched: str = "") -> Part:
    cursor.at = len(cursor.tokens)
    return part(rule, touched)


def _drop(cursor: Cursor, state: State) -> Part:
    if cursor.take("TABLE"):
        cursor.take("IF", "EXISTS")
        return _drop_tables(cursor, state)
    if cursor.take("INDEX"):
        return _drop_index(cursor, state)
    if cursor.peek("TRIGGER"):
        return _all(cursor, "trigger")
    if cursor.one_of("USER", "ROLE"):
        return _all(cursor, "take-rights")
    return _all(cursor, "drop-object")


def _drop_tables(cursor: Cursor, state: State) -> Part:
    cascade = cursor.has_word("CASCADE")
    names = []
    for each in cursor.commas():
        names.append(each.qualified())
        each.one_of("RESTRICT", "CASCADE")
        each.end()
    older = [name for name in names if name not in state.created]
    # CASCADE takes along what hangs on a table: foreign keys and views of others.
    if older or cascade:
        return part("drop-table", ", ".join(plain(name) for name in older or names))
    state.created.difference_update(names)
    return part("on-new-table", ", ".join(plain(name) for name in names))


def _drop_index(cursor: Cursor, state: State) -> Part:
    cursor.take("CONCURRENTLY")
    cursor.take("IF", "EXISTS")
    name = plain(cursor.qualified())
    if state.dialect == "mysql" and cursor.take("ON"):
        table = cursor.qualified()
        if table in state.created and cursor.done:
            return part("on-new-table", plain(table))
    return _all(cursor, "drop-key", name)


def _alter(cursor: Cursor, state: State) -> Part:
    if state.dialect == "postgresql" and cursor.take("TYPE"):
        return _alter_type(cursor)
    if rule := _ALTERED.get(cursor.value("word")):
        return _all(cursor, rule)
    raise UnreadableError("ALTER")


def _alter_type(cursor: Cursor) -> Part:
    name = plain(cursor.qualified())
    if cursor.take("ADD", "VALUE"):
        cursor.take("IF", "NOT", "EXISTS")
        cursor.value("text")
        if cursor.one_of("BEFORE", "AFTER"):
            cursor.value("text")
        cursor.end()
        return part("append-enum-value", name, "meets-new-value")
    if cursor.has_word("SCHEMA"):
        return _all(cursor, "move-object", name)
    if cursor.has_word("RENAME"):
        return _all(cursor, "remove-enum-value" if cursor.has_word("VALUE") else "rename-other", name)
    raise UnreadableError("ALTER TYPE")


def _set(cursor: Cursor, state: State) -> Part:
    del state
    if cursor.take("NAMES"):
        if cursor.one_of("UTF8MB4"):
            cursor.end()
            return part("session-setting", "NAMES")
        return _all(cursor, "setting")
    cursor.one_of("SESSION", "LOCAL")
    name = cursor.one_of(*_WAITS)
    if name and (cursor.take("=") or cursor.take("TO")):
        if cursor.if_value("number") is None:
            cursor.value("text")
        cursor.end()
        return part("session-setting", name.lower())
    return _all(cursor, "setting")


def _comment(cursor: Cursor, state: State) -> Part:
    if state.dialect != "postgresql" or not cursor.take("ON"):
        raise UnreadableError("COMMENT")
    if not cursor.one_of("TABLE", "COLUMN", "INDEX", "TYPE", "SCHEMA"):
        raise UnreadableError("COMMENT")
    touched = cursor.name()
    while cursor.take("."):
        touched = f"{touched}.{cursor.name()}"
    cursor.need("IS")
    if not cursor.take("NULL"):
        cursor.value("text")
    cursor.end()
    return part("no-effect", touched)


def _insert(cursor: Cursor, text: str, state: State) -> Part:
    if not cursor.take("INTO") or cursor.has_word("DUPLICATE", "CONFLICT"):
        return _all(cursor, "change-rows")
    table = cursor.qualified()
    if table in state.created and not cursor.has_word("RETURNING") and is_plain_insert(text, state.dialect):
        return _all(cursor, "seed-new-table", plain(table))
    return _all(cursor, "insert-rows", plain(table))
