"""Would a change of RDS's do on IDC what it did on RDS? Judged row by row, in order, over what IDC has now. Pure.

A change is clean when IDC's row is, at that point of the story, what RDS's row was before it; or, for an INSERT, when
there is none. "At that point" means after all earlier changes that would be applied: they are kept in an overlay over
what IDC really has. A transaction's chosen rows are applied all or none, so one that conflicts sets the others aside.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.binlog.rows import Cell, Image
    from failback.binlog.table_map import TableMap
    from failback.binlog.transactions import Change
    from failback.quarantine.shape import Cascade, Shape

Key = tuple[object, ...]
CLEAN, CONFLICT, ASIDE, ALREADY = "clean", "conflict", "set aside", "already"
NOT_CHOSEN = "its table was not chosen"


@dataclass(frozen=True)
class Verdict:
    """What a change is, and why where it is not clean."""

    state: str
    why: str = ""
    present: Image | None = None  # IDC's row, for a conflict

    @property
    def blocks(self) -> bool:
        """True when the rest of the transaction must not be applied without this row."""
        return self.state == CONFLICT or (self.state == ASIDE and self.why != NOT_CHOSEN)


@dataclass
class _Story:
    """What changes so far would have made of IDC, over what it has."""

    rows: dict[tuple[str, Key], Image | None] = field(default_factory=dict)
    counts: Counter[tuple[str, Key]] = field(default_factory=Counter)
    removed: list[tuple[str, Image]] = field(default_factory=list)


@dataclass
class Transaction:
    """All changes of one transaction of RDS, in order."""

    gtid: str
    time: int
    changes: list[Change] = field(default_factory=list)


class Present(Protocol):
    """What IDC has."""

    def row(self, shape: Shape, key: Key) -> Image | None:
        """Give the row of that key."""

    def count(self, shape: Shape, image: Image) -> int:
        """Count rows equal to the image, in a table without a key."""

    def carried(self, cascade: Cascade, image: Image) -> int:
        """Count the rows of another table that go or change with this one."""


class Judge:
    """Judges transactions in their order. ``chosen`` says whether a table's rows are to be applied at all."""

    def __init__(
        self,
        present: Present,
        shapes: Mapping[str, Shape],
        *,
        chosen: Callable[[str], bool] = lambda _: True,
        applied: frozenset[tuple[str, str]] = frozenset(),
        cascades: bool = False,
    ) -> None:
        self._present = present
        self._shapes = shapes
        self._chosen = chosen
        self._applied = applied
        self._cascades = cascades
        self._rows: dict[tuple[str, Key], Image | None] = {}
        self._counts: Counter[tuple[str, Key]] = Counter()
        self._removed: list[tuple[str, Image]] = []

    def judge(self, transaction: Transaction) -> list[Verdict]:
        """Give one verdict a change."""
        story = _Story()
        verdicts = [self._one(transaction.gtid, change, story) for change in transaction.changes]
        blocks = next((item for item in verdicts if item.blocks), None)
        if blocks is not None:
            what = "conflicts" if blocks.state == CONFLICT else "is set aside"
            why = f"another row of its transaction {what}"
            return [Verdict(ASIDE, why) if item.state == CLEAN else item for item in verdicts]
        self._rows |= story.rows
        self._counts.update(story.counts)
        self._removed += story.removed
        return verdicts

    def _one(self, gtid: str, change: Change, story: _Story) -> Verdict:
        unfit = self._unfit(gtid, change.table)
        if unfit is not None:
            return unfit
        shape = self._shapes[change.table.label]
        before = change.before.values if change.before else None
        after = change.after.values if change.after else None
        found = (
            self._keyed(shape, before, after, story.rows)
            if shape.key
            else self._keyless(shape, before, after, story.counts)
        )
        if found.state != CLEAN or before is None:
            return found
        if after is None:
            story.removed.append((shape.quoted, before))
        if self._cascades:
            return found
        return self._carried_on(shape, before, after, story.removed) or found

    def _unfit(self, gtid: str, table: TableMap) -> Verdict | None:
        """Say why a table's rows are not even compared."""
        if (gtid, table.label) in self._applied:
            return Verdict(ALREADY, "applied before")
        if not self._chosen(table.label):
            return Verdict(ASIDE, NOT_CHOSEN)
        shape = self._shapes.get(table.label)
        if shape is None:
            return Verdict(ASIDE, "IDC has no such table")
        if not table.named:
            return Verdict(ASIDE, "the binary log does not name its columns")
        differs = shape.differs(table)
        return Verdict(ASIDE, f"the table has another shape on IDC: {differs}") if differs else None

    def _carried_on(
        self, shape: Shape, before: Image, after: Image | None, removed: list[tuple[str, Image]]
    ) -> Verdict | None:
        """Rows that a foreign key would change on IDC without a word in RDS's log: a person must want that."""
        changed = [
            item
            for item in shape.cascades
            if after is None or any(not same(before.get(name), after.get(name), "") for _, name in item.pairs)
        ]
        if not changed:
            return None
        found: dict[str, int] = {}
        for item in changed:
            gone = sum(
                table == item.child and all(row.get(child) == before.get(parent) for child, parent in item.pairs)
                for table, row in (*self._removed, *removed)
            )
            number = self._present.carried(item, before) - gone
            if number > 0:
                found[item.label] = found.get(item.label, 0) + number
        if not found:
            return None
        shown = ", ".join(f"{number} of {label}" for label, number in sorted(found.items()))
        return Verdict(ASIDE, f"a foreign key would carry it on to rows of IDC: {shown}")

    def _keyed(
        self, shape: Shape, before: Image | None, after: Image | None, rows: dict[tuple[str, Key], Image | None]
    ) -> Verdict:
        if before is not None:
            old = key_of(shape, before)
            now = self._now(shape, old, rows)
            if now is None:
                return Verdict(CONFLICT, "IDC has no such row")
            wrong = [
                column.name
                for column in shape.columns
                if not column.generated
                and column.name in before
                and not same(now.get(column.name), before[column.name], column.data_type)
            ]
            if wrong:
                return Verdict(CONFLICT, f"IDC's row differs in {', '.join(wrong)}", now)
            rows[shape.quoted, old] = None
        if after is not None:
            new = key_of(shape, after)
            taken = self._now(shape, new, rows)
            if taken is not None:
                rows.pop((shape.quoted, new), None)
                return Verdict(CONFLICT, "IDC already has a row with this key", taken)
            rows[shape.quoted, new] = after
        return Verdict(CLEAN)

    def _now(self, shape: Shape, key: Key, rows: dict[tuple[str, Key], Image | None]) -> Image | None:
        for layer in (rows, self._rows):
            if (shape.quoted, key) in layer:
                return layer[shape.quoted, key]
        row = self._present.row(shape, key)
        if row is not None:
            # Under a collation that knows no case another spelling answers; it may be one that is gone by now.
            actual = key_of(shape, row)
            for layer in (rows, self._rows):
                if (shape.quoted, actual) in layer:
                    return layer[shape.quoted, actual]
        return row

    def _keyless(
        self, shape: Shape, before: Image | None, after: Image | None, counts: Counter[tuple[str, Key]]
    ) -> Verdict:
        if before is not None:
            place = (shape.quoted, whole(shape, before))
            if self._present.count(shape, before) + self._counts[place] + counts[place] < 1:
                return Verdict(CONFLICT, "IDC has no such row")
            counts[place] -= 1
        if after is not None:
            counts[shape.quoted, whole(shape, after)] += 1
        return Verdict(CLEAN)


def key_of(shape: Shape, image: Image) -> Key:
    """Give the primary key's values."""
    return tuple(image.get(name) for name in shape.key)


def whole(shape: Shape, image: Image) -> Key:
    """Give all values that are not computed, as what tells rows of a table without a key apart."""
    return tuple(repr(image.get(name)) for name in shape.compared)


def same(left: Cell, right: Cell, data_type: str) -> bool:
    """Compare two values; JSON by content, since a restore turns its decimals into floating-point numbers."""
    if left == right:
        return True
    if data_type == "json" and isinstance(left, str) and isinstance(right, str):
        return bool(_json(left) == _json(right))
    return False


def _json(text: str) -> object:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def totals(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count verdicts by state."""
    return dict(Counter(item.state for item in verdicts))
