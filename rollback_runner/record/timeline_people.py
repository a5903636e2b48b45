"""The events that people made: their words, the calls to them, their approvals, the moment of failure they named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from failback import journal
from failback.approval import record as approvals
from failback.approval.sentences import ROLES
from failback.errors import FailbackError
from failback.people import words

from rollback_runner.record.timeline_event import Event
from rollback_runner.record.timeline_words import item, said, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MOMENT = "SIT-02"
_TITLES = frozenset({"confirm", "waive", "decline", "acknowledge", "read", "assign"})
_PLAIN = "tl.said"


def events(incident: Path) -> Iterator[Event]:
    """Give the events of an incident's people.jsonl and approvals.jsonl."""
    yield from _words(incident)
    yield from _approvals(incident)


def _words(incident: Path) -> Iterator[Event]:
    path = incident / words.FILE
    if not path.exists():
        return
    try:
        lines = journal.read(path)
    except journal.JournalError as error:
        yield _unreadable(path, error)
        return
    newest = {line.get("item"): line["seq"] for line in lines if line["kind"] == "confirm"}
    for line in lines:
        source = f"{path.name}:{line['seq']}"
        yield _word(line, source)
        if line["kind"] == "confirm" and line.get("item") == _MOMENT and newest[_MOMENT] == line["seq"]:
            details = _mapping(line.get("details"))
            at = when(_mapping(details.get("moment")).get("utc") or "")
            if at:
                told = said("tl.failed_at", source=str(details.get("source") or line.get("by") or "-"))
                yield Event(at, "moment", told, _MOMENT, grave=True, source=source, by=str(line.get("by") or ""))


def _word(line: Mapping[str, Any], source: str) -> Event:
    kind, name, by = str(line["kind"]), str(line.get("item") or ""), str(line.get("by") or "")
    details = _mapping(line.get("details"))
    at = when(line["time"])
    note = str(line.get("note") or details.get("statement") or "")
    if kind == "call":
        taken = bool(details.get("delivered"))
        title = said("tl.call" if taken else "tl.call_failed", to=str(details.get("to") or "-"))
        return Event(at, "call", title, name, grave=not taken, source=source, by=by, ok=taken)
    if kind == "canary":
        return Event(at, "call", said("tl.canary"), name, source=source, by=by)
    key = f"tl.{kind}" if kind in _TITLES else _PLAIN
    to = str(details.get("to") or details.get("person") or note or "-")
    title = said(key, person=by, item=name, title=item(name), to=to, kind=kind)
    return Event(at, "word", title, name, grave=kind == "decline", source=source, detail=note, by=by)


def _approvals(incident: Path) -> Iterator[Event]:
    try:
        found = approvals.read(incident)
    except FailbackError as error:
        yield _unreadable(incident / approvals.NAME, error)
        return
    for line in found.lines:
        source = f"{found.path.name}:{line['seq']}"
        if line["kind"] in {"approval", "revocation"}:
            yield _approval(line, source)
        elif line["kind"] == "break_glass":
            title = said("tl.glass", reason=str(line.get("reason") or ""))
            yield Event(when(line["time"]), "glass", title, grave=True, source=source, by=str(line.get("by") or ""))


def _approval(line: Mapping[str, Any], source: str) -> Event:
    try:
        statement = _mapping(json.loads(line.get("statement") or "{}"))
    except ValueError:
        statement = {}
    role = str(statement.get("role") or "")
    person = str(statement.get("principal") or "-")
    words_of = dict(ROLES[role]) if role in ROLES else {"en": role or "-", "ko": role or "-"}
    words_of["en"] = words_of["en"][:1].upper() + words_of["en"][1:]
    key = "tl.approval" if line["kind"] == "approval" else "tl.revocation"
    at = when(statement.get("made_at") or line["time"])
    back = line["kind"] == "revocation"
    return Event(at, "approval", said(key, role=words_of, person=person), grave=back, source=source,
                 detail=str(statement.get("conditions") or ""), by=person)  # fmt: skip


def _unreadable(path: Path, error: Exception) -> Event:
    at = when(path.stat().st_mtime) if path.exists() else when(0)
    return Event(at, "failure", said("tl.unreadable", why=str(error)), grave=True, source=path.name, ok=False)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
