"""Whether ids were given out twice: what IDC inserted since FINAL against what RDS had given out by then. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.auto_increment import TableName
    from failback.binlog.changes import RowChange

_NAMED = 5


@dataclass
class Ids:
    """What was seen of one table. ``next_rds`` is the next id that RDS would give out, so all below it were."""

    table: TableName
    next_rds: int
    next_idc: int
    inserted: int = 0
    lowest: int | None = None
    reused: list[int] = field(default_factory=list)

    def as_evidence(self) -> dict[str, object]:
        """Return it as JSON-able fields."""
        return {
            "table": ".".join(self.table),
            "next_rds": self.next_rds,
            "next_idc": self.next_idc,
            "inserted_on_idc": self.inserted,
            "lowest_inserted": self.lowest,
            "reused": self.reused[:_NAMED],
        }


def judge(
    idc: Mapping[TableName, int],
    aws: Mapping[TableName, int],
    counters: Mapping[TableName, str],
    changes: Iterable[RowChange],
) -> list[Ids]:
    """Go through IDC's changes; ``counters`` names the AUTO_INCREMENT column of each table.

    A row that a person put back from the quarantine, or that was updated, is no id given out anew: only inserts count.
    """
    found = {table: Ids(table, aws[table], idc.get(table, 0)) for table in sorted(aws) if table in idc}
    for change in changes:
        table = (change.schema, change.table)
        one = found.get(table)
        column = counters.get(table, "")
        if one is None or change.kind != "insert" or not change.after or column not in change.after:
            continue
        value = change.after[column]
        if not isinstance(value, int):
            continue
        one.inserted += 1
        one.lowest = value if one.lowest is None else min(one.lowest, value)
        if value < one.next_rds:
            one.reused.append(value)
    return list(found.values())


def problems(found: Iterable[Ids]) -> list[str]:
    """Say, one sentence each, which table gave an id out twice or may do so."""
    told: list[str] = []
    for one in found:
        name = ".".join(one.table)
        if one.reused:
            ids = ", ".join(str(value) for value in one.reused[:_NAMED])
            told.append(f"{name} gave out {len(one.reused)} ids on IDC that RDS had given out before: {ids}")
        elif one.next_idc < one.next_rds:
            told.append(f"{name} would give out {one.next_idc} next on IDC, and RDS was at {one.next_rds} already")
    return told
