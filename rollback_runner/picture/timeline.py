"""A timeline as a picture: spans as bars, every event as a tick in its lane, the grave ones with their words. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from rollback_runner.picture import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROW = 17.0  # one row of labels or bars
_LANE = 26.0  # a lane of ticks without labels
_AXIS = 24.0
_PAD = 8.0
_NARROW = 560.0  # below this width lanes carry their names above them
_MOST_ROWS = 7
_TINY = 3.0  # a bar is at least this wide, or nobody sees it
_SIZE = 11.0
_ASIDE = 4.0  # between a label and its line


@dataclass(frozen=True)
class Tick:
    """One event. Times are seconds since 1970; `until` equals `at` for a moment. `level`: note, good, warn, grave.

    `label` is written beside it where there is room and it is not ""; `told` is the tooltip.
    """

    at: float
    told: str
    label: str = ""
    level: str = "note"
    until: float = 0.0


@dataclass(frozen=True)
class Lane:
    """A row of the picture. `bars` draws spans with their labels in them, as for phases."""

    name: str
    ticks: Sequence[Tick]
    bars: bool = False


@dataclass(frozen=True)
class _Axis:
    since: float
    until: float
    left: float
    right: float

    def x(self, at: float) -> float:
        return self.left + (at - self.since) / max(self.until - self.since, 1e-9) * (self.right - self.left)


@dataclass
class _Placed:
    tick: Tick
    x: float
    row: int
    start: float
    words: str


def picture(  # noqa: PLR0913 - what a timeline is made of
    lanes: Sequence[Lane],
    *,
    window: tuple[float, float],
    title: str,
    described: str,
    width: float = 1040,
    zone: tzinfo = UTC,
) -> str:
    """Draw the lanes between two moments as inline SVG; what lies outside of them is left out."""
    narrow = width < _NARROW
    side = 8.0 if narrow else 16.0 + max((svg.width_of(lane.name, 12) for lane in lanes), default=0.0)
    axis = _Axis(*_opened(window), side, width - 12.0)
    name = "t" + hashlib.sha256(repr((title, window, width, lanes)).encode()).hexdigest()[:12]
    body: list[str] = []
    top = _PAD
    edges: list[float] = []
    for lane in lanes:
        if narrow:
            body.append(_text(4, top + 11, lane.name, svg.SOFT, "start", bold=True))
            top += _ROW
        drawn, height = _bars(lane, axis, top) if lane.bars else _ticks(lane, axis, top)
        if not narrow:
            body.append(_text(side - 10, top + min(height, _LANE) / 2 + 4, lane.name, svg.SOFT, "end"))
        body += drawn
        top += height + _PAD
        edges.append(top - _PAD / 2)
    lines = [f'<path d="M4 {svg.num(y)}H{svg.num(width - 4)}" stroke="{svg.LINE}" stroke-opacity=".7"/>' for y in edges]
    grid = _grid(axis, _PAD, top, zone, narrow=narrow)
    opening = svg.opening(width, top + _AXIS, title, described, name)
    return "".join([opening, *grid, *lines, *body, "</svg>"])


def _opened(window: tuple[float, float]) -> tuple[float, float]:
    """Leave a little room at both ends, so that what happens at the edge is seen."""
    since, until = window
    span = max(until - since, 0.2)
    return since - span * 0.012, until + span * 0.02


def _grid(axis: _Axis, top: float, bottom: float, zone: tzinfo, *, narrow: bool) -> list[str]:
    step, ticks = svg.time_ticks(axis.since, axis.until, max(2, int((axis.right - axis.left) / (64 if narrow else 90))))
    parts = []
    for at in ticks:
        x = svg.num(axis.x(at))
        parts.append(f'<path d="M{x} {svg.num(top - 4)}V{svg.num(bottom)}" stroke="{svg.LINE}"/>')
        parts.append(_text(axis.x(at), bottom + 15, svg.tick_label(at, step, zone), svg.SOFT, "middle"))
    return parts


def _bars(lane: Lane, axis: _Axis, top: float) -> tuple[list[str], float]:
    """Draw spans in as few rows as they need, so that none covers another, each with its words in or beside it."""
    rows: list[list[tuple[float, float]]] = []
    parts = []
    for tick in sorted(lane.ticks, key=lambda each: each.at):
        if tick.until < axis.since or tick.at > axis.until:
            continue
        start, end = max(axis.x(tick.at), axis.left), min(axis.x(max(tick.until, tick.at)), axis.right)
        wide = max(end - start, _TINY)
        words = svg.width_of(tick.label, _SIZE)
        if words + 8 <= wide:
            at, anchor, reach = start + wide / 2, "middle", (start, start + wide)
        elif start + wide + _ASIDE + words <= axis.right + 8:
            at, anchor, reach = start + wide + _ASIDE, "start", (start, start + wide + words + 8)
        else:
            at, anchor, reach = start - _ASIDE, "end", (start - words - 8, start + wide)
        row = next((n for n, taken in enumerate(rows) if all(not _meet(reach, one) for one in taken)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(reach)
        y = top + row * (_ROW + 3)
        parts.append(
            f'<rect x="{svg.num(start)}" y="{svg.num(y)}" width="{svg.num(wide)}" height="{svg.num(_ROW)}" rx="3" '
            f'fill="{_colour(tick.level)}"><title>{svg.text(tick.told)}</title></rect>'
        )
        inside = anchor == "middle"
        parts.append(_text(at, y + 12.5, tick.label, svg.PAPER if inside else svg.INK, anchor, bold=inside))
    return parts, max(1, len(rows)) * (_ROW + 3)


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether two spans cover one another; those that only touch do not."""
    return one[0] < other[1] - 0.6 and other[0] < one[1] - 0.6


