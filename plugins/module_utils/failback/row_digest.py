"""SQL that digests one row, equal on two servers exactly when the row is equal. Pure.

The columns are joined as bytes and hashed once (SHA2-256). What makes the joined bytes say the row and nothing else,
and what each part costs, was measured on MySQL 9.7.4:

- The separator is the byte 0xFF, which no number, no date and no ASCII or UTF-8 text contains; whatever may contain
  it (binary, text in other character sets) is preceded by its length in bytes. It is a CAST, since a literal is
  converted to the columns' character set (error 3854), and one with COLLATE `binary` breaks the server's own rewriting
  of conditions (it prints the name unquoted, error 1064). Joining bytes instead of text also saves every conversion:
  0.26 instead of 0.36 s for 500,000 rows of numbers.
- CONCAT_WS drops NULL, so (NULL, 'a') would equal ('a', NULL): a bitmap of the NULLs stands first. One number made by
  shifts costs 3 %, COALESCE around every column 25 %.
- Long types (MEDIUMTEXT, LONGBLOB, JSON, ...) are hashed first: a row wider than max_allowed_packet would otherwise
  digest to NULL. A row that does nevertheless is an error (3513) and never left out: see ``UNDIGESTED``.
- FLOAT prints six digits, and a DOUBLE cast to CHAR has 22 places at most (1.0000000000000004e-300 becomes 1e-300).
  Inside a POINT both are the eight bytes of the number itself; through JSON, exact too, a row took 0.6 us longer.
- MD5() and SHA1() are gone from MySQL 9.6 on; SHA2(..., 256) is in all versions in question.
- TIMESTAMP is read in UTC (`failback.mysql` sets the session's time zone).

What it cannot see: the type behind a JSON scalar where the server prints the same text (a DATE and a string).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEPARATOR = "CAST(0xFF AS BINARY(1))"
# In BIT_XOR beside digests of 32 bytes an operand of no bytes is error 3513: no row can drop out of a sum unseen.
UNDIGESTED = "_binary ''"
_NO_FF = frozenset({"ascii", "utf8", "utf8mb3", "utf8mb4"})  # character sets whose text never has a byte 0xFF
_TEXT = frozenset({"char", "varchar", "tinytext", "text"})
_NUMBERED = frozenset({"enum", "set"})
_BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob"})
_LONG_TEXT = frozenset({"mediumtext", "longtext"})
_COMPUTED = {
    "float": "POINT({},0)",  # 25 bytes, always
    "double": "POINT({},0)",
    "bit": "{}+0",
    "enum": "CAST({} AS UNSIGNED)",  # by number: '' the member is not '' the error value
    "set": "CAST({} AS UNSIGNED)",
}
_BITMAP = 60  # NULL flags in one number
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
            column_type=str(row["column_type"]),
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

    @property
    def charset(self) -> str:
        """The character set of a text column, "" for others. Every collation's name begins with it."""
        return self.collation.split("_")[0]


def column_expressions(column: Column, *, portable: bool = False) -> tuple[str, ...]:
    """Give the arguments of CONCAT_WS for one column; no two values of it give the same bytes, NULL gives none.

    ``portable`` is for a column that the two sides define differently: equal text is then equal, whatever the
    character set or the list of members.
    """
    name = quote_name(column.name)
    kind = column.data_type
    if kind in PLAIN:
        return (name,)
    if kind in _TEXT or (kind in _NUMBERED and portable):
        if portable:
            return (f"CONVERT({name} USING utf8mb4)",)
        return (name,) if column.charset in _NO_FF else (f"LENGTH({name})", name)
    if kind in _BYTES:
        return (f"LENGTH({name})", name)
    if kind in _LONG_TEXT and portable:
        return (f"SHA2(CONVERT({name} USING utf8mb4),256)",)
    computed = _COMPUTED.get(kind, "SHA2({},256)")  # long types, geometry, vector and whatever comes next
    return (computed.format(name),)


def joined(columns: Sequence[Column], *, portable: bool = False) -> str:
    """Give SQL for the bytes that say one row: the NULLs, then all columns that are not virtual."""
    stored = [column for column in columns if not column.virtual]
    nullable = [column for column in stored if column.nullable]
    parts = [_bitmap(nullable[at : at + _BITMAP]) for at in range(0, len(nullable), _BITMAP)]
    for column in stored:
        parts.extend(column_expressions(column, portable=portable))
    return f"CONCAT_WS({SEPARATOR},{','.join(parts)})"


def _bitmap(columns: Sequence[Column]) -> str:
    sql = ""
    for column in columns:
        flag = f"ISNULL({quote_name(column.name)})"
        sql = f"({sql})<<1|{flag}" if sql else flag
    return sql


def row_expression(columns: Sequence[Column], *, portable: bool = False) -> str:
    """Give SQL for the SHA2-256 digest (64 hex digits) of one row."""
    return f"SHA2({joined(columns, portable=portable)},256)"


def row_bytes(columns: Sequence[Column], *, portable: bool = False) -> str:
    """Give SQL for the digest as 32 bytes; of no length where it could not be computed."""
    return f"COALESCE(UNHEX({row_expression(columns, portable=portable)}),{UNDIGESTED})"


def digest_sums(digest: str) -> str:
    """Give SQL for two sums over digests of 32 bytes: with them rows that occur twice no longer cancel out.

    CRC32 of exactly four bytes is a one-to-one map onto 32-bit numbers, and by far the cheapest way from bytes to a
    number (CONV over hex digits took four times as long).
    """
    first, second = (f"COALESCE(SUM(CRC32(SUBSTR({digest},{at},4))),0)" for at in (1, 5))
    return f"CONCAT_WS('-',{first},{second})"


def chunk_sums(digest: str = "d") -> str:
    """Give SQL for what is compared of a chunk: rows, digested rows, XOR and two sums of the digests (64 hex digits).

    XOR alone is blind to rows that occur twice (they cancel out), hence the count beside it and the sums, which
    also carry tables without a key. ``digested`` below ``n`` means that a row could not be digested.
    """
    return (
        f"COUNT(*) AS n, COUNT({digest}) AS digested, HEX(BIT_XOR(UNHEX({digest}))) AS x,"
        f" {digest_sums(f'UNHEX({digest})')} AS s"
    )
