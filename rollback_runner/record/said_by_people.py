"""What people said, signed and were told in an incident, as the report shows it: read from the incident's own files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from failback import journal
from failback.approval import record as approvals
from failback.errors import FailbackError
from failback.people import lessons as listed_lessons
from failback.people import words as people_words

from rollback_runner.record.timeline_watch import audience
from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LESSONS = ("DOC-05", "FOLLOW-05", "REMIG-02", "REMIG-03", "REMIG-04", "WATCH-03")


def words(incident: Path) -> Iterator[dict[str, Any]]:
    """Give every word on record, in order."""
    path = incident / people_words.FILE
    if not path.exists():
        return
    try:
        lines = journal.read(path)
    except journal.JournalError:
        return  # the timeline says that it cannot be read
    for line in lines:
        details = line.get("details") if isinstance(line.get("details"), dict) else {}
        attached = line.get("attachment") if isinstance(line.get("attachment"), dict) else {}
        yield {
            "kind": line["kind"],
            "item": str(line.get("item") or ""),
            "by": str(line.get("by") or ""),
            "at": str(line.get("at") or line["time"]),
            "note": str(line.get("note") or ""),
            "seat": str(line.get("seat") or ""),
            "attachment": str((attached or {}).get("name") or ""),
            "details": {key: value for key, value in (details or {}).items() if key != "from_answers"},
            "from_answers": bool((details or {}).get("from_answers")),
        }


def signatures(incident: Path) -> Iterator[dict[str, Any]]:
    """Give every signed statement and every broken glass, as they stand on record."""
    try:
        lines = approvals.read(incident).lines
    except FailbackError:
        return
    for line in lines:
        if line["kind"] == "break_glass":
            yield {
                "kind": "break_glass",
                "role": "",
                "by": str(line.get("by") or ""),
                "at": str(line["time"]),
                "until": "",
                "conditions": str(line.get("reason") or ""),
                "plan": str(line.get("plan") or ""),
            }
        if line["kind"] not in {"approval", "revocation"}:
            continue
        try:
            told = json.loads(line.get("statement") or "{}")
        except ValueError:
            told = {}
        yield {
            "kind": line["kind"],
            "role": str(told.get("role") or ""),
            "by": str(told.get("principal") or ""),
            "at": str(told.get("made_at") or line["time"]),
            "until": str(told.get("expires_at") or ""),
            "conditions": str(told.get("conditions") or ""),
            "plan": str(told.get("plan") or ""),
        }


def messages(incident: Path) -> Iterator[dict[str, Any]]:
    """Give every message with what became of it."""
    try:
        states = outbox.read(incident)
    except (OSError, ValueError, journal.JournalError):
        return
    for state in states:
        told = state.as_dict()
        message = told["message"]
        keys = ("key", "event", "audience", "language", "subject", "body", "facts", "urgency", "needs_answer", "to")
        yield (
            {key: message[key] for key in keys}
            | {"audience_title": audience(message["audience"])}
            | {key: value for key, value in told.items() if key != "message"}
        )


def lessons(incident: Path, said: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the lessons people listed, each with owner and date, and the notes they left where a list is asked for."""
    try:
        listed = listed_lessons.read(incident)
    except FailbackError as error:
        listed = ()
        yield {"text": str(error), "owner": "", "due": "", "item": "DOC-05", "by": "", "kind": "lesson", "done": ""}
    for one in listed:
        item = listed_lessons.ITEMS[one.kind]
        yield {"text": one.text, "owner": one.owner, "due": one.due, "item": item, "by": one.by, "kind": one.kind,
               "done": one.done}  # fmt: skip
    for word in said:
        if word["item"] in _LESSONS and word["kind"] == "confirm" and word["note"]:
            yield {"text": word["note"], "owner": "", "due": "", "item": word["item"], "by": word["by"],
                   "kind": "lesson", "done": ""}  # fmt: skip
