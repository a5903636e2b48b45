"""What is found out about one statement of a migration. Pure data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Dialect = Literal["mysql", "postgresql"]
# `compatible`: reads and writes of the code before keep working. `unknown` is treated as breaking everywhere.
Kind = Literal["compatible", "breaking", "unknown"]

_WEIGHT: dict[Kind, int] = {"compatible": 0, "unknown": 1, "breaking": 2}


@dataclass(frozen=True)
class Warned:
    """A thing that older code can meet although the statement is compatible; a person should have read it."""

    rule: str
    en: str
    ko: str


@dataclass(frozen=True)
class Part:
    """One action of a statement (an ALTER TABLE has several), judged by one rule."""

    kind: Kind
    rule: str
    object: str
    reason: Mapping[str, str]
    warns: tuple[Warned, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One statement, judged: ``kind``, ``rule``, ``reason`` and ``object`` are those of its worst part.

    ``number`` counts the statements of a file from 1; ``statement`` is its text without comments around it.
    ``reason`` has the languages ``en`` and ``ko``. ``object`` is what is touched: ``users.email``, ``orders``, "".
    """

    statement: str
    number: int
    kind: Kind
    rule: str
    reason: Mapping[str, str]
    warns: tuple[Warned, ...] = ()
    object: str = ""
    parts: tuple[Part, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


def worst(kinds: Iterable[Kind]) -> Kind:
    """Return the gravest of several kinds: breaking before unknown before compatible; compatible for none at all."""
    return max(kinds, key=_WEIGHT.__getitem__, default="compatible")


def gravest(parts: Iterable[Part]) -> Part:
    """Return the first of the gravest parts. ``parts`` is not empty."""
    return max(parts, key=lambda part: _WEIGHT[part.kind])
