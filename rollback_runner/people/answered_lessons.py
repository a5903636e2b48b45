"""The lessons in an answers file: judged like its other entries, and listed when their phase comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.people import catalogue, lessons
from failback.people.lessons import Lesson

from rollback_runner import checklist
from rollback_runner.people import room as people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rollback_runner.people.room import Room
    from rollback_runner.site.site import Site

_KEYS = ("by", "text", "owner", "due", "kind")


def of_entries(entries: Iterable[Mapping[str, Any]]) -> tuple[Lesson, ...]:
    """Read entries that were judged before; people and dates are still as somebody wrote them."""
    return tuple(
        Lesson(
            "",
            entry.get("kind", "lesson"),
            str(entry["text"]),
            str(entry["owner"]),
            str(entry["due"]),
            str(entry["by"]),
        )
        for entry in entries
    )


def apply(found: Iterable[Lesson], site: Site, incident: Path, phase: str) -> None:
    """List those of a phase; one that is listed word for word is not listed again. Raises `UsageError`."""
    for lesson in found:
        ask = catalogue.of(lessons.ITEMS[lesson.kind])
        if ask is not None and ask.phase == phase:
            _list(people.room(site, incident), incident, lesson)


def problems(entries: Iterable[Any]) -> Iterator[str]:
    """Say what is wrong, one sentence a problem."""
    for entry in entries:
        if not isinstance(entry, dict):
            yield "lessons must be a list of lessons, such as {by: kim, text: ..., owner: lee, due: now+14d}."
            continue
        for name in entry:
            if name not in _KEYS:
                yield f"lessons: {name} is not known{checklist.nearest(str(name), list(_KEYS))}."
        for name in ("by", "text", "owner", "due"):
            if not str(entry.get(name) or "").strip():
                yield f"lessons: a lesson has no {name}."
        kind = str(entry.get("kind", "lesson"))
        if kind not in lessons.KINDS:
            near = checklist.nearest(kind, list(lessons.KINDS))
            yield f"lessons: {kind} is no kind of lesson{near}; they are {', '.join(lessons.KINDS)}."
        try:
            lessons.day(str(entry.get("due") or "now+1d"))
        except ConfigError as error:
            yield f"lessons: {error}."


def _list(where: Room, incident: Path, lesson: Lesson) -> None:
    owner, by = (people.known_person(where, name) for name in (lesson.owner, lesson.by))
    people.ours(lambda: lessons.add(incident, replace(lesson, owner=owner, by=by, due=lessons.day(lesson.due))))
