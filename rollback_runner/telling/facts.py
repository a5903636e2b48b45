"""Facts: named, each with what a text may say of it and the lines of the record that it rests on. Pure.

A fact is there or it is not: there is no "probably". Texts are made from these alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What may stand in a text for people outside. Everything else is for people inside: it names hosts, persons, causes.
PUBLIC = frozenset(
    {
        "service",
        "drill",
        "now",
        "began",
        "first",
        "failed_at",
        "leg_now",
        "done_emergency",
        "done_full",
        "stopped",
        "opened",
    }
    | {"served", "aborted", "finished", "downtime", "next_word", "contact", "partner", "since"}
)


@dataclass(frozen=True)
class Fact:
    """One thing that is proven. ``value`` holds what a text may say of it; ``sources`` are ids of lines."""

    value: Any
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Everything that is proven now, by name."""

    known: Mapping[str, Fact] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.known

    def get(self, name: str) -> Any:
        """Return what a fact says, None without it."""
        found = self.known.get(name)
        return found.value if found else None

    def but(self, *names: str) -> Facts:
        """Take facts away."""
        return Facts({key: fact for key, fact in self.known.items() if key not in names})

    def plus(self, **more: Fact | None) -> Facts:
        """Add facts; None adds nothing."""
        return Facts({**self.known, **{key: fact for key, fact in more.items() if fact is not None}})

    def public(self) -> Facts:
        """Leave only what people outside may read."""
        return Facts({key: fact for key, fact in self.known.items() if key in PUBLIC})

    def sources(self, names: Iterable[str]) -> tuple[str, ...]:
        """Name the lines that these facts rest on, each once."""
        return tuple(dict.fromkeys(one for name in names if name in self.known for one in self.known[name].sources))
