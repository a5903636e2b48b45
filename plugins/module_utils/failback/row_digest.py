"""SQL that digests one row, equal on two servers exactly when the row is equal. Pure.

The rules (mysql-failback.md, section 4; the traps there were measured on MySQL 9.7):

- CONCAT_WS drops NULL, so (NULL, 'a') would equal ('a', NULL): every row ends with a bitmap of its NULLs, and
  NULL is told apart from ''.
- Text is preceded by its length, so no content can imitate the separator. Long types (TEXT, BLOB, JSON) are
  hashed first: a row wider than max_allowed_packet would otherwise digest to NULL and drop out of the sum.
- Binary is HEX: bytes that are no valid UTF-8 convert to NULL.
- FLOAT prints six digits, and a DOUBLE cast to CHAR has 22 places at most (1.0000000000000004e-300 becomes 1e-300,
  seen on 9.7). Inside JSON a DOUBLE has all its digits, so both go through there.
- MD5() and SHA1() are gone from MySQL 9.6 on; SHA2(..., 256) is in all versions in question.
- TIMESTAMP is read in UTC (`failback.mysql` sets the session's time zone).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEXT = frozenset({"char", "varchar", "enum", "set"})
_LONG_TEXT = frozenset({"tinytext", "text", "mediumtext", "longtext"})
_LONG_BINARY = frozenset({"tinyblob", "blob", "mediumblob", "longblob"})
PLAIN = frozenset(
    {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "date", "time", "datetime", "timestamp", "year"}
)
INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})


@dataclass(frozen=True)
class Column:
    """One column as information_schema.columns describes it; everything in it must agree on both sides."""

    name: str
    data_type: str  # bare type, lower case, such as "varchar"
    column_type: str  # full type, such as "varchar(64)"
    nullable: bool
    collation: str
    default: str
    extra: str
    generated: str  # the expression of a generated column, or ""

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Self:
        """Build from a row of the query in ``failback.sample.COLUMNS``."""
        return cls(
            name=str(row["column_name"]),
            data_type=str(row["data_type"]).lower(),
            column_type=str(row["column_type"]).lower(),
            nullable=str(row["is_nullable"]).upper() == "YES",
            collation=str(row["collation_name"] or ""),
            default="NULL" if row["column_default"] is None else f"={row['column_default']}",
            extra=str(row["extra"] or "").lower(),
            generated=str(row["generation_expression"] or ""),
        )

    @property
    def virtual(self) -> bool:
        """True when the value is computed on reading: equal columns and an equal definition make it equal."""
        return "virtual generated" in self.extra


def column_expression(column: Column) -> str:
    """Give SQL for one column's value as text that no other value of that column shares; NULL gives ''."""
    name = quote_name(column.name)
    kind = column.data_type
    if kind in PLAIN:
        value = name
    elif kind in _TEXT:
        text = f"CONVERT({name} USING utf8mb4)"
        value = f"CONCAT(CHAR_LENGTH({text}),':',{text})"
    elif kind in _LONG_TEXT:
        value = f"SHA2(CONVERT({name} USING utf8mb4),256)"
    elif kind in _LONG_BINARY:
        value = f"SHA2({name},256)"
    elif kind == "json":
        # The server stores JSON normalised (keys sorted, no blanks), so its text is comparable.
        value = f"SHA2(CAST({name} AS CHAR CHARACTER SET utf8mb4),256)"
    elif kind in {"float", "double"}:
        value = f"CAST(JSON_ARRAY(CAST({name} AS DOUBLE)) AS CHAR CHARACTER SET utf8mb4)"
    elif kind == "bit":
        value = f"HEX({name}+0)"
    else:  # binary, varbinary, geometry, vector and whatever comes next: the stored bytes
        value = f"HEX({name})"
    return f"COALESCE({value},'')"


def row_expression(columns: Sequence[Column]) -> str:
    """Give SQL for the SHA2-256 digest (64 hex digits) of one row, all columns that are not virtual."""
    stored = [column for column in columns if not column.virtual]
    parts = [column_expression(column) for column in stored]
    nullable = [f"ISNULL({quote_name(column.name)})" for column in stored if column.nullable]
    if nullable:
        parts.append(f"CONCAT({','.join(nullable)})")
    return f"SHA2(CONCAT_WS('#',{','.join(parts)}),256)"


def chunk_sums(digest: str = "d") -> str:
    """Give SQL for what is compared of a chunk: rows, digested rows, XOR and two sums of the digests.

    XOR alone is blind to rows that occur twice (they cancel out), hence the count beside it and the sums, which
    also carry tables without a key. ``digested`` below ``n`` means that a row could not be digested.
    """
    first, second = (f"CAST(SUM(CAST(CONV(SUBSTR({digest},{at},15),16,10) AS UNSIGNED)) AS CHAR)" for at in (1, 16))
    return (
        f"COUNT(*) AS n, COUNT({digest}) AS digested, HEX(BIT_XOR(UNHEX({digest}))) AS x,"
        f" CONCAT_WS('-',{first},{second}) AS s"
    )
