"""CREATE: a new thing is nobody's business but its own, unless it hangs on an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements import keys
from failback.deployment.statements.cursor import Cursor, UnreadableError, plain
from failback.deployment.statements.definition import read_reference
from failback.deployment.statements.new_tables import on_new
from failback.deployment.statements.second import agrees, written
from failback.deployment.statements.state import holds_parent, part

if TYPE_CHECKING:
    from failback.deployment.statements.cursor import Name
    from failback.deployment.statements.lex import Token
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

# Words that make a new table more than its own definition.
_QUERY = ("SELECT", "TABLE", "VALUES", "EXECUTE")
_HANGING = ("INHERITS", "OF", "LIKE", "UNION", "PARTITION")
# Things with a body of their own; a trigger names a function, and a function may give a trigger.
_BODIES = {"TRIGGER": "trigger", "PROCEDURE": "routine", "FUNCTION": "routine", "EVENT": "routine"}
_TABLE_OPTIONS = frozenset(
    ("ENGINE", "DEFAULT", "CHARSET", "CHARACTER", "SET", "COLLATE", "COMMENT", "AUTO_INCREMENT", "ROW_FORMAT", "INNODB")
)


def create(cursor: Cursor, text: str, state: State) -> Part:  # noqa: PLR0911 - one line per thing
    """Judge a statement whose word CREATE was read. Raises UnreadableError."""
    if rule := next((_BODIES[each.value] for each in cursor.tokens if _is_body(each)), ""):
        return _all(cursor, rule)
    if cursor.take("TABLE"):
        return _table(cursor, text, state)
    if cursor.take("VIEW"):
        name = cursor.qualified()
        if not cursor.has_word("AS") or not agrees(text, state.dialect, "VIEW"):
            raise UnreadableError("VIEW")
        return _all(cursor, "shadows-table" if _shadows(name, state) else "new-view", plain(name))
    if cursor.one_of("DATABASE", "SCHEMA"):
        return _namespace(cursor)
    if state.dialect == "postgresql" and cursor.take("TYPE"):
        return _enum(cursor, state)
    if state.dialect == "postgresql" and cursor.take("SEQUENCE"):
        touched = plain(cursor.qualified())
        if cursor.has_word("OWNED"):
            raise UnreadableError("OWNED")
        return _all(cursor, "new-type", touched)
    return _index(cursor, state)


def _is_body(token: Token) -> bool:
    return token.form == "word" and token.value in _BODIES


def _all(cursor: Cursor, rule: str, touched: str = "") -> Part:
    cursor.at = len(cursor.tokens)
    return part(rule, touched)


def _namespace(cursor: Cursor) -> Part:
    cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name()
    if not cursor.done and cursor.dialect == "postgresql":
        raise UnreadableError("what comes with the schema")
    return _all(cursor, "new-namespace", name)


def _enum(cursor: Cursor, state: State) -> Part:
    name = cursor.qualified()
    cursor.need("AS", "ENUM")
    for each in cursor.parens().commas():
        each.value("text")
        each.end()
    state.enums.add(plain(name) if name[0] else f"public.{name[1]}")
    return part("new-type", plain(name))


def _table(cursor: Cursor, text: str, state: State) -> Part:  # noqa: PLR0911 - one line per rule
    perhaps = cursor.take("IF", "NOT", "EXISTS")
    name = cursor.qualified()
    touched = plain(name)
    if any(cursor.peek(word) for word in _HANGING):
        return _all(cursor, "hangs-on-table", touched)
    if Cursor(cursor.rest(), cursor.dialect).has_word(*_QUERY):
        # Any of these words outside a quoted name: rows come from a query.
        return _all(cursor, "copies-rows", touched)
    if not cursor.peek("("):
        return _all(cursor, "hangs-on-table", touched)
    body = cursor.parens()
    parts = Cursor(body.tokens, cursor.dialect).commas()
    if Cursor(cursor.rest(), cursor.dialect).has_word(*_HANGING) or any(each.peek("LIKE") for each in parts):
        return _all(cursor, "hangs-on-table", touched)
    if _shadows(name, state):
        return _all(cursor, "shadows-table", touched)
    warnings = set(_references(body, name, state))
    _options(cursor)
    if not agrees(text, state.dialect, "TABLE"):
        return part("second-reader", touched)
    if not perhaps:
        state.created.add(name)
    return part("new-table", touched, *sorted(warnings))


def _shadows(name: Name, state: State) -> bool:
    """Whether PostgreSQL could take the new table for an older one of another schema."""
    if state.dialect != "postgresql" or name[0] == "public":
        return False
    if state.before is None:
        return bool(name[0])
    return any(key[1] == name[1] for key in state.before.tables)


def _references(body: Cursor, name: Name, state: State) -> list[str]:
    """Return the warnings of all foreign keys of a new table, wherever they stand. Raises UnreadableError."""
    found: list[str] = []
    for at, token in enumerate(body.tokens):
        if token.form == "word" and token.value == "REFERENCES":
            reference = read_reference(Cursor(body.tokens[at:], body.dialect))
            found += () if reference.table == name else holds_parent(state, reference)
    return found


def _options(cursor: Cursor) -> None:
    """Read a new table's options; only those that say how it keeps itself. Raises UnreadableError."""
    while not cursor.done:
        token = cursor.tokens[cursor.at]
        if token.form == "word" and cursor.dialect == "postgresql":
            raise UnreadableError("an option of the table")
        if token.form == "word" and token.value not in _TABLE_OPTIONS and not _is_value(cursor):
            raise UnreadableError(token.value)
        if token.form == "sign" and token.value not in {"=", ","}:
            raise UnreadableError(token.value)
        cursor.at += 1


def _is_value(cursor: Cursor) -> bool:
    """Whether the word is the value of an option: it follows a sign ``=`` or the option itself."""
    before = cursor.tokens[cursor.at - 1]
    return before.value == "=" or (before.form == "word" and before.value in _TABLE_OPTIONS)


def _index(cursor: Cursor, state: State) -> Part:
    unique = cursor.take("UNIQUE")
    full = cursor.take("FULLTEXT")
    cursor.need("INDEX")
    cursor.take("CONCURRENTLY")
    cursor.take("IF", "NOT", "EXISTS")
    if not cursor.peek("ON"):
        cursor.name()
    method = _method(cursor)
    cursor.need("ON")
    cursor.take("ONLY")
    table = cursor.qualified()
    method = method or _method(cursor)
    columns = keys.key_columns(cursor)
    # What follows the columns is our own grammar's alone: sqlglot does not know MySQL's options.
    core = written(cursor.tokens[: cursor.at])
    if state.dialect == "mysql":
        keys.key_options(cursor)
    cursor.end()
    if not full and not agrees(core, state.dialect, "INDEX"):
        return part("second-reader", plain(table))
    found = keys.unique(columns, table, state) if unique else keys.index(columns, table, state, method)
    return on_new(found, table, state)


def _method(cursor: Cursor) -> str:
    return cursor.name().lower() if cursor.take("USING") else ""
