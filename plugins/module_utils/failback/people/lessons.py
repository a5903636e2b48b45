"""What people learned from an incident: ``lessons.jsonl``, a journal whose lines hold together like those of words.

A lesson has an owner and a date, or it is a wish. It is never changed: a later line closes it (``close``), gives it to
somebody else or another date (``move``). Nothing here decides whether a lesson is a good one.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from failback import journal
from failback.errors import ConfigError, FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "lessons.jsonl"
LONGEST = 2000  # characters of a lesson's text: longer is a document, which can be attached to a word
Kind = Literal["lesson", "process", "plan", "scenario", "monitoring"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# The item whose list each kind fills.
ITEMS: Mapping[Kind, str] = {
    "lesson": "DOC-05",
    "process": "FOLLOW-05",
    "plan": "REMIG-02",
    "scenario": "REMIG-03",
    "monitoring": "REMIG-04",
}


@dataclass(frozen=True)
class Lesson:
    """One thing to do better. ``id`` is L1, L2, ... in the order they were listed.

    ``owner`` and ``by`` are keys of site_people, ``due`` a date (2026-12-01), ``at`` a moment in UTC. ``rests_on``
    names what of the record it came from, "" when somebody just knew it. ``done`` says when and by whom it was closed.
    """

    id: str
    kind: Kind
    text: str
    owner: str
    due: str
    by: str
    at: str = ""
    rests_on: str = ""
    done: str = ""
    outcome: str = ""

    def shown(self) -> dict[str, str]:
        """Return it as evidence; empty parts are left out."""
        return {key: str(value) for key, value in asdict(self).items() if value}


def read(incident: Path | None) -> tuple[Lesson, ...]:
    """Read all lessons as they stand. Raises RefusedError when the file was changed by hand, naming the first line."""
    if incident is None or not (incident / FILE).exists():
        return ()
    path = incident / FILE
    try:
        problems, lines = journal.verify(path), journal.read(path)
    except journal.JournalError as error:
        raise FailbackError(str(error)) from error
    if problems:
        raise RefusedError(f"{path} is not what people listed: {problems[0]}. Put the file back from a copy")
    found: dict[str, Lesson] = {}
    for line in lines:
        name = str(line.get("id", ""))
        if line["kind"] == "lesson":
            found[name] = _lesson(line)
        elif line["kind"] == "close" and name in found:
            done = f"{line.get('at') or line['time']} {line.get('by', '')}".strip()
            found[name] = replace(found[name], done=done, outcome=str(line.get("outcome") or ""))
        elif line["kind"] == "move" and name in found:
            owner, due = str(line.get("owner") or found[name].owner), str(line.get("due") or found[name].due)
            found[name] = replace(found[name], owner=owner, due=due)
    return tuple(found.values())


def of_kind(lessons: tuple[Lesson, ...], kind: str) -> tuple[Lesson, ...]:
    """Return those of one kind."""
    return tuple(one for one in lessons if one.kind == kind)


def add(incident: Path, lesson: Lesson) -> Lesson:
    """List a lesson; its id is given here. One that is listed word for word already is returned as it stands.

    Raises ConfigError for a text that says nothing or says too much, FailbackError when it cannot be written.
    """
    text = " ".join(lesson.text.split())
    if not text or len(text) > LONGEST:
        raise ConfigError(f"a lesson has 1 to {LONGEST} characters, not {len(text)}")
    with _alone(incident):
        known = read(incident)
        same = next((one for one in known if (one.kind, one.text) == (lesson.kind, text)), None)
        if same is not None:
            return same
        made = replace(lesson, id=f"L{len(known) + 1}", text=text, at=lesson.at or _now())
        _write(incident, "lesson", _fields(made))
    return made


def close(incident: Path, name: str, *, by: str, outcome: str) -> Lesson:
    """Say that a lesson was carried out, and how. Raises ConfigError for one that is unknown or closed already."""
    with _alone(incident):
        found = _known(incident, name)
        if found.done:
            raise ConfigError(f"{found.id} was closed before ({found.done})")
        _write(incident, "close", {"id": found.id, "by": by, "outcome": outcome, "at": _now()})
        return _known(incident, name)


def move(incident: Path, name: str, *, by: str, owner: str = "", due: str = "") -> Lesson:
    """Give a lesson to somebody else, or another date. Raises ConfigError for one that is unknown."""
    with _alone(incident):
        found = _known(incident, name)
        _write(incident, "move", {"id": found.id, "by": by, "owner": owner, "due": due, "at": _now()})
        return _known(incident, name)


def day(text: str, today: date | None = None) -> str:
    """Read a date: 2026-12-01, or ``now+14d``. Raises ConfigError for anything else, and for a day that is over."""
    here = today or datetime.now(UTC).date()
    wanted = text.strip()
    try:
        if wanted.startswith("now+") and wanted.endswith("d"):
            found = here + timedelta(days=int(wanted[4:-1]))
        else:
            found = date.fromisoformat(wanted)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{text!r} is no date: write 2026-12-01 or now+14d") from error
    if found < here - timedelta(days=1):  # it may still be yesterday somewhere
        raise ConfigError(f"{found.isoformat()} is over: a lesson needs a day by which it will be done")
    return found.isoformat()


def _known(incident: Path, name: str) -> Lesson:
    known = {one.id: one for one in read(incident)}
    if name.upper() not in known:
        raise ConfigError(f"there is no lesson {name}; known are {', '.join(known) or 'none yet'}")
    return known[name.upper()]


def _lesson(line: Mapping[str, Any]) -> Lesson:
    kind = str(line.get("what", ""))
    return Lesson(
        id=str(line.get("id", "")),
        kind=kind if kind in KINDS else "lesson",
        text=str(line.get("text", "")),
        owner=str(line.get("owner", "")),
        due=str(line.get("due", "")),
        by=str(line.get("by", "")),
        at=str(line.get("at") or line.get("time") or ""),
        rests_on=str(line.get("rests_on") or ""),
    )


def _fields(lesson: Lesson) -> dict[str, str]:
    kept = {key: str(value) for key, value in asdict(lesson).items() if key not in {"kind", "done", "outcome"}}
    return kept | {"what": lesson.kind, "item": ITEMS[lesson.kind]}


def _write(incident: Path, kind: str, fields: Mapping[str, object]) -> None:
    try:
        journal.append(incident / FILE, kind, **fields)
    except journal.JournalError as error:
        raise FailbackError(f"the lesson could not be put on record: {error}") from error


@contextmanager
def _alone(incident: Path) -> Iterator[None]:
    """Let one at a time give out numbers."""
    try:
        descriptor = os.open(incident / f".{FILE}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FailbackError(f"the lesson could not be put on record in {incident}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
