"""Which AUTO_INCREMENT counters of IDC stand below what RDS has already given out. Pure.

Row events raise a replica's counter to the ids they carry. Ids that RDS gave to transactions which were rolled
back (the fence kills some) are in no event, but a client may have seen them: IDC must not give them out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.mysql import Row

# The cached statistics of information_schema may be a day old; 0 asks the storage engine.
FRESH = "SET SESSION information_schema_stats_expiry = 0"
COUNTERS = (
    "SELECT table_schema AS table_schema, table_name AS table_name, auto_increment AS next_id"
    " FROM information_schema.tables"
    " WHERE table_type = 'BASE TABLE' AND auto_increment IS NOT NULL AND table_schema IN ({schemas})"
)

TableName = tuple[str, str]  # (schema, table)


@dataclass(frozen=True)
class Raise:
    """One counter to raise: the next id IDC would give out, and the one it must give out."""

    table: TableName
    current: int
    wanted: int

    @property
    def statement(self) -> str:
        """The statement that raises it; InnoDB does this in place, without touching rows."""
        schema, name = self.table
        return f"ALTER TABLE {quote_name(schema)}.{quote_name(name)} AUTO_INCREMENT = {self.wanted}"

    def __str__(self) -> str:
        return f"{'.'.join(self.table)}: {self.current} -> {self.wanted}"


def counters_from(rows: Sequence[Row]) -> dict[TableName, int]:
    """Read the rows of ``COUNTERS``."""
    return {(str(row["table_schema"]), str(row["table_name"])): int(str(row["next_id"])) for row in rows}


def plan_raises(idc: Mapping[TableName, int], aws: Mapping[TableName, int], margin: int = 0) -> tuple[Raise, ...]:
    """Every counter of IDC that is below RDS's next id plus ``margin``.

    Tables that only one side has are left alone: the schema comparison of the sample names those.
    """
    return tuple(
        Raise(table, idc[table], wanted + margin)
        for table, wanted in sorted(aws.items())
        if table in idc and idc[table] < wanted + margin
    )
