"""A graph of figures over time, with the incident's moments marked in it. Pure: points in, SVG out."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

from rollback_runner.picture import svg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.checklist import Language

    Points = Sequence[tuple[float, float]]

_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 14.0, 10.0, 26.0
_LABEL_ROW = 15.0  # the height of one row of mark labels
_MOST_ROWS = 3
_LEGEND_ROW = 18.0
_DOT = 0.5  # of a pixel: a line this short is drawn as a dot
_GAP_FACTOR = 6.0  # a silence this many times the usual interval is no line
_WORDS = {
    "en": {"from": "from {low} to {high}, last {last}", "none": "no value was measured", "limit": "limit"},
    "ko": {"from": "{low} ~ {high}, 마지막 {last}", "none": "측정된 값이 없습니다", "limit": "한도"},
}


@dataclass(frozen=True)
class Mark:
    """A moment to be marked. `at` in seconds since 1970; `level` is one of note, good, warn, grave."""

    at: float
    label: str
    level: str = "note"


@dataclass(frozen=True)
class Band:
    """A span to be shaded, such as a phase (`kind` phase), a silence of the source (gap) or a broken limit (breach)."""

    since: float
    until: float
    label: str = ""
    kind: str = "phase"


@dataclass(frozen=True)
class Limit:
    """A level that should not be passed, drawn as a line across."""

    value: float
    label: str = ""


@dataclass(frozen=True)
class _Frame:
    left: float
    top: float
    right: float
    bottom: float
    since: float
    until: float
    low: float
    high: float

    def x(self, at: float) -> float:
        return self.left + (at - self.since) / max(self.until - self.since, 1e-9) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / max(self.high - self.low, 1e-12) * (self.bottom - self.top)


def chart(  # noqa: PLR0913 - what a graph is made of
    series: Mapping[str, Points],
    *,
    unit: str = "",
    marks: Sequence[Mark] = (),
    bands: Sequence[Band] = (),
    limits: Sequence[Limit] = (),
    width: float = 720,
    height: float = 220,
    lang: Language = "en",
    title: str = "",
    window: tuple[float, float] | None = None,
    zone: tzinfo = UTC,
) -> str:
    """Draw lines of (seconds since 1970, value), one for each label, as inline SVG with a title and a description.

    Values that are no numbers are left out; a long silence breaks the line. `unit` is share, s, bytes, bytes/s, 1/s or
    count. `window` is the span of time that is shown, by default that of the points and the marks.
    """
    shown = {label: _clean(points, window) for label, points in series.items()}
    words = _WORDS["ko" if lang == "ko" else "en"]
    name = "c" + hashlib.sha256(repr((title, sorted(shown.items()), marks, width)).encode()).hexdigest()[:12]
    span = _span(shown, marks, window)
    places = _places(marks, span, (_LEFT, width - _RIGHT))
    rows = max((row for *_rest, row in places), default=-1) + 1
    legend = _legend(shown, width) if len(shown) > 1 else []
    total = height + rows * _LABEL_ROW + len(legend) * _LEGEND_ROW
    frame = _frame(shown, limits, span, width=width, height=height, above=rows * _LABEL_ROW)
    parts = [svg.opening(width, total, title or ", ".join(shown), _described(shown, unit, words), name)]
    parts += _grid(frame, unit, zone)
    parts += [_band(frame, band) for band in bands]
    parts += [_limit(frame, limit, unit, words) for limit in limits if frame.low <= limit.value <= frame.high]
    if any(shown.values()):
        parts += [_line(frame, points, number) for number, points in enumerate(shown.values())]
    else:
        middle = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
        parts.append(_label(*middle, words["none"], svg.SOFT, "middle"))
    parts += _marks(frame, places)
    parts += _legend_drawn(legend, height + rows * _LABEL_ROW)
    return "".join([*parts, "</svg>"])


def _clean(points: Points, window: tuple[float, float] | None) -> list[tuple[float, float]]:
    good = [(float(at), float(value)) for at, value in points if math.isfinite(at) and math.isfinite(value)]
    if window is not None:
        good = [point for point in good if window[0] <= point[0] <= window[1]]
    return sorted(good)


def _span(
    shown: Mapping[str, Points], marks: Sequence[Mark], window: tuple[float, float] | None
) -> tuple[float, float]:
    times = [at for points in shown.values() for at, _value in points] + [mark.at for mark in marks]
    since, until = window or (min(times, default=0.0), max(times, default=1.0))
    return (since - 0.5, until + 0.5) if until - since < 1 else (since, until)


def _frame(  # noqa: PLR0913 - what the frame must hold
    shown: Mapping[str, Points],
    limits: Sequence[Limit],
    span: tuple[float, float],
    *,
    width: float,
    height: float,
    above: float,
) -> _Frame:
    values = [value for points in shown.values() for _at, value in points] or [0.0, 1.0]
    top, low = max(values), min(0.0, *values)
    # A limit far above everything would press the line flat; one that is near belongs into the picture.
    top = max([top, *(each.value for each in limits if each.value <= max(top, 1e-9) * 2.5)])
    ticks = svg.value_ticks(low, top if top > low else low + 1)
    return _Frame(_LEFT, _TOP + above, width - _RIGHT, height + above - _BOTTOM, *span, ticks[0], ticks[-1])


def _grid(frame: _Frame, unit: str, zone: tzinfo) -> list[str]:
    parts = []
    for value in svg.value_ticks(frame.low, frame.high):
        y = frame.y(value)
        parts.append(f'<path d="M{svg.num(frame.left)} {svg.num(y)}H{svg.num(frame.right)}" stroke="{svg.LINE}"/>')
        parts.append(_label(frame.left - 6, y + 4, svg.value_label(value, unit), svg.SOFT, "end", size=11))
    step, ticks = svg.time_ticks(frame.since, frame.until, max(2, int((frame.right - frame.left) / 74)))
    for at in ticks:
        x = frame.x(at)
        parts.append(f'<path d="M{svg.num(x)} {svg.num(frame.bottom)}v4" stroke="{svg.SOFT}"/>')
        parts.append(_label(x, frame.bottom + 17, svg.tick_label(at, step, zone), svg.SOFT, "middle", size=11))
    return parts


def _line(frame: _Frame, points: Points, number: int) -> str:
    if not points:
        return ""
    steps = sorted(after[0] - before[0] for before, after in pairwise(points))
    usual = steps[len(steps) // 2] if steps else 0.0
    path, before = [], None
    for at, value in points:
        move = before is None or (usual > 0 and at - before > usual * _GAP_FACTOR)
        path.append(f"{'M' if move else 'L'}{svg.num(frame.x(at))} {svg.num(frame.y(value))}")
        before = at
    colour, dash = svg.COLOURS[number % len(svg.COLOURS)], svg.DASHES[number % len(svg.DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    if len(points) == 1:
        x, y = frame.x(points[0][0]), frame.y(points[0][1])
        return f'<circle cx="{svg.num(x)}" cy="{svg.num(y)}" r="2.5" fill="{colour}"/>'
    return (
        f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round" '
        f'stroke-linecap="round"{dashed}/>'
    )


def _band(frame: _Frame, band: Band) -> str:
    since, until = max(band.since, frame.since), min(band.until, frame.until)
    if until < since:
        return ""
    colour = {"gap": svg.SOFT, "breach": svg.GRAVE}.get(band.kind, svg.BAND)
    opacity = {"gap": "0.18", "breach": "0.14"}.get(band.kind, "0.55")
    x, room = frame.x(since), max(frame.x(until) - frame.x(since), 1.5)
    label = svg.shortened(band.label, room - 6, 10)
    told = f"<title>{svg.text(band.label)}</title>" if band.label else ""
    drawn = (
        f'<rect x="{svg.num(x)}" y="{svg.num(frame.top)}" width="{svg.num(room)}" '
        f'height="{svg.num(frame.bottom - frame.top)}" fill="{colour}" fill-opacity="{opacity}">{told}</rect>'
    )
    y = frame.bottom - 5 if band.kind == "phase" else frame.top + 12  # a phase is named below, trouble above
    return drawn + (_label(x + 4, y, label, svg.SOFT, "start", size=10) if label else "")


def _limit(frame: _Frame, limit: Limit, unit: str, words: Mapping[str, str]) -> str:
    y = svg.num(frame.y(limit.value))
    label = f"{limit.label or words['limit']} {svg.value_label(limit.value, unit)}"
    return (
        f'<path d="M{svg.num(frame.left)} {y}H{svg.num(frame.right)}" stroke="{svg.GRAVE}" stroke-dasharray="4 3"/>'
        + _label(frame.right - 2, frame.y(limit.value) - 4, label, svg.GRAVE, "end", size=10)
    )


def _places(
    marks: Sequence[Mark], window: tuple[float, float], edges: tuple[float, float]
) -> list[tuple[Mark, float, float, int]]:
    """Give each mark its place, its label's place and the label's row (-1: no room, it stays a tooltip)."""
    left, right = edges
    ends = [left - 100.0] * _MOST_ROWS
    found = []
    for mark in sorted(marks, key=lambda each: each.at):
        if not window[0] <= mark.at <= window[1]:
            continue
        x = left + (mark.at - window[0]) / max(window[1] - window[0], 1e-9) * (right - left)
        wide = svg.width_of(mark.label, 11)
        start = max(left, min(x - wide / 2, right - wide))
        row = next((number for number in range(_MOST_ROWS) if ends[number] + 8 <= start), -1)
        if row >= 0:
            ends[row] = start + wide
        found.append((mark, x, start, row))
    return found


def _marks(frame: _Frame, places: Sequence[tuple[Mark, float, float, int]]) -> list[str]:
    """Draw each moment as a line with its label above the graph."""
    parts = []
    for mark, x, start, row in places:
        colour = {"good": svg.GOOD, "warn": svg.WARN, "grave": svg.GRAVE}.get(mark.level, svg.INK)
        top = frame.top
        if row >= 0:
            top = _TOP + row * _LABEL_ROW + 11
            parts.append(_label(start, top - 1, mark.label, colour, "start", size=11))
        parts.append(
            f'<path d="M{svg.num(x)} {svg.num(top + 2)}V{svg.num(frame.bottom)}" stroke="{colour}" '
            f'stroke-dasharray="3 2"><title>{svg.text(mark.label)}</title></path>'
        )
    return parts


def _legend(shown: Mapping[str, Points], width: float) -> list[list[tuple[str, int]]]:
    rows: list[list[tuple[str, int]]] = [[]]
    used = 0.0
    for number, label in enumerate(shown):
        wide = svg.width_of(label) + 44
        if rows[-1] and used + wide > width - _LEFT:
            rows.append([])
            used = 0.0
        rows[-1].append((label, number))
        used += wide
    return rows


def _legend_drawn(rows: Sequence[Sequence[tuple[str, int]]], top: float) -> list[str]:
    parts = []
    for line, row in enumerate(rows):
        x, y = _LEFT, top + line * _LEGEND_ROW + 9
        for label, number in row:
            dash = svg.DASHES[number % len(svg.DASHES)]
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            colour = svg.COLOURS[number % len(svg.COLOURS)]
            parts.append(f'<path d="M{svg.num(x)} {svg.num(y)}h22" stroke="{colour}" stroke-width="2"{dashed}/>')
            parts.append(_label(x + 28, y + 4, label, svg.INK, "start"))
            x += svg.width_of(label) + 44
    return parts


def _label(x: float, y: float, label: str, colour: str, anchor: str, *, size: float = 12) -> str:  # noqa: PLR0913 - where and how
    return (
        f'<text x="{svg.num(x)}" y="{svg.num(y)}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{svg.num(size)}">{svg.text(label)}</text>'
    )


def _described(shown: Mapping[str, Points], unit: str, words: Mapping[str, str]) -> str:
    told = []
    for label, points in shown.items():
        values = [value for _at, value in points]
        if not values:
            told.append(f"{label}: {words['none']}")
            continue
        edges = {"low": min(values), "high": max(values), "last": values[-1]}
        told.append(f"{label}: " + words["from"].format(**{k: svg.value_label(v, unit) for k, v in edges.items()}))
    return ". ".join(told) or words["none"]
