"""The few things every picture needs: escaped text, numbers that are short, and axes that read well. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Colours are classes with a fallback in the picture itself, so that it can stand alone in a file or a page.
STYLE = (
    ":root{--ink:#1c2530;--soft:#667383;--line:#d5dce4;--paper:#ffffff;--c1:#1f5fa8;--c2:#b4530a;--c3:#2e7d4f;"
    "--c4:#7a3d9a;--c5:#0f7f8c;--c6:#8a6d00;--grave:#b3261e;--warn:#b26a00;--good:#2e7d4f;--band:#e8eef6}"
)
COLOURS = ("var(--c1,#1f5fa8)", "var(--c2,#b4530a)", "var(--c3,#2e7d4f)", "var(--c4,#7a3d9a)",
           "var(--c5,#0f7f8c)", "var(--c6,#8a6d00)")  # fmt: skip
DASHES = ("", "6 3", "2 2", "8 3 2 3", "1 3", "10 4")  # a line is told by its dashes too: colour alone is not enough
INK = "var(--ink,#1c2530)"
SOFT = "var(--soft,#667383)"
LINE = "var(--line,#d5dce4)"
PAPER = "var(--paper,#ffffff)"
BAND = "var(--band,#e8eef6)"
GRAVE = "var(--grave,#b3261e)"
WARN = "var(--warn,#b26a00)"
GOOD = "var(--good,#2e7d4f)"
FONT = (
    "system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo',sans-serif"
)

_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_FINE = (0.05, 0.1, 0.2, 0.5)
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WIDE = 0x1100  # from here on a character takes a whole square


def text(value: object) -> str:
    """Escape what comes from the record: it is text and stays text. Characters XML has no room for are shown."""
    clean = "".join(char if char in "\t\n" or char >= " " else "\N{REPLACEMENT CHARACTER}" for char in str(value))
    return escape(clean, quote=True)


def num(value: float) -> str:
    """Write a coordinate with one decimal at most."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


def width_of(label: str, size: float = 12.0) -> float:
    """Estimate how wide a label is, in pixels: Hangul takes a whole square, Latin a little more than half of one."""
    return sum(size if ord(char) >= _WIDE else size * 0.56 for char in label)


def shortened(label: str, room: float, size: float = 12.0) -> str:
    """Cut a label to the room it has, with an ellipsis."""
    if width_of(label, size) <= room:
        return label
    kept = ""
    for char in label:
        if width_of(kept + char + "…", size) > room:
            break
        kept += char
    return kept.rstrip() + "…" if kept.strip() else ""


def clock(at: float, zone: tzinfo = UTC, *, fine: bool = False) -> str:
    """Write a moment as a clock does, with tenths where the axis is that fine."""
    moment = datetime.fromtimestamp(at, zone)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 100000}" if fine else f"{moment:%H:%M:%S}"


def tick_label(at: float, step: float, zone: tzinfo = UTC) -> str:
    """Write a tick as short as its step allows."""
    moment = datetime.fromtimestamp(at, zone)
    if step >= _DAY:
        return f"{moment:%m-%d}"
    if step >= _MINUTE:
        return f"{moment:%H:%M}"
    return clock(at, zone, fine=step < 1)


def time_ticks(start: float, end: float, most: int) -> tuple[float, list[float]]:
    """Choose round moments between two, at most so many; returns the step in seconds and the moments."""
    span = max(end - start, 0.001)
    step = next((each for each in (*_FINE, *_STEPS) if span / each <= most), math.ceil(span / most / _DAY) * _DAY)
    first = math.ceil(start / step) * step
    return step, [first + number * step for number in range(int((end - first) / step + 1e-6) + 1)]


def value_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Choose round values that cover the range."""
    span = high - low or abs(high) or 1.0
    raw = span / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= raw * 0.999)
    first = math.floor(low / step + 1e-9) * step
    ticks = [first]
    while ticks[-1] < high - step * 1e-6:
        ticks.append(first + len(ticks) * step)
    return ticks


def value_label(value: float, unit: str) -> str:
    """Write a value with its unit: shares as percent, seconds as ms where they are small, bytes in kB, MB, GB."""
    if unit == "share":
        return f"{value * 100:.3g} %"
    if unit == "s" and abs(value) < 1:
        return f"{value * 1000:.3g} ms"
    if unit in {"bytes", "bytes/s"}:
        per = "/s" if unit.endswith("/s") else ""
        for size, name in _SIZES:
            if abs(value) >= size:
                return f"{value / size:.3g} {name}{per}"
        return f"{value:.0f} B{per}"
    shown = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004 - three digits say enough
    return f"{shown} {unit}".strip() if unit not in {"", "count"} else shown


def duration(seconds: float, language: str = "en") -> str:
    """Write a span for people: 0.9 s, 47 s, 3 min 20 s, 2 h 5 min."""
    words = {"en": (" s", " min", " h", " d"), "ko": ("초", "분", "시간", "일")}["ko" if language == "ko" else "en"]
    if seconds < 0:
        return "-" + duration(-seconds, language)
    if seconds < 10:  # noqa: PLR2004 - below this a tenth of a second is worth telling
        shown = f"{seconds:.2f}" if seconds < 2 else f"{seconds:.1f}"  # noqa: PLR2004 - as above, for hundredths
        return (shown.rstrip("0").rstrip(".") if "." in shown else shown) + words[0]
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}{words[0]}"
    parts = list(_parts(whole, words))
    return " ".join(parts[:2])


def _parts(whole: int, words: tuple[str, str, str, str]) -> Iterator[str]:
    for size, word in ((_DAY, words[3]), (_HOUR, words[2]), (_MINUTE, words[1]), (1, words[0])):
        count, whole = divmod(whole, size)
        if count:
            yield f"{count}{word}"


def opening(width: float, height: float, title: str, described: str, name: str) -> str:
    """Open a picture that scales with its page and tells a screen reader what it shows; `name` is unique in a page."""
    return (
        f'<svg class="picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {num(width)} {num(height)}" '
        f'width="{num(width)}" height="{num(height)}" role="img" aria-labelledby="{name}-t {name}-d" '
        f'font-family="{text(FONT)}" font-size="12" style="max-width:100%;height:auto">'
        f'<title id="{name}-t">{text(title)}</title><desc id="{name}-d">{text(described)}</desc>'
    )
