"""Base tables as the comparison needs them: columns, and a key by which rows can be told apart and cut into chunks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from failback.row_digest import Column
from failback.sql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.mysql import Row, Server

_COLUMNS = (
    "SELECT c.table_schema AS table_schema, c.table_name AS table_name, c.column_name AS column_name,"
    " c.data_type AS data_type, c.column_type AS column_type, c.is_nullable AS is_nullable,"
    " c.collation_name AS collation_name, c.column_default AS column_default, c.extra AS extra,"
    " c.generation_expression AS generation_expression, t.table_rows AS table_rows,"
    " t.avg_row_length AS avg_row_length"
    " FROM information_schema.tables t"
    " JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
    " WHERE t.table_type = 'BASE TABLE' AND t.table_schema IN ({schemas})"
    " ORDER BY c.table_schema, c.table_name, c.ordinal_position"
)
# A key tells rows apart only if it is unique over whole columns without NULL; a hidden index cannot be forced.
_KEYS = (
    "SELECT table_schema AS table_schema, table_name AS table_name, index_name AS index_name,"
    " column_name AS column_name, sub_part AS sub_part, nullable AS nullable"
    " FROM information_schema.statistics WHERE non_unique = 0 AND index_type = 'BTREE' AND is_visible = 'YES'"
    " AND table_schema IN ({schemas}) ORDER BY table_schema, table_name, index_name, seq_in_index"
)
PRIMARY = "PRIMARY"


@dataclass(frozen=True)
class Table:
    """One base table. ``index`` is the unique key that ``key`` lists the columns of; both empty without one."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    index: str
    rows_estimate: int
    row_length: int  # bytes, the server's estimate
    portable: bool = False  # the two sides define it differently; ``columns`` are those both have

    @property
    def label(self) -> str:
        """``schema.table``, as people read it."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The name for SQL."""
        return f"{quote_name(self.schema)}.{quote_name(self.name)}"

    @property
    def stored(self) -> tuple[Column, ...]:
        """Columns with a value of their own: all that are not virtual."""
        return tuple(column for column in self.columns if not column.virtual)

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The key's columns in the key's order."""
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.key)


def schema_list(schemas: Iterable[str]) -> str:
    """Schemas as an SQL list."""
    return ",".join(quote_text(name) for name in schemas)


def read_tables(server: Server, schemas: Sequence[str]) -> dict[str, Table]:
    """Read every base table of the schemas, by label. Raises ``failback.errors``."""
    names = schema_list(schemas)
    return tables_from(server.rows(_COLUMNS.format(schemas=names)), server.rows(_KEYS.format(schemas=names)))


def tables_from(columns: Sequence[Row], keys: Sequence[Row]) -> dict[str, Table]:
    """Group the rows of the two queries into tables. Pure."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in columns:
        grouped.setdefault((str(row["table_schema"]), str(row["table_name"])), []).append(row)
    unique: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in keys:
        of_table = unique.setdefault((str(row["table_schema"]), str(row["table_name"])), {})
        of_table.setdefault(str(row["index_name"]), []).append(row)
    found = {}
    for (schema, name), rows in grouped.items():
        index, key = _choose_key(unique.get((schema, name), {}))
        table = Table(
            schema,
            name,
            tuple(Column.from_row(row) for row in rows),
            key,
            index,
            int(str(rows[0]["table_rows"] or 0)),
            int(str(rows[0]["avg_row_length"] or 0)),
        )
        found[table.label] = table
    return found


def _choose_key(indexes: Mapping[str, Sequence[Row]]) -> tuple[str, tuple[str, ...]]:
    """Prefer the primary key, then the unique key of the fewest columns."""
    usable = {
        name: tuple(str(row["column_name"]) for row in rows)
        for name, rows in indexes.items()
        if all(row["column_name"] and row["sub_part"] is None and not row["nullable"] for row in rows)
    }
    if PRIMARY in usable:
        return PRIMARY, usable[PRIMARY]
    return min(usable.items(), key=lambda item: (len(item[1]), item[0]), default=("", ()))


def shared(idc: Table, aws: Table) -> Table:
    """Give the table as one query can read it on both sides.

    Where the definitions differ, only columns that both have are compared, as text; the key is used only where its
    columns are the same on both sides, else a chunk would not hold the same rows.
    """
    if (idc.columns, idc.key, idc.index) == (aws.columns, aws.key, aws.index):
        return aws
    others = {column.name: column for column in aws.columns}
    columns = tuple(column for column in idc.columns if column.name in others)
    same = {column.name for column in columns if _value_kind(column) == _value_kind(others[column.name])}
    keep = idc.key and (idc.key, idc.index) == (aws.key, aws.index) and same.issuperset(idc.key)
    exact = len(columns) == len(idc.columns) == len(aws.columns) == len(same)
    return replace(
        aws,
        columns=columns,
        key=idc.key if keep else (),
        index=idc.index if keep else "",
        portable=not exact,
    )


def _value_kind(column: Column) -> tuple[object, ...]:
    """Give what decides on a column's bytes and order; its default, comment and the like do not."""
    return column.data_type, column.column_type, column.collation, column.virtual, column.nullable