def _ticks(lane: Lane, axis: _Axis, top: float) -> tuple[list[str], float]:
    """Draw moments as ticks on a line, and the words of those that have some in rows above it."""
    shown = [tick for tick in lane.ticks if axis.since <= tick.at <= axis.until]
    placed, rows = _place([tick for tick in shown if tick.label], axis)
    base = top + rows * _ROW + _LANE / 2
    line = f"M{svg.num(axis.left)} {svg.num(base)}H{svg.num(axis.right)}"
    parts = [f'<path d="{line}" stroke="{svg.SOFT}" stroke-opacity=".35"/>']
    # Lines first and words over them, with a rim: where a line has to cross a word, the word stays readable.
    for one in placed:
        y, colour = top + one.row * _ROW + 12, _colour(one.tick.level)
        rise = f"M{svg.num(one.x)} {svg.num(y - 9)}V{svg.num(base)}"
        parts.append(f'<path d="{rise}" stroke="{colour}" stroke-opacity=".5"/>')
    for one in placed:
        y, colour = top + one.row * _ROW + 12, _colour(one.tick.level)
        parts.append(_text(one.start, y, one.words, colour, "start", rim=True))
    parts += [_tick(tick, axis, base) for tick in shown]
    return parts, rows * _ROW + _LANE


def _tick(tick: Tick, axis: _Axis, base: float) -> str:
    x, colour = axis.x(tick.at), _colour(tick.level)
    told = f"<title>{svg.text(tick.told)}</title>"
    until = min(tick.until, axis.until)
    if until > tick.at and axis.x(until) - x >= _TINY:
        wide = svg.num(axis.x(until) - x)
        return (
            f'<rect x="{svg.num(x)}" y="{svg.num(base - 4)}" width="{wide}" height="8" rx="2" fill="{colour}" '
            f'fill-opacity=".55">{told}</rect>'
        )
    if tick.level in {"grave", "warn"}:
        top, right, low, left = base - 6, x + 6, base + 6, x - 6
        return (
            f'<path d="M{svg.num(x)} {svg.num(top)}L{svg.num(right)} {svg.num(base)}L{svg.num(x)} {svg.num(low)}'
            f'L{svg.num(left)} {svg.num(base)}Z" fill="{colour}">{told}</path>'
        )
    return f'<rect x="{svg.num(x - 1)}" y="{svg.num(base - 5)}" width="2" height="10" fill="{colour}">{told}</rect>'


def _place(ticks: Sequence[Tick], axis: _Axis) -> tuple[list[_Placed], int]:
    """Give each label the lowest row in which it lies on no other label and no line to a tick crosses one.

    A label stands right of its line, or left of it where the picture ends. What finds no row stays a tooltip.
    """
    room = axis.right - axis.left
    right: list[_Placed] = []
    left: list[_Placed] = []
    for tick in sorted(ticks, key=lambda each: each.at):
        x = axis.x(tick.at)
        after, before = axis.right - x, x - axis.left
        onward = svg.width_of(tick.label, _SIZE) <= after or after >= before
        words = svg.shortened(tick.label, min(room * 0.7, after if onward else before), _SIZE)
        if onward:
            right.append(_Placed(tick, x, -1, x + _ASIDE, words))
        else:
            left.append(_Placed(tick, x, -1, x - _ASIDE - svg.width_of(words, _SIZE), words))
    placed: list[_Placed] = []
    # From the outside in: so the lines of what comes later run beside the labels that are there already.
    for one in [*reversed(right), *left]:
        free = (row for strict in (True, False) for row in range(_MOST_ROWS) if _fits(one, row, placed, strict=strict))
        one.row = next(free, -1)
        if one.row >= 0:
            placed.append(one)
    rows = max((one.row for one in placed), default=-1) + 1
    for one in placed:  # row 0 lies next to the line of ticks, at the bottom
        one.row = rows - 1 - one.row
    return placed, rows


def _fits(one: _Placed, row: int, placed: Sequence[_Placed], *, strict: bool) -> bool:
    """Tell whether a label can lie in a row, counted from the ticks upwards; `strict`: no line crosses a label."""
    begin, end = one.start, one.start + svg.width_of(one.words, _SIZE)
    for other in placed:
        low, high = other.start, other.start + svg.width_of(other.words, _SIZE)
        if other.row == row and begin < high + 8 and low < end + 8:
            return False
        crossed = (other.row < row and low - 2 < one.x < high + 2) or (
            other.row > row and begin - 2 < other.x < end + 2
        )
        if strict and crossed:
            return False
    return True


def _colour(level: str) -> str:
    return {"good": svg.GOOD, "warn": svg.WARN, "grave": svg.GRAVE, "phase": "var(--c1,#1f5fa8)",
            "soft": svg.SOFT}.get(level, svg.INK)  # fmt: skip


def _text(  # noqa: PLR0913 - where and how
    x: float, y: float, words: str, colour: str, anchor: str, *, bold: bool = False, rim: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    edge = f' paint-order="stroke" stroke="{svg.PAPER}" stroke-width="3" stroke-linejoin="round"' if rim else ""
    return (
        f'<text x="{svg.num(x)}" y="{svg.num(y)}" fill="{colour}" text-anchor="{anchor}" font-size="{_SIZE:g}"'
        f"{weight}{edge}>{svg.text(words)}</text>"
    )
