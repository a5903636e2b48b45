"""Each phase as a bar against its budget, with deciding, acting and proving shown apart. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner.picture import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.checklist import Language

_ROW = 58.0
_BAR = 20.0
_THIN = 6.0
_TOP = 10.0
_NARROW = 560.0
KINDS = ("deciding", "acting", "proving", "between")
FILLS = {"deciding": svg.WARN, "acting": "var(--c1,#1f5fa8)", "proving": svg.GOOD, "between": svg.SOFT}


@dataclass(frozen=True)
class Bar:
    """One phase. `parts` are seconds of deciding, acting, proving and between; `budget` 0 means none was set."""

    name: str
    parts: tuple[float, float, float, float]
    budget: float
    level: str = "good"
    remark: str = ""

    @property
    def total(self) -> float:
        """The phase's seconds in all."""
        return sum(self.parts)


def picture(  # noqa: PLR0913 - what the picture is made of
    bars: Sequence[Bar], *, title: str, words: tuple[str, str, str, str], of: str, width: float = 1040,
    lang: Language = "en",
) -> str:  # fmt: skip
    """Draw the bars. `words` names the four parts, `of` is "{spent} of {budget}" in the reader's language.

    Each row is what the phase's own time was made of; the thin line below it is the budget and how much was used.
    """
    narrow = width < _NARROW
    side = 8.0 if narrow else 20.0 + max((svg.width_of(bar.name, 13) for bar in bars), default=0.0)
    room = width - side - 12.0
    name = "p" + hashlib.sha256(repr((title, bars, width)).encode()).hexdigest()[:12]
    told = ". ".join(_told(bar, words, of, lang) for bar in bars)
    body: list[str] = []
    top = _TOP
    for bar in bars:
        if narrow:
            body.append(_text(side, top + 10, bar.name, svg.INK, "start", bold=True))
            top += 16
        else:
            body.append(_text(side - 12, top + 14, bar.name, svg.INK, "end", bold=True))
        body += _row(bar, (side, top, room), words, of, lang)
        top += _ROW
    legend, used = _legend(words, side, top, width)
    return svg.opening(width, top + used, title, told, name) + "".join([*body, *legend]) + "</svg>"


def _row(
    bar: Bar, place: tuple[float, float, float], words: tuple[str, str, str, str], of: str, lang: Language
) -> list[str]:
    """Draw what the time was made of, and below it how much of the budget that was. `place` is left, top, width."""
    left, top, room = place
    parts = []
    x = left
    for kind, word, seconds in zip(KINDS, words, bar.parts, strict=True):
        if seconds <= 0:
            continue
        wide = max(room * seconds / max(bar.total, 1e-9), 1.0)
        shown = svg.duration(seconds, lang)
        tip = f"<title>{svg.text(f'{word}: {shown}')}</title>"
        parts.append(
            f'<rect x="{svg.num(x)}" y="{svg.num(top)}" width="{svg.num(wide)}" height="{_BAR:g}" '
            f'fill="{FILLS[kind]}">{tip}</rect>'
        )
        if svg.width_of(shown) + 10 < wide:
            parts.append(_text(x + wide / 2, top + 14.5, shown, svg.PAPER, "middle", bold=True))
        x += wide
    y = top + _BAR + 4
    colour = {"grave": svg.GRAVE, "warn": svg.WARN}.get(bar.level, svg.INK)
    if bar.budget:
        used = room * min(bar.total / bar.budget, 1.0)
        parts.append(
            f'<rect x="{svg.num(left)}" y="{svg.num(y)}" width="{svg.num(room)}" height="{_THIN:g}" rx="2" '
            f'fill="{svg.BAND}" stroke="{svg.LINE}" stroke-width=".6"/>'
            f'<rect x="{svg.num(left)}" y="{svg.num(y)}" width="{svg.num(max(used, 2.0))}" height="{_THIN:g}" rx="2" '
            f'fill="{svg.GRAVE if bar.total > bar.budget else svg.INK}"/>'
        )
    parts.append(_text(left, y + _THIN + 13, _said(bar, of, lang), colour, "start"))
    return parts


def _said(bar: Bar, of: str, lang: Language) -> str:
    spent = svg.duration(bar.total, lang)
    shown = of.format(spent=spent, budget=svg.duration(bar.budget, lang)) if bar.budget else spent
    return f"{shown}  {bar.remark}".rstrip()


def _told(bar: Bar, words: tuple[str, str, str, str], of: str, lang: Language) -> str:
    parts = (f"{word} {svg.duration(seconds, lang)}" for word, seconds in zip(words, bar.parts, strict=True))
    return f"{bar.name}: {_said(bar, of, lang)} ({', '.join(parts)})"


def _legend(words: tuple[str, str, str, str], left: float, top: float, width: float) -> tuple[list[str], float]:
    parts = []
    x, y = left, top + 6
    for kind, word in zip(KINDS, words, strict=True):
        wide = svg.width_of(word) + 34
        if x + wide > width and x > left:
            x, y = left, y + 18
        parts.append(f'<rect x="{svg.num(x)}" y="{svg.num(y)}" width="12" height="12" rx="2" fill="{FILLS[kind]}"/>')
        parts.append(_text(x + 17, y + 10.5, word, svg.INK, "start"))
        x += wide
    return parts, y - top + 20


def _text(x: float, y: float, words: str, colour: str, anchor: str, *, bold: bool = False) -> str:  # noqa: PLR0913 - where and how
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{svg.num(x)}" y="{svg.num(y)}" fill="{colour}" text-anchor="{anchor}" font-size="12"'
        f"{weight}>{svg.text(words)}</text>"
    )
