"""Column types: read from tokens, and compared: whether the later one takes and gives what the earlier one did.

Facts: MySQL 8.4 manual 13.1 to 13.5; PostgreSQL manual 8; node-postgres gives int8 as text and int4 as a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from failback.deployment.statements.cursor import Cursor, UnreadableError
from failback.deployment.statements.lex import DoubtError, tokens

if TYPE_CHECKING:
    from failback.deployment.statements.model import Dialect

Change = Literal["same", "wider", "narrower", "other"]

_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TEXTS = ("tinytext", "text", "mediumtext", "longtext")
_BLOBS = ("tinyblob", "blob", "mediumblob", "longblob")
_MYSQL_NAMES = {
    "integer": "int",
    "int1": "tinyint",
    "int2": "smallint",
    "int3": "mediumint",
    "int4": "int",
    "int8": "bigint",
    "bool": "tinyint",
    "boolean": "tinyint",
    "dec": "decimal",
    "numeric": "decimal",
    "fixed": "decimal",
    "character": "char",
    "double precision": "double",
    "real": "double",
    "character varying": "varchar",
}
_POSTGRESQL_NAMES = {
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "int8": "bigint",
    "bool": "boolean",
    "decimal": "numeric",
    "character varying": "varchar",
    "character": "char",
    "bpchar": "char",
    "float8": "double precision",
    "float4": "real",
    "timestamptz": "timestamp with time zone",
    "timestamp without time zone": "timestamp",
    "timetz": "time with time zone",
    "time without time zone": "time",
}
_OTHERS = (
    "float",
    "binary",
    "varbinary",
    "bit",
    "date",
    "time",
    "datetime",
    "timestamp",
    "year",
    "json",
    "enum",
    "set",
)
_MYSQL = frozenset((*_INTEGERS, *_TEXTS, *_BLOBS, *_MYSQL_NAMES.values(), *_OTHERS))
_POSTGRESQL = frozenset(
    (*_POSTGRESQL_NAMES.values(), "text", "uuid", "json", "jsonb", "date", "bytea", "inet", "cidr", "interval", "xml")
)
_NUMERIC = frozenset((*_INTEGERS, "decimal", "float", "double"))
_LISTS = frozenset({"enum", "set"})
# Types whose length or precision may be left out.
_OPTIONAL = frozenset((*_INTEGERS, "decimal", "float", "double", "char", "binary", "bit", "year")) | {
    "datetime",
    "timestamp",
    "time",
    "text",
    "blob",
}
# An UTF-8 letter takes up to four bytes; a MySQL text column's limit is in bytes.
_BYTES = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215, "longtext": 4_294_967_295}


@dataclass(frozen=True)
class ColumnType:
    """A type in its one spelling: ``int``, ``varchar`` with arguments ``("20",)``, ``enum`` with its members."""

    name: str
    arguments: tuple[str, ...] = ()
    unsigned: bool = False
    zerofill: bool = False
    # A type the schema made itself (PostgreSQL): it may be a domain with rules of its own.
    own: bool = False


def read_type(cursor: Cursor) -> ColumnType:
    """Read a type. Raises UnreadableError for one that is not known."""
    return _read_mysql(cursor) if cursor.dialect == "mysql" else _read_postgresql(cursor)


def type_of(text: str, dialect: Dialect) -> ColumnType | None:
    """Return the type a text names as a whole, None when it cannot be read."""
    try:
        cursor = Cursor(tokens(text, dialect), dialect)
        found = read_type(cursor)
        cursor.end()
    except (DoubtError, UnreadableError):
        return None
    return found


def _read_mysql(cursor: Cursor) -> ColumnType:
    name = cursor.value("word").lower()
    if (name, True) in {("double", cursor.peek("PRECISION")), ("character", cursor.peek("VARYING"))}:
        name = f"{name} {cursor.value('word').lower()}"
    arguments = _arguments(cursor, "text" if name in _LISTS else "number") if cursor.peek("(") else ()
    if name in {"bool", "boolean"}:
        arguments = ("1",)
    name = _MYSQL_NAMES.get(name, name)
    if name not in _MYSQL or ((name in _LISTS or name.startswith("var")) != bool(arguments) and name not in _OPTIONAL):
        raise UnreadableError(name)
    unsigned = name in _NUMERIC and cursor.take("UNSIGNED")
    zerofill = name in _NUMERIC and cursor.take("ZEROFILL")
    return ColumnType(name, _settled(name, arguments), unsigned or zerofill, zerofill)


def _settled(name: str, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Write out what MySQL adds by itself, and drop a display width; ``tinyint(1)`` keeps its own: a boolean."""
    if name in _INTEGERS:
        return ("1",) if name == "tinyint" and arguments == ("1",) else ()
    if name == "decimal":
        return (*arguments, *("10", "0")[len(arguments) :])
    if name in {"char", "binary", "bit"}:
        return arguments or ("1",)
    if name in {"datetime", "timestamp", "time"}:
        return arguments or ("0",)
    return () if name == "year" else arguments


