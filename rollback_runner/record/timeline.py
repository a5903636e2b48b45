"""What happened in an incident, in the order of time, merged from everything that keeps a record of it.

Runs' journals, people's words, approvals, messages, figures and what was found: each source gives its events with the
place they stand in (`source`), so that every line of the timeline can be looked up. Nothing is guessed; what has no
moment on record is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.record import timeline_people, timeline_runs, timeline_watch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rollback_runner.record.timeline_event import Event


def events(home: Path, site_name: str, incident: Path) -> list[Event]:
    """List what happened in an incident, the oldest first. A source that cannot be read gives an event that says so."""
    found: list[Event] = []
    sources: Iterable[Iterable[Event]] = (
        timeline_people.events(incident),
        timeline_runs.events(home, site_name, incident.name),
        timeline_watch.events(incident),
    )
    for source in sources:
        found += source
    return sorted(found, key=lambda event: event.at)
