"""How IDC stores a table, and whether rows that RDS logged can be stored there as they are.

A row event carries the bytes of each value in the form its column has. IDC may take those bytes only where its column
has the same form: same type, length, sign, character set and members. Columns are matched by name, never by place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.binlog import charsets
from failback.binlog import table_map as tm
from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Row, Server

_COLUMNS = (
    "SELECT c.table_name AS t, c.column_name AS n, c.data_type AS kind, c.column_type AS full,"
    " c.is_nullable AS nullable, c.character_octet_length AS octets, c.numeric_precision AS digits,"
    " c.numeric_scale AS scale, c.datetime_precision AS fraction, k.id AS collation,"
    " c.generation_expression AS expression, s.seq_in_index AS place, c.column_default AS standard, c.extra AS extra"
    " FROM information_schema.columns c"
    " LEFT JOIN information_schema.collations k ON k.collation_name = c.collation_name"
    " LEFT JOIN information_schema.statistics s ON s.table_schema = c.table_schema AND s.table_name = c.table_name"
    " AND s.column_name = c.column_name AND s.index_name = 'PRIMARY'"
    " WHERE c.table_schema = %s ORDER BY c.table_name, c.ordinal_position"
)
_CASCADES = (
    "SELECT k.referenced_table_name AS parent, k.constraint_schema AS child_schema, k.table_name AS child,"
    " k.column_name AS child_column, k.referenced_column_name AS parent_column, k.constraint_name AS name"
    " FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r"
    " ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name"
    " WHERE k.referenced_table_schema = %s AND (r.delete_rule IN ('CASCADE', 'SET NULL')"
    " OR r.update_rule IN ('CASCADE', 'SET NULL')) ORDER BY k.constraint_name, k.ordinal_position"
)
_INTEGERS = {"tinyint": tm.TINY, "smallint": tm.SHORT, "mediumint": tm.INT24, "int": tm.LONG, "bigint": tm.LONGLONG}
_BLOBS = {"tiny": 1, "": 2, "medium": 3, "long": 4}
_GEOMETRY = frozenset(
    {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection"}
)
_MEMBER = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True)
class Stored:
    """One column of IDC."""

    name: str
    kind: int  # as in a table map
    meta: bytes
    unsigned: bool
    codec: str
    members: tuple[str, ...]
    nullable: bool
    generated: bool
    data_type: str
    given: bool = True  # an INSERT must name it: no default, not nullable


@dataclass(frozen=True)
class Cascade:
    """A foreign key that carries a change of this table on to another."""

    child: str  # quoted schema.table
    label: str
    pairs: tuple[tuple[str, str], ...]  # (column of the child, column of this table)


@dataclass(frozen=True)
class Shape:
    """One table of IDC."""

    schema: str
    table: str
    columns: tuple[Stored, ...]
    key: tuple[str, ...]
    cascades: tuple[Cascade, ...] = ()

    @property
    def quoted(self) -> str:
        """The table's name for SQL."""
        return f"{quote_name(self.schema)}.{quote_name(self.table)}"

    @property
    def compared(self) -> tuple[str, ...]:
        """Columns whose values are compared: what is computed from others is not."""
        return tuple(column.name for column in self.columns if not column.generated)

    def differs(self, table: tm.TableMap) -> str:
        """Say why rows of ``table`` cannot be stored here; "" when they can."""
        mine = {column.name: column for column in self.columns}
        theirs = {column.name: column for column in table.columns}
        only_there = [name for name in theirs if name not in mine]
        if only_there:
            return f"column {', '.join(only_there)} is on RDS only"
        forced = [name for name, column in mine.items() if name not in theirs and column.given]
        if forced:
            return f"column {', '.join(forced)} is on IDC only and needs a value"
        for name, column in theirs.items():
            own = mine[name]
            if (own.kind, own.meta) != (column.kind, column.meta) or own.unsigned != column.unsigned:
                return f"column {name} has another type on IDC ({own.data_type})"
            if column.kind in tm.TEXT and own.codec != charsets.codec(column.collation):
                return f"column {name} has another character set on IDC"
            if own.members != column.members:
                return f"column {name} has other members on IDC"
        return ""


