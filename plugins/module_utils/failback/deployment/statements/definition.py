"""The grammar of a column's definition and of a foreign key. What it does not know, it refuses to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.deployment.statements.column_types import ColumnType, read_type
from failback.deployment.statements.cursor import Cursor, Name, UnreadableError
from failback.deployment.statements.defaults import read_default

if TYPE_CHECKING:
    from failback.deployment.statements.known import Default

_ACTIONS = ("RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION")


@dataclass(frozen=True)
class Reference:
    """Where a foreign key points, and what it does by itself ("" is the server's own: nothing)."""

    table: Name
    on_delete: str = ""
    on_update: str = ""


@dataclass
class Definition:
    """A column as a statement defines it. ``marks``: PRIMARY, UNIQUE, CHECK, GENERATED, AUTO, ON UPDATE, HIDDEN.

    ``null``: True for NULL, False for NOT NULL, None where neither is said. ``wrapped``: the default stands in
    brackets. ``collation``: "" where none is said. ``moved``: FIRST or AFTER.
    """

    name: str
    type: ColumnType
    null: bool | None = None
    default: Default | None = None
    has_default: bool = False
    wrapped: bool = False
    collation: str = ""
    charset: str = ""
    moved: bool = False
    reference: Reference | None = None
    marks: set[str] = field(default_factory=set)

    @property
    def nullable(self) -> bool:
        """Whether the column takes NULL once it is defined so."""
        return self.null is not False and not self.marks & {"PRIMARY", "AUTO"}


def read_definition(cursor: Cursor) -> Definition:
    """Read ``name type attributes...`` up to its end. Raises UnreadableError."""
    column = Definition(cursor.name(), read_type(cursor))
    seen: set[str] = set()
    while not cursor.done:
        what = _attribute(cursor, column)
        if what in seen:
            raise UnreadableError(f"{what} twice")
        seen.add(what)
    return column


def _attribute(cursor: Cursor, column: Definition) -> str:  # noqa: PLR0911 - one line per attribute
    if cursor.take("NOT", "NULL"):
        column.null = False
        return "null"
    if cursor.take("NULL"):
        column.null = True
        return "null"
    if cursor.take("DEFAULT"):
        column.has_default = True
        column.default, column.wrapped = read_default(cursor)
        if cursor.dialect == "postgresql":
            _own_cast(cursor, column)
        return "default"
    if cursor.peek("REFERENCES"):
        column.reference = read_reference(cursor)
        return "references"
    if cursor.take("COLLATE"):
        column.collation = cursor.name() if cursor.dialect == "mysql" else ".".join(cursor.qualified())
        return "collate"
    if cursor.dialect == "mysql" and (found := _mysql_attribute(cursor, column)):
        return found
    return _mark(cursor, column)


def _own_cast(cursor: Cursor, column: Definition) -> None:
    """Read ``::type`` after a default, if it is the column's own type or a text. Raises UnreadableError."""
    if not cursor.take(":", ":"):
        return
    cast = read_type(cursor)
    if cast != column.type and cast != ColumnType("text"):
        raise UnreadableError("a cast to another type")


def _mysql_attribute(cursor: Cursor, column: Definition) -> str:  # noqa: PLR0911 - one line per attribute
    if cursor.take("CHARACTER", "SET") or cursor.take("CHARSET"):
        column.charset = cursor.name()
        return "charset"
    if cursor.take("COMMENT"):
        cursor.value("text")
        return "comment"
    if cursor.take("VISIBLE"):
        return "visible"
    if cursor.take("FIRST"):
        column.moved = True
        return "position"
    if cursor.take("AFTER"):
        cursor.name()
        column.moved = True
        return "position"
    for words, mark in (
        (("INVISIBLE",), "HIDDEN"),
        (("AUTO_INCREMENT",), "AUTO"),
    ):
        if cursor.take(*words):
            column.marks.add(mark)
            return mark
    if cursor.take("ON", "UPDATE"):
        if (read_default(cursor)[0] or ("", ""))[1][:3] != "now":
            raise UnreadableError("ON UPDATE")
        column.marks.add("ON UPDATE")
        return "on update"
    return ""


def _mark(cursor: Cursor, column: Definition) -> str:  # noqa: C901 - one line per mark
    if cursor.dialect == "postgresql" and cursor.take("CONSTRAINT"):
        cursor.name()
    if cursor.peek("REFERENCES"):
        column.reference = read_reference(cursor)
        return "references"
    if cursor.take("PRIMARY", "KEY"):
        mark = "PRIMARY"
    elif cursor.take("UNIQUE"):
        if cursor.dialect == "mysql":
            cursor.take("KEY")
        mark = "UNIQUE"
    elif cursor.take("CHECK"):
        cursor.parens()
        cursor.take("NOT", "ENFORCED")
        mark = "CHECK"
    elif cursor.take("GENERATED", "ALWAYS", "AS") or cursor.take("AS"):
        mark = "GENERATED"
        if cursor.take("IDENTITY"):
            mark = "IDENTITY"
        if cursor.peek("("):
            cursor.parens()
        cursor.one_of("STORED", "VIRTUAL")
    elif cursor.take("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        mark = "IDENTITY"
        if cursor.peek("("):
            cursor.parens()
    else:
        raise UnreadableError("an attribute of a column")
    column.marks.add(mark)
    return mark


def read_reference(cursor: Cursor) -> Reference:
    """Read ``REFERENCES table (columns) ON DELETE ...``. Raises UnreadableError."""
    cursor.need("REFERENCES")
    table = cursor.qualified()
    if cursor.peek("("):
        cursor.parens().names()
    acts = {"DELETE": "", "UPDATE": ""}
    while cursor.take("ON"):
        event = cursor.one_of("DELETE", "UPDATE")
        action = next((each for each in _ACTIONS if cursor.take(*each.split())), "")
        if not event or not action or acts[event]:
            raise UnreadableError("a foreign key")
        acts[event] = action
    return Reference(table, acts["DELETE"], acts["UPDATE"])
