"""The commands that sentences name, complete: each carries the site that the person gave.

A sentence says `rollback-runner resume`; who works on another site than the default must type `rollback-runner resume
-i SITE`. Whatever prints such a sentence asks here, so that no sentence has to know the site.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Takes = Callable[[Sequence[str]], int]

PROGRAM = "rollback-runner"
_WORDS = re.compile(rf"(?<![\w@/-]){PROGRAM}((?: [a-z][a-z-]*(?![A-Za-z0-9_-]))+)")
_PLACES = re.compile(r"(?: (?:[A-Z]+\b|\[[A-Z]+\]))+")  # what a person puts in: ITEM, RUN
_LEG = re.compile(r" [a-z]+(?![A-Za-z0-9_-])")
_END = re.compile(r"[;,()]|\. ")
_GIVEN = re.compile(r" (?:-i|--site)[ =]")


@dataclass(frozen=True)
class Here:
    """The site as it was given, "" where commands need none; and how many of some words name a command with `-i`."""

    site: str
    takes: Takes


_NOWHERE = Here("", lambda _words: 0)
_now = _NOWHERE


def work_on(site: str, takes: Takes) -> Here:
    """Complete commands from now on; return what held before, for `leave`."""
    global _now
    before, _now = _now, Here(site, takes)
    return before


def leave(before: Here) -> None:
    """Go back to what held before."""
    global _now  # noqa: PLW0603 - one command, one site: whatever it prints is of that site
    _now = before


def now() -> Here:
    """Return what holds, for whoever prints later."""
    return _now


def complete(text: str, here: Here | None = None) -> str:
    """Give each command of a sentence the site it is of. One that names its site already, or takes none, stays."""
    given = here or _now
    if not given.site or PROGRAM not in text:
        return text
    told, at = [], 0
    for match in _WORDS.finditer(text):
        end = _end(text, match, given.takes)
        if end and not _GIVEN.search(_END.split(text[end:], maxsplit=1)[0]):
            told += [text[at:end], f" -i {shlex.quote(given.site)}"]
            at = end
    return "".join([*told, text[at:]])


def _end(text: str, match: re.Match[str], takes: Takes) -> int:
    """Return where the command's own words end, 0 where it takes no site."""
    words = match[1].split()
    count = takes(words)
    if not count:
        return 0
    end = match.start(1) + sum(len(word) + 1 for word in words[:count])
    if words[0] == "phase" and (leg := _LEG.match(text, end)):
        end = leg.end()
    places = _PLACES.match(text, end)
    return places.end() if places else end