def read(server: Server, schemas: Sequence[str]) -> dict[str, Shape]:
    """Read every table of the schemas, by ``schema.table``."""
    found: dict[str, Shape] = {}
    for schema in schemas:
        grouped: dict[str, list[Row]] = {}
        for row in server.rows(_COLUMNS, (schema,)):
            grouped.setdefault(str(row["t"]), []).append(row)
        cascades = _cascades(server.rows(_CASCADES, (schema,)))
        for table, rows in grouped.items():
            key = sorted((int(str(row["place"])), str(row["n"])) for row in rows if row["place"])
            columns = tuple(_stored(row) for row in rows)
            names = tuple(name for _, name in key)
            found[f"{schema}.{table}"] = Shape(schema, table, columns, names, cascades.get(table, ()))
    return found


def _cascades(rows: Sequence[Row]) -> dict[str, tuple[Cascade, ...]]:
    grouped: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    for row in rows:
        who = (str(row["parent"]), str(row["child_schema"]), str(row["child"]), str(row["name"]))
        grouped.setdefault(who, []).append((str(row["child_column"]), str(row["parent_column"])))
    found: dict[str, tuple[Cascade, ...]] = {}
    for (parent, schema, child, _), pairs in grouped.items():
        one = Cascade(f"{quote_name(schema)}.{quote_name(child)}", f"{schema}.{child}", tuple(pairs))
        found[parent] = (*found.get(parent, ()), one)
    return found


def _stored(row: Row) -> Stored:
    kind = str(row["kind"]).lower()
    full = _text(row["full"])
    number, meta = _form(row, kind)
    collation = charsets.BINARY if row["collation"] is None else int(str(row["collation"]))
    members = tuple(text.replace("''", "'") for text in _MEMBER.findall(full)) if kind in {"enum", "set"} else ()
    generated = bool(_text(row["expression"]))
    automatic = "auto_increment" in str(row["extra"]).lower()
    return Stored(
        str(row["n"]),
        number,
        meta,
        " unsigned" in full.lower(),
        charsets.codec(collation) if number in tm.TEXT else "",
        members,
        str(row["nullable"]) == "YES",
        generated,
        full,
        given=str(row["nullable"]) == "NO" and row["standard"] is None and not generated and not automatic,
    )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")


def _form(row: Row, kind: str) -> tuple[int, bytes]:  # noqa: PLR0911 - one line per family of types
    """Give the type and its metadata as a table map has them; (0, b"") for one that is not known."""
    octets, digits = int(str(row["octets"] or 0)), int(str(row["digits"] or 0))
    fraction = bytes([int(str(row["fraction"] or 0))])
    if kind in _INTEGERS:
        return _INTEGERS[kind], b""
    if kind in {"varchar", "varbinary"}:
        return tm.VARCHAR, octets.to_bytes(2, "little")
    if kind in {"char", "binary"}:
        return tm.STRING, bytes([tm.STRING ^ (octets & 0x300) >> 4, octets & 0xFF])
    if kind.endswith(("text", "blob")):
        return tm.BLOB, bytes([_BLOBS[kind[:-4]]])
    if kind in {"enum", "set"}:
        count = len(_MEMBER.findall(_text(row["full"])))
        size = (1 if count < 256 else 2) if kind == "enum" else _set_bytes(count)  # noqa: PLR2004 - what a byte counts
        return (tm.ENUM if kind == "enum" else tm.SET), bytes([tm.ENUM if kind == "enum" else tm.SET, size])
    if kind == "decimal":
        return tm.NEWDECIMAL, bytes([digits, int(str(row["scale"] or 0))])
    if kind == "bit":
        return tm.BIT, bytes([digits % 8, digits // 8])
    if kind in {"time", "datetime", "timestamp"}:
        return {"time": tm.TIME2, "datetime": tm.DATETIME2, "timestamp": tm.TIMESTAMP2}[kind], fraction
    if kind in _GEOMETRY:
        return tm.GEOMETRY, b"\x04"
    plain = {"date": (tm.DATE, b""), "year": (tm.YEAR, b""), "json": (tm.JSON, b"\x04"), "vector": (tm.VECTOR, b"\x04")}
    plain |= {"float": (tm.FLOAT, b"\x04"), "double": (tm.DOUBLE, b"\x08")}
    return plain.get(kind, (0, b""))


def _set_bytes(count: int) -> int:
    size = (count + 7) // 8
    return 8 if size > 4 else size  # noqa: PLR2004 - a set takes 1, 2, 3, 4 or 8 bytes
