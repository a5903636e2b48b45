"""A LOAD DATA statement that a dump tool wrote beside its rows, taken apart. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.restore.formats.insert_pieces import SQL_MODE
from failback.restore.model import Dialect, Piece
from failback.restore.sql_text import NAME, QUALIFIED, split_name, text, unquote_name
from failback.restore.sql_text_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.restore.formats.insert_pieces import Reading
    from failback.restore.model import Table

_LITERAL = rb"'((?:[^'\\]|\\.|'')*)'"
_STATEMENT = re.compile(
    rb"\s*LOAD\s+DATA\s+(?:LOCAL\s+)?INFILE\s+" + _LITERAL +
    rb"\s+(?:REPLACE\s+|IGNORE\s+)?INTO\s+TABLE\s+(" + QUALIFIED + rb")"
    rb"(?:\s+CHARACTER\s+SET\s+'?(\w+)'?)?"
    rb"(?:\s+FIELDS(?:\s+TERMINATED\s+BY\s+" + _LITERAL + rb")?"
    rb"(?:\s+(OPTIONALLY\s+)?ENCLOSED\s+BY\s+" + _LITERAL + rb")?"
    rb"(?:\s+ESCAPED\s+BY\s+" + _LITERAL + rb")?)?"
    rb"(?:\s+LINES(?:\s+STARTING\s+BY\s+" + _LITERAL + rb")?(?:\s+TERMINATED\s+BY\s+" + _LITERAL + rb")?)?"
    rb"\s*(?:\(([^)]*(?:`(?:[^`]|``)*`[^)]*)*)\))?\s*(?:SET\s+(.*))?$",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_ITEM = re.compile(rb"\s*(@?" + NAME + rb")\s*(?:,|$)")
_ASSIGNMENT = re.compile(
    rb"\s*(" + NAME + rb")\s*=\s*(\w+)\(\s*@(" + NAME + rb")\s*(USING\s+\w+\s*)?\)\s*(?:,|$)", re.IGNORECASE
)
_ESCAPES = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"0": b"\0", b"b": b"\b", b"Z": b"\x1a"}


@dataclass(frozen=True)
class LoadData:
    """What the statement says."""

    file: str
    table: str
    charset: str
    dialect: Dialect
    columns: tuple[str, ...]
    expressions: Mapping[str, str]


def parse(raw: bytes) -> LoadData | None:
    """Take a statement apart; None when it is another one."""
    found = _STATEMENT.match(raw)
    if not found:
        return None
    file, table, charset, fields, optionally, enclosed, escaped, starting, lines, columns, assigned = found.groups()
    expressions, variables = {}, {}
    for name, function, variable, using in _ASSIGNMENT.findall(assigned or b""):
        target = unquote_name(name)
        expressions[target] = f"{text(function)}({{}}{' ' + text(using).strip() if using else ''})"
        variables[unquote_name(variable)] = target
    names = []
    for item in _ITEM.findall(columns or b""):
        bare = unquote_name(item.removeprefix(b"@"))
        names.append(variables.get(bare, bare) if item.startswith(b"@") else bare)
    dialect = Dialect(
        charset=text(charset or b""),
        fields_terminated=_unescaped(fields, b"\t"),
        enclosed=_unescaped(enclosed, b""),
        optionally=bool(optionally),
        escaped=_unescaped(escaped, b"\\"),
        lines_starting=_unescaped(starting, b""),
        lines_terminated=_unescaped(lines, b"\n"),
    )
    return LoadData(text(file), split_name(table)[1], text(charset or b""), dialect, tuple(names), expressions)


def _unescaped(raw: bytes | None, default: bytes) -> bytes:
    if raw is None:
        return default
    return re.sub(
        rb"\\(.)|''",
        lambda match: _ESCAPES.get(match.group(1), match.group(1)) if match.group(1) else b"'",
        raw,
        flags=re.DOTALL,
    )


def blank_piece(load: LoadData, table: Table, reading: Reading) -> Piece:
    """Say how the rows are to be read.

    mydumper reads with SET NAMES binary: each column in its own character set. Where the statement names no character
    set the server would take the database's, which spoils other columns (seen with latin1 and geometry).
    """
    known = columns_of(table.create)
    expressions = dict(load.expressions)
    charset = load.charset or reading.charset
    if reading.charset == "binary":
        charset = "binary"
        expressions |= {
            one.name: "CONVERT({} USING utf8mb4)" for one in known if one.kind == "json" and one.name in load.columns
        }
    dialect = Dialect(
        charset=charset,
        fields_terminated=load.dialect.fields_terminated,
        enclosed=load.dialect.enclosed,
        optionally=load.dialect.optionally,
        escaped=load.dialect.escaped,
        lines_starting=load.dialect.lines_starting,
        lines_terminated=load.dialect.lines_terminated,
        sql_mode=SQL_MODE,
        time_zone=reading.time_zone,
    )
    columns = load.columns or tuple(one.name for one in known if not one.generated and not one.invisible)
    return Piece("", table.schema, table.name, 0, columns, dialect, expressions)
