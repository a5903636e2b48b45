"""Default values: one spelling for all who write them, and whether a column is certain to take its own default.

Why the second: PostgreSQL accepts ``varchar(3) DEFAULT 'abcdef'`` and ``DEFAULT ('x')`` passes in MySQL, and then every
INSERT that leaves the column out fails.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from failback.deployment.statements.cursor import Cursor, UnreadableError
from failback.deployment.statements.lex import DoubtError, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.deployment.statements.column_types import ColumnType
    from failback.deployment.statements.known import Default
    from failback.deployment.statements.model import Dialect

_NOW = frozenset({"NOW", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"})
_UUID = frozenset({"UUID", "GEN_RANDOM_UUID"})
_TIMES = frozenset({"timestamp", "datetime", "timestamp with time zone"})
_RANGES: dict[str, int] = {"tinyint": 7, "smallint": 15, "mediumint": 23, "int": 31, "integer": 31, "bigint": 63}
_LONG = frozenset({"text", "mediumtext", "longtext"})
# MySQL takes a default of these types in brackets only.
_BRACKETED = _LONG | {"tinytext", "json"}
_SURE_TEXT = 200
_DATE = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])( ([01]\d|2[0-3]):[0-5]\d:[0-5]\d)?")


def read_default(cursor: Cursor) -> tuple[Default | None, bool]:
    """Read what follows the word DEFAULT: the value (None: NULL), and whether brackets stood around it.

    Raises UnreadableError for everything but a literal and the few functions that cannot fail.
    """
    if cursor.peek("("):
        inner = cursor.parens()
        value, _ = read_default(inner)
        inner.end()
        return value, True
    if cursor.take("NULL"):
        return None, False
    return _value(cursor), False


def _value(cursor: Cursor) -> Default:
    if word := cursor.one_of("TRUE", "FALSE"):
        return "literal", {"TRUE": "1", "FALSE": "0"}[word] if cursor.dialect == "mysql" else word.lower()
    if word := cursor.one_of(*_NOW, *_UUID):
        digits = ""
        if cursor.peek("("):
            inner = cursor.parens()
            digits = inner.if_value("number") or ""
            inner.end()
        elif word in _UUID or word == "NOW":
            raise UnreadableError(word)
        return "expression", ("now" if word in _NOW else "uuid") + digits
    sign = cursor.one_of("-", "+")
    number = cursor.if_value("number")
    if number is not None:
        return "literal", ("-" if sign == "-" else "") + number
    if sign:
        raise UnreadableError(sign)
    return "literal", cursor.value("text")


def default_of(written: Any, dialect: Dialect) -> Default | None:
    """Return the default a snapshot holds as JSON: a number, a boolean, or SQL text. What is not read stays as text."""
    if written is None:
        return None
    if isinstance(written, bool):
        written = str(written)
    if not isinstance(written, str):
        return "literal", json.dumps(written)
    try:
        cursor = Cursor(tokens(written, dialect), dialect)
        found, _ = read_default(cursor)
        _skip_cast(cursor)
        cursor.end()
    except (DoubtError, UnreadableError):
        return "expression", written
    return found


def _skip_cast(cursor: Cursor) -> None:
    """Read PostgreSQL's ``::type`` after a value: it is the column's own."""
    if cursor.take(":", ":"):
        cursor.name()
        if cursor.peek("("):
            cursor.parens()


def fits(value: Default, kind: ColumnType, dialect: Dialect, *, wrapped: bool = False) -> bool:
    """Whether a column of this type is certain to take this default. False: nobody has proven it.

    ``wrapped``: MySQL looks at a default in brackets only when a row is written.
    """
    form, text = value
    if form == "expression":
        return _expression_fits(text, kind, dialect)
    if "\\" in text or (wrapped and not text.isascii()):
        return False
    if dialect == "mysql" and kind.name in _BRACKETED and not wrapped:
        return False
    if kind.name.endswith("[]"):
        return text == "{}"
    check = _CHECKS.get(kind.name)
    return bool(check and not kind.own and check(text, kind))


def _expression_fits(text: str, kind: ColumnType, dialect: Dialect) -> bool:
    if text.startswith("now"):
        # MySQL wants the same digits of a second on both sides.
        digits = kind.arguments[0] if kind.arguments else "0"
        return kind.name in _TIMES and (dialect == "postgresql" or (text[3:] or "0") == digits)
    # MySQL refuses ADD COLUMN with DEFAULT (uuid()) while it writes a binary log (error 1674, measured).
    return text == "uuid" and kind.name == "uuid" and dialect == "postgresql"


def _integer_fits(text: str, kind: ColumnType) -> bool:
    if not re.fullmatch(r"-?\d{1,19}", text):
        return False
    limit, number = 1 << _RANGES[kind.name], int(text)
    return 0 <= number < 2 * limit if kind.unsigned else -limit <= number < limit


def _decimal_fits(text: str, kind: ColumnType) -> bool:
    found = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?", text)
    if not found or (found[1] and kind.unsigned):
        return False
    if not kind.arguments:
        return True
    digits, scale = (int(each) for each in (*kind.arguments, "0")[:2])
    return len(found[2].lstrip("0")) <= digits - scale and len(found[3] or "") <= scale


def _length_fits(text: str, kind: ColumnType) -> bool:
    return len(text) <= int(kind.arguments[0]) if kind.arguments else kind.name == "varchar"


def _float_fits(text: str, kind: ColumnType) -> bool:
    return bool(re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text)) and not (kind.unsigned or kind.arguments)


def _date_fits(text: str, kind: ColumnType) -> bool:
    found = _DATE.fullmatch(text)
    return bool(found and (kind.name == "datetime" or not found[3]))


def _json_fits(text: str, kind: ColumnType) -> bool:
    del kind
    if not text.startswith(("{", "[")):
        # A number is JSON for PostgreSQL; MySQL takes no number for JSON (error 3140, measured).
        return False
    try:
        json.loads(text, parse_constant=_refuse, parse_float=_plain_number)
    except ValueError:
        return False
    return len(text) <= _SURE_TEXT


def _plain_number(text: str) -> float:
    """Read a number without an exponent: 1e400 is JSON, and no server stores it. Raises ValueError."""
    if "e" in text.lower():
        raise ValueError(text)
    return float(text)


def _refuse(name: str) -> Any:
    """Refuse NaN and Infinity, which Python reads and JSON does not have. Raises ValueError."""
    raise ValueError(name)


_CHECKS: dict[str, Callable[[str, ColumnType], bool]] = {
    **dict.fromkeys(_RANGES, _integer_fits),
    **dict.fromkeys(("decimal", "numeric"), _decimal_fits),
    **dict.fromkeys(("varchar", "char"), _length_fits),
    **dict.fromkeys(("float", "double", "real", "double precision"), _float_fits),
    **dict.fromkeys(_LONG, lambda text, _: len(text) <= _SURE_TEXT),
    **dict.fromkeys(("json", "jsonb"), _json_fits),
    **dict.fromkeys(("date", "datetime"), _date_fits),
    "boolean": lambda text, _: text.lower() in {"true", "false"},
    "enum": lambda text, kind: text in kind.arguments,
}
