"""Differences between a live IDC and a frozen RDS, explained by IDC's own binary log since FINAL. Pure.

After the promotion IDC moves on, and RDS stays what both were at FINAL. A row that differs is explained only if

- the binary log changed that very row after FINAL, and
- what the row was before its first change is what RDS has (so IDC had RDS's row at FINAL: that is the proof), and
- what IDC has now is what one of the changes left.

Where the log holds partial images (binlog_row_image is not FULL) only the key and the columns it holds can be checked;
such rows are counted apart. A row of a table without a key is explained if the log's insertions less its deletions of
that very row come to the difference at some point after FINAL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.compare.model import Image, RowDifference

_STATEMENTS = 3  # named in a reason


class RowChange(Protocol):
    """As ``failback.binlog.changes.RowChange``: one row before and after; kind "shape" is a statement."""

    @property
    def schema(self) -> str:
        """Name of the schema."""

    @property
    def table(self) -> str:
        """Name of the table, "" of a statement."""

    @property
    def kind(self) -> str:
        """One of insert, update, delete, shape."""

    @property
    def before(self) -> Mapping[str, object] | None:
        """Give the row before, None of an insert."""

    @property
    def after(self) -> Mapping[str, object] | None:
        """Give the row after, None of a delete."""

    @property
    def gtid(self) -> str:
        """The transaction."""

    @property
    def statement(self) -> str:
        """Text of a statement, "" of a row."""


Cells = tuple[object, ...]


@dataclass
class Explained:
    """What the log explains, and what it does not."""

    by_table: dict[str, int] = field(default_factory=dict)
    partial: int = 0  # explained as far as partial images go
    changes: int = 0  # row changes read
    unexplained: list[tuple[RowDifference, str]] = field(default_factory=list)


@dataclass
class _Row:
    """A keyed row that differs, and what the log says of it."""

    difference: RowDifference
    columns: tuple[str, ...]
    first: Mapping[str, object] | None = None  # before its first change; None: it was not there
    touched: bool = False
    absent: bool = False  # the log took it away at some point
    left: list[Mapping[str, object]] = field(default_factory=list)


@dataclass
class _Multi:
    """A row of a table without a key: the net of insertions and deletions, and every value it had."""

    difference: RowDifference
    net: int = 0
    seen: set[int] = field(default_factory=lambda: {0})


def explain(differences: Iterable[RowDifference], changes: Iterable[RowChange]) -> Explained:
    """Judge each difference by the changes, which must reach from FINAL to after the last reading of IDC.

    The differences carry the rows' contents (``contents.with_contents``).
    """
    found = Explained()
    rows: dict[str, dict[Cells, _Row]] = {}
    multi: dict[str, tuple[tuple[str, ...], dict[Cells, _Multi]]] = {}
    for difference in differences:
        _enter(difference, rows, multi, found)
    statements: dict[str, list[str]] = {}
    for change in changes:
        if change.kind == "shape":
            statements.setdefault(change.schema, []).append(change.statement)
            continue
        found.changes += 1
        label = f"{change.schema}.{change.table}"
        if label in rows:
            _note(rows[label], change)
        if label in multi:
            _count(*multi[label], change)
    for wanted in rows.values():
        for row in wanted.values():
            _judge(found, row.difference, _reason(row), statements, partial=_is_partial(row))
    for _, counted in multi.values():
        for entry in counted.values():
            _judge(found, entry.difference, _multi_reason(entry), statements)
    return found


def _enter(
    difference: RowDifference,
    rows: dict[str, dict[Cells, _Row]],
    multi: dict[str, tuple[tuple[str, ...], dict[Cells, _Multi]]],
    found: Explained,
) -> None:
    image = difference.idc or difference.aws
    if difference.same_by_now:
        _judge(found, difference, "", {})  # changed back while we looked
    elif image is None:
        _judge(found, difference, "its content could not be read", {})
    elif difference.columns:
        columns = tuple(image)
        entry = _Row(difference, columns)
        rows.setdefault(difference.table, {})[_cells(image, difference.columns)] = entry
    else:
        columns = tuple(image)
        multi.setdefault(difference.table, (columns, {}))[1][_cells(image, columns)] = _Multi(difference)


def _note(wanted: dict[Cells, _Row], change: RowChange) -> None:
    names = next(iter(wanted.values())).difference.columns
    before = None if change.before is None else _key_of(change.before, names)
    # A partial image after an update holds the key only where it was changed.
    after = None if change.after is None else _key_of(change.after, names, change.before)
    if before is not None and (row := wanted.get(before)):
        if not row.touched:
            row.touched, row.first = True, change.before
        if after != before:
            row.absent = True
    if after is not None and (row := wanted.get(after)):
        if not row.touched:
            row.touched = True
        row.left.append({} if change.after is None else change.after)


def _key_of(image: Mapping[str, object], names: Sequence[str], fallback: Mapping[str, object] | None = None) -> Cells:
    return tuple(cell(image[name] if name in image else (fallback or {}).get(name)) for name in names)


def _reason(row: _Row) -> str:
    """Say why a difference is not explained; "" when it is."""
    if not row.touched:
        return "IDC's binary log since FINAL does not mention this row"
    return _reason_at_final(row.first, row.difference.aws) or _reason_now(row)


def _reason_at_final(first: Mapping[str, object] | None, aws: Image | None) -> str:
    """Compare what the row was before its first change with what RDS has."""
    if first is None:
        return "" if aws is None else "IDC made this row after FINAL, so it was missing there at FINAL"
    if aws is None:
        return "IDC had this row at FINAL, RDS has not"
    return "" if _agrees(first, aws) else "what IDC had at FINAL is not what RDS has"


def _reason_now(row: _Row) -> str:
    """Compare what the changes left with what IDC has."""
    idc = row.difference.idc
    if idc is None:
        return "" if row.absent else "IDC's binary log does not say that this row was deleted"
    known = any(_agrees(image, idc) for image in row.left)
    return "" if known else "no change in IDC's binary log left the row as IDC has it"


def _agrees(image: Mapping[str, object], row: Image) -> bool:
    """Compare the columns that the image holds."""
    return all(cell(image[name]) == cell(value) for name, value in row.items() if name in image)


def _is_partial(row: _Row) -> bool:
    images = [image for image in (row.first, *row.left) if image is not None]
    return any(name not in image for image in images for name in row.columns)


def _count(columns: tuple[str, ...], wanted: dict[Cells, _Multi], change: RowChange) -> None:
    for image, step in ((change.before, -1), (change.after, 1)):
        if image is None or any(name not in image for name in columns):
            continue
        if entry := wanted.get(_cells(image, columns)):
            entry.net += step
            entry.seen.add(entry.net)


def _multi_reason(entry: _Multi) -> str:
    idc, aws = entry.difference.times
    if idc - aws in entry.seen:
        return ""
    return f"IDC's binary log since FINAL accounts for {entry.net:+d} of this row, the difference is {idc - aws:+d}"


def _judge(
    found: Explained,
    difference: RowDifference,
    reason: str,
    statements: Mapping[str, Sequence[str]],
    *,
    partial: bool = False,
) -> None:
    if not reason:
        found.by_table[difference.table] = found.by_table.get(difference.table, 0) + difference.weight
        found.partial += partial
        return
    about = statements.get(difference.table.split(".", maxsplit=1)[0], ())
    if about:
        shown = "; ".join(" ".join(text.split())[:80] for text in about[:_STATEMENTS])
        reason += f" (but there were statements that change tables: {shown})"
    found.unexplained.append((difference, reason))


def _cells(image: Mapping[str, object], names: Sequence[str]) -> Cells:
    return tuple(cell(image.get(name)) for name in names)


def cell(value: object) -> object:
    """Bring a value to a form in which equal values are equal and hashable, and unequal ones (1, 1.0) are not."""
    if isinstance(value, float):
        return ("float", repr(value))
    if isinstance(value, Decimal):
        return ("decimal", value.normalize() if value else Decimal(0))
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return value
