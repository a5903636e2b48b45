"""One sentence about the situation, in both languages, with what it weighs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.findings import Finding
from failback.situation.words import WORDS

if TYPE_CHECKING:
    from failback.findings import Severity


@dataclass(frozen=True)
class Said:
    """``rank`` orders sentences, the smallest first; ``key`` stays the same from look to look."""

    key: str
    severity: Severity
    rank: int
    text: dict[str, str]
    next_step: str = ""

    def as_fact(self) -> dict[str, object]:
        """Return it as the incident keeps it."""
        return {"key": self.key, "severity": self.severity, "next_step": self.next_step, **self.text}

    def as_finding(self) -> Finding:
        """Return it as a finding of the run."""
        return Finding(self.severity, f"situation:{self.key}", self.text["en"], self.next_step)


def words(sentence: str, /, **values: object) -> dict[str, str]:
    """Return a sentence of the catalogue in both languages. Whole numbers get their thousands apart."""
    shown = {key: f"{value:,}" if type(value) is int else value for key, value in values.items()}
    shown |= {f"{key}_s": "" if value == 1 else "s" for key, value in values.items() if type(value) is int}
    found = {}
    for language, text in zip(("en", "ko"), WORDS[sentence], strict=True):
        mine = {key: value[language] if isinstance(value, dict) else value for key, value in shown.items()}
        found[language] = text.format(**mine)
    return found


def percent(share: float) -> str:
    """Write a share as people read it: 0.4 %, 7 %, 41 %; never 0 % for something, nor 100 % for not all."""
    value = share * 100
    if 0 < value < 0.1:  # noqa: PLR2004 - the smallest figure worth telling
        return "< 0.1 %"
    if 99.5 <= value < 100:  # noqa: PLR2004 - would be rounded to all
        return "> 99 %"
    return f"{value:.1f} %" if 0 < value < 10 else f"{value:.0f} %"  # noqa: PLR2004 - one digit after the point is enough


def rate(value: float) -> str:
    """Write how many a second: 0, 0.4, 212."""
    return f"{value:,.0f}" if value >= 10 or not value else f"{value:.1f}"  # noqa: PLR2004 - a digit after the point says nothing there


def seconds(value: float) -> str:
    """Write a duration: 4 ms, 1.8 s."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def short_image(digest: str) -> str:
    """Write an image's digest as docker shows it."""
    return digest.removeprefix("sha256:")[:12]
