"""The checklist: every item with its id, its titles in both languages, its phase, and where it must pass."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from rollback_runner import our_yaml
from rollback_runner.content import PACKAGE
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["auto", "assist", "person"]
Language = Literal["en", "ko"]

PHASES = ("prepare", "approve", "emergency", "full", "complete", "watch", "deployment")


@dataclass(frozen=True)
class Explanation:
    """What `explain` tells about an item in one language."""

    does: str
    touches: str
    never_touches: str
    undo: str


@dataclass(frozen=True)
class Item:
    """One row. `hosts` are the groups on each of whose hosts it must pass; empty while nothing carries it out."""

    id: str
    phase: str
    mode: Mode
    titles: Mapping[str, str]
    hosts: tuple[str, ...]
    asked_for: str

    def title(self, language: Language) -> str:
        """Return the title in this language."""
        return self.titles[language]


@cache
def items() -> tuple[Item, ...]:
    """Load the whole checklist, in its order."""
    rows = our_yaml.read(PACKAGE / "checklist.yml")["items"]
    return tuple(
        Item(
            id=row["id"],
            phase=row["phase"],
            mode=row["mode"],
            titles={"en": row["en"], "ko": row["ko"]},
            hosts=tuple(row.get("hosts", ())),
            asked_for=row.get("asked_for", ""),
        )
        for row in rows
    )


def of_phase(phase: str) -> tuple[Item, ...]:
    """Return the items of one phase, in the checklist's order."""
    return tuple(item for item in items() if item.phase == phase)


def item(name: str) -> Item:
    """Find an item by its id. Raises `UsageError` with the nearest id when there is none."""
    wanted = name.upper()
    for candidate in items():
        if candidate.id == wanted:
            return candidate
    near = nearest(wanted, [candidate.id for candidate in items()])
    raise UsageError(f"There is no item {name}{near}.", next_step="rollback-runner items --all")


def explanation(name: str, language: Language) -> Explanation | None:
    """Return what an item does and never does, or None while nothing carries it out."""
    row = _explanations().get(name)
    return None if row is None else Explanation(**{key: text[language] for key, text in row.items()})


@cache
def _explanations() -> dict[str, dict[str, dict[str, str]]]:
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for path in sorted((PACKAGE / "explain").glob("*.yml")):
        rows |= our_yaml.read(path)
    return rows


def nearest(word: str, known: list[str]) -> str:
    """Return " (did you mean X?)" for the closest known word, or nothing when none is close."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