def _read_postgresql(cursor: Cursor) -> ColumnType:
    own = cursor.if_value("name")
    name = own if own is not None else cursor.value("word").lower()
    if cursor.peek("."):
        cursor.need(".")
        name, own = f"{name}.{cursor.name()}", name
    elif (name == "double" and cursor.take("PRECISION")) or (name == "character" and cursor.take("VARYING")):
        name = {"double": "double precision", "character": "varchar"}[name]
    arguments = _arguments(cursor, "number") if cursor.peek("(") else ()
    if own is None and name in {"timestamp", "time"}:
        if cursor.take("WITH", "TIME", "ZONE"):
            name = f"{name} with time zone"
        else:
            cursor.take("WITHOUT", "TIME", "ZONE")
    dimensions = ""
    while cursor.take("["):
        cursor.if_value("number")
        cursor.need("]")
        dimensions += "[]"
    if own is None:
        name = _POSTGRESQL_NAMES.get(name, name)
        if name == "char" and not arguments:
            arguments = ("1",)
        own = None if name in _POSTGRESQL else name
    return ColumnType(name + dimensions, arguments, own=own is not None)


def _arguments(cursor: Cursor, form: Literal["text", "number"]) -> tuple[str, ...]:
    found = []
    for part in cursor.parens().commas():
        found.append(part.value(form))
        part.end()
    return tuple(found)


def change(before: ColumnType, after: ColumnType, dialect: Dialect) -> Change:
    """Say what becomes of a column. ``wider``: each value of before is kept, written and read as it was."""
    if before == after:
        return "same"
    if before.own or after.own or before.zerofill != after.zerofill or before.unsigned != after.unsigned:
        return "other"
    return _mysql(before, after) if dialect == "mysql" else _postgresql(before, after)


def _mysql(before: ColumnType, after: ColumnType) -> Change:  # noqa: PLR0911 - one line per family of types
    if ladder := next(
        (rungs for rungs in (_INTEGERS, _TEXTS, _BLOBS) if before.name in rungs and after.name in rungs), ()
    ):
        if before.zerofill or before.arguments or after.arguments:
            return "other"
        return "wider" if ladder.index(after.name) > ladder.index(before.name) else "narrower"
    if before.name == "varchar" and after.name in _TEXTS and not after.arguments:
        return "wider" if _BYTES[after.name] >= 4 * int(before.arguments[0]) else "narrower"
    if before.name != after.name:
        return "narrower" if after.name == "varchar" and before.name in _TEXTS else "other"
    if before.name in {"varchar", "varbinary"}:
        return _by_length(before, after)
    if before.name in {"char", "binary", "bit"}:
        return "narrower" if _by_length(before, after) == "narrower" else "other"
    if before.name == "decimal":
        return _decimal(before, after)
    if before.name in _LISTS:
        kept = after.arguments[: len(before.arguments)] == before.arguments
        return "wider" if kept else "narrower"
    return "other"


def _postgresql(before: ColumnType, after: ColumnType) -> Change:  # noqa: PLR0911 - one line per family of types
    if (before.name, after.name) in {("bigint", "integer"), ("integer", "smallint"), ("bigint", "smallint")}:
        return "narrower"
    if before.name == "varchar" and after.name == "text":
        return "wider"
    if before.name == "text" and after.name == "varchar":
        return "narrower" if after.arguments else "wider"
    if before.name != after.name:
        return "other"
    if before.name == "varchar":
        if not after.arguments:
            return "wider"
        return _by_length(before, after) if before.arguments else "narrower"
    if before.name == "numeric" and before.arguments and after.arguments:
        return _decimal(before, after)
    return "other"


def _by_length(before: ColumnType, after: ColumnType) -> Change:
    return "wider" if int(after.arguments[0]) > int(before.arguments[0]) else "narrower"


def _decimal(before: ColumnType, after: ColumnType) -> Change:
    """More digits before the point are wider; another number of digits after it is read as another text."""
    first, second = (tuple(int(each) for each in (*kind.arguments, "0")[:2]) for kind in (before, after))
    if first[1] != second[1]:
        return "other" if second[1] > first[1] and second[0] - second[1] >= first[0] - first[1] else "narrower"
    return "wider" if second[0] > first[0] else "narrower"
