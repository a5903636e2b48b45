"""What a comparison found, as values: differences down to the row, results per table, and the whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.mysql import Value

Kind = Literal["content", "only_idc", "only_aws", "count"]
Key = tuple[str | None, ...]
Image = dict[str, "Value"]


@dataclass(frozen=True)
class RowDifference:
    """One row that is not the same on both sides.

    ``key`` is exact text (see ``digests.key_expression``); without a key it is the row's digest, and ``times`` says
    how often the row occurs on IDC and on RDS. ``idc`` and ``aws`` are the rows where they were read.
    """

    table: str
    kind: Kind
    key: Key
    columns: tuple[str, ...] = ()  # of the key; empty without one
    idc: Image | None = None
    aws: Image | None = None
    times: tuple[int, int] = (1, 1)
    same_by_now: bool = False  # the contents, read later than the digests, are equal

    @property
    def weight(self) -> int:
        """How many rows this is."""
        return 1 if self.columns else abs(self.times[0] - self.times[1])


@dataclass(frozen=True)
class ObjectDifference:
    """One definition that is not the same on both sides, as one sentence. ``serious`` False: told, not held against."""

    kind: str  # table, column, index, foreign key, trigger, ...
    name: str
    text: str
    idc: str = ""
    aws: str = ""
    serious: bool = True


@dataclass
class TableResult:
    """What was found of one table; counts are exact, ``named`` is cut at the limit."""

    label: str
    method: str
    rows_idc: int | None = None
    rows_aws: int | None = None
    digest_idc: str = ""
    digest_aws: str = ""
    chunks: int = 0
    resumed: int = 0  # chunks proven equal by an earlier run
    seconds: float = 0.0  # of the servers' answers, both sides and all workers together
    only_idc: int = 0
    only_aws: int = 0
    content: int = 0
    explained: int = 0
    named: list[RowDifference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    compared: bool = False

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return self.only_idc + self.only_aws + self.content

    @property
    def equal(self) -> bool:
        """True only when every row was compared and no difference is left unexplained."""
        return self.compared and self.differing == self.explained and not self.notes

    def as_evidence(self) -> dict[str, object]:
        """For the record."""
        facts: dict[str, object] = {
            "rows_idc": self.rows_idc,
            "rows_aws": self.rows_aws,
            "digest": self.digest_idc,
            "method": self.method,
            "chunks": self.chunks,
            "seconds": round(self.seconds, 3),
            "equal": self.equal,
        }
        if self.digest_aws != self.digest_idc:
            facts["digest_aws"] = self.digest_aws
        if self.resumed:
            facts["chunks_of_an_earlier_run"] = self.resumed
        if self.differing:
            facts |= {"only_idc": self.only_idc, "only_aws": self.only_aws, "content": self.content}
        if self.explained:
            facts["explained"] = self.explained
        if self.notes:
            facts["notes"] = self.notes
        return facts


@dataclass
class Comparison:
    """The whole: definitions and tables, where both sides stood, and how long it took."""

    tables: list[TableResult]
    definitions: list[ObjectDifference]
    positions: Mapping[str, str]
    seconds: float = 0.0
    throttled_seconds: float = 0.0
    readable: list[str] = field(default_factory=list)  # the differing rows for people, cut at the limit
    against: str = "RDS"
    partial: int = 0  # rows explained only as far as partial row images go

    @property
    def rows(self) -> int:
        """Rows compared, each counted once though both sides read it."""
        return sum(max(table.rows_idc or 0, table.rows_aws or 0) for table in self.tables)

    @property
    def serious(self) -> list[ObjectDifference]:
        """Return the definitions' differences that count."""
        return [difference for difference in self.definitions if difference.serious]

    @property
    def equal(self) -> bool:
        """True only when there was something to compare, all of it was, and nothing is left over."""
        return bool(self.tables) and all(table.equal for table in self.tables) and not self.serious

    def problems(self) -> list[str]:
        """Every difference as one sentence, definitions first."""
        found = [difference.text for difference in self.serious]
        for table in self.tables:
            found += [f"{table.label}: {note}" for note in table.notes]
            left = table.differing - table.explained
            if left:
                found.append(f"{table.label}: {counted(table, self.against)}")
        return found + self.readable

    def as_evidence(self) -> dict[str, object]:
        """For the record."""
        return {
            "equal": self.equal,
            "tables": {table.label: table.as_evidence() for table in self.tables},
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows / self.seconds) if self.seconds else 0,
            "throttled_seconds": round(self.throttled_seconds, 3),
            "explained_by_partial_images": self.partial,
            "positions": dict(self.positions),
            "definitions": [difference.text for difference in self.serious],
            "told_only": [difference.text for difference in self.definitions if not difference.serious],
            "differences": self.problems(),
        }


def counted(table: TableResult, against: str) -> str:
    """Say how many rows differ, and how."""
    parts = [
        f"{table.content} with other content" if table.content else "",
        f"{table.only_idc} only on IDC" if table.only_idc else "",
        f"{table.only_aws} only on {against}" if table.only_aws else "",
    ]
    rows = "1 row differs" if table.differing == 1 else f"{table.differing} rows differ"
    explained = f"; {table.explained} of them explained by IDC's own binary log" if table.explained else ""
    return f"{rows} ({', '.join(filter(None, parts))}){explained}"
