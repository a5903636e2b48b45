"""The events of the watching and the telling: limits that were broken, gaps in the figures, messages and their fate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import journal

from rollback_runner import messages
from rollback_runner.record.timeline_event import Event
from rollback_runner.record.timeline_words import said, when
from rollback_runner.telling import outbox
from rollback_runner.watching import catalogue, series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.telling.outbox import State
    from rollback_runner.watching.series import Breach, Gap

_NOTES = "figures/notes.jsonl"


def events(incident: Path) -> Iterator[Event]:
    """Give the events of an incident's figures and messages."""
    try:
        found = series.read(incident)
    except (OSError, ValueError, journal.JournalError) as error:
        yield _unreadable(incident / "figures", error)
    else:
        for breach in found.breaches:
            yield from _breach(breach)
        for gap in found.gaps:
            yield _gap(gap)
    try:
        states = outbox.read(incident)
    except (OSError, ValueError, journal.JournalError) as error:
        yield _unreadable(incident / outbox.MESSAGES, error)
        return
    for state in states:
        yield from _message(state)


def _breach(breach: Breach) -> Iterator[Event]:
    figure = catalogue.FIGURES.get(breach.figure)
    name = dict(figure.title) if figure is not None else {"en": breach.figure, "ko": breach.figure}
    value = catalogue.shown(figure, breach.value) if figure is not None else f"{breach.value:g}"
    limit = catalogue.shown(figure, breach.limit) if figure is not None else f"{breach.limit:g}"
    item = figure.item if figure is not None else ""
    title = said("tl.breach", figure=name, host=breach.host, value=value, limit=limit)
    until = when(breach.ended) if breach.ended is not None else ""
    yield Event(when(breach.began), "breach", title, item, host=breach.host, grave=True, source=_NOTES, until=until,
                ok=False)  # fmt: skip
    if breach.ended is not None:
        title = said("tl.breach_ended", figure=name, host=breach.host)
        yield Event(when(breach.ended), "breach", title, item, host=breach.host, source=_NOTES)


def _gap(gap: Gap) -> Event:
    title = said(
        "tl.gap", figure=gap.figure_source, host=gap.host or {"en": "every host", "ko": "모든 호스트"}, why=gap.why
    )
    until = when(gap.until) if gap.until is not None else ""
    return Event(when(gap.since), "gap", title, host=gap.host, source=_NOTES, until=until, ok=False)


def audience(name: str) -> dict[str, str]:
    """Return an audience's name in both languages."""
    found = {}
    for language in ("en", "ko"):
        texts = messages.Texts("ko" if language == "ko" else "en")
        key = f"rp.audience.{name}"
        found[language] = texts(key) if texts.has(key) else name
    return found


def _message(state: State) -> Iterator[Event]:
    """Place a message where it was accepted, which is when it counts as sent; where it waits, when it was put."""
    message = state.message
    told = {"audience": audience(message.audience), "subject": message.subject}
    source = f"{outbox.MESSAGES}:{state.seq}"
    if message.event == "report":
        yield _report(state, source)
    elif state.accepted_at:
        where = ", ".join(name for name, one in state.channels.items() if one.accepted_at)
        yield Event(when(state.accepted_at), "message", said("tl.message", **told), source=source, detail=where)
    else:
        key = "tl.message_lost" if state.gave_up else "tl.message_waits"
        yield Event(when(state.queued_at), "message", said(key, **told), grave=state.gave_up, source=source,
                    detail=state.error, ok=False)  # fmt: skip
    if state.acknowledged_at:
        title = said("tl.message_answered", person=state.by or "-", subject=message.subject)
        yield Event(when(state.acknowledged_at), "message", title, source=source, by=state.by)


def _report(state: State, source: str) -> Event:
    """Place the handing over of the report: when a channel took it, or where it failed."""
    person = state.message.to or state.message.audience
    key = "tl.report_refused" if state.gave_up else "tl.report_sent" if state.accepted_at else "tl.report_waits"
    at = when(state.accepted_at or state.queued_at)
    good = bool(state.accepted_at)
    return Event(at, "report", said(key, person=person), "DOC-04", grave=state.gave_up, source=source,
                 detail=state.error, ok=good)  # fmt: skip


def _unreadable(path: Path, error: Exception) -> Event:
    at = when(path.stat().st_mtime) if path.exists() else when(0)
    return Event(at, "failure", said("tl.unreadable", why=str(error)), grave=True, source=path.name, ok=False)
