"""What the war room shows, in no language yet: plain facts of the record at one moment. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rollback_runner.watching.series import Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.progress import Work

    from rollback_runner.record.timeline_event import Event
    from rollback_runner.telling.outbox import State as Told
    from rollback_runner.war_room.runs import ItemState, LegState

Mood = Literal["none", "calm", "running", "waiting", "stopped", "done", "closed"]
Taker = Literal["unknown", "aws", "nobody", "idc", "begun"]


@dataclass(frozen=True)
class Now:
    """What goes on. ``task`` is the sentence of the task that runs, ``ids`` its items; times since 1970."""

    run: str = ""
    leg: str = ""
    task: str = ""
    ids: tuple[str, ...] = ()
    since: float = 0.0
    check: bool = False
    works: tuple[Work, ...] = ()


@dataclass(frozen=True)
class Writer:
    """Who takes writes by the record of the runs; ``since`` is the line that says so."""

    taker: Taker = "unknown"
    since: float = 0.0
    fenced: float = 0.0


@dataclass(frozen=True)
class Wait:
    """A word that is missing: of whom (keys of people or contacts) or of which roles, and what stands against it."""

    item: str
    who: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    signature: bool = False


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong and stands. ``level``: grave or warn."""

    level: Literal["grave", "warn"]
    kind: Literal["failure", "breach", "gap", "declined", "read", "broken_off", "waived"]
    at: float = 0.0
    item: str = ""
    host: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Seat:
    """A role: who has it, who acts in it, and what they answered to the call ("" while nothing)."""

    role: str
    person: str
    deputy: str
    acting: str
    answer: str = ""


@dataclass(frozen=True)
class Attached:
    """A file that went on record with a word; ``file`` is its name there."""

    item: str
    by: str
    name: str
    file: str


@dataclass(frozen=True)
class Stake:
    """The data at stake in one database, as it was measured; each text in both languages."""

    host: str
    sentence: Mapping[str, str]
    verdict: Mapping[str, str]
    lines: tuple[Mapping[str, str], ...] = ()
    measured: str = ""


@dataclass(frozen=True)
class RunLine:
    """One run as a line: ``outcome`` is "" while it goes on."""

    id: str
    began: float
    ended: float
    outcome: str
    check: bool
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Board:
    """Everything the page is made from. ``reached`` are the phases whose people are asked now."""

    at: float
    site: str
    titles: Mapping[str, str]
    timezone: str
    incident: str = ""
    open: bool = False
    mood: Mood = "none"
    drill: str = ""
    cause: str = ""
    severity: str = ""
    failed: float = 0.0
    now: Now = field(default_factory=Now)
    writer: Writer = field(default_factory=Writer)
    legs: tuple[LegState, ...] = ()
    waits: tuple[Wait, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    stakes: tuple[Stake, ...] = ()
    items: Mapping[str, ItemState] = field(default_factory=dict)
    seats: tuple[Seat, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    messages: tuple[Told, ...] = ()
    series: Series = field(default_factory=Series)
    newest: float = 0.0
    events: tuple[Event, ...] = ()
    runs: tuple[RunLine, ...] = ()
    plan: str = ""
    reached: frozenset[str] = frozenset()
    attached: tuple[Attached, ...] = ()

    def name(self, key: str, language: str) -> str:
        """Return what a person is called; a contact outside the team keeps its name."""
        return self.names.get(key, {}).get(language, key)
