"""What happened in an incident, in the order of time, merged from everything that keeps a record of it.

Runs' journals, people's words, approvals, messages, figures and what was found: each source gives its events with the
place they stand in (`source`), so that every line of the timeline can be looked up. Nothing is guessed; what has no
moment on record is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Kind = Literal[
    "moment", "incident", "run", "leg", "item", "act", "fenced", "promoted", "failure", "waiting", "abort",
    "word", "call", "approval", "glass", "message", "breach", "gap", "report",
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is UTC, ISO 8601; `source` names file and line.

    `grave` is what a reader must not miss. `until` is when it ended and `detail` more of it, where the record says so.
    """

    at: str
    kind: Kind
    title: Mapping[str, str]
    item: str = ""
    run: str = ""
    host: str = ""
    grave: bool = False
    source: str = ""
    until: str = ""
    detail: str = ""
    ok: bool = True
    by: str = ""


def events(home: Path, site_name: str, incident: Path) -> list[Event]:
    """List what happened in an incident, the oldest first. A source that cannot be read gives an event that says so."""
    from rollback_runner.record import timeline_people, timeline_runs, timeline_watch  # noqa: PLC0415 - they build on Event

    found: list[Event] = []
    sources: Iterable[Iterable[Event]] = (
        timeline_people.events(incident),
        timeline_runs.events(home, site_name, incident.name),
        timeline_watch.events(incident),
    )
    for source in sources:
        found += source
    return sorted(found, key=lambda event: event.at)
