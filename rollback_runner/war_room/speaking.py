"""Puts a word from the war room on record: one's own, said once, about what was seen; the rest is judged as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.people import words

from rollback_runner.errors import RefusedError
from rollback_runner.people import mine, room, wishes
from rollback_runner.war_room import forms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from failback.people.words import Word

    from rollback_runner.site.site import Site
    from rollback_runner.war_room.sessions import Session


class NotYoursError(Exception):
    """The item is not this person's to answer, or the token may only look."""


class StaleError(Exception):
    """The form was sent before, or what it is about has changed; ``key`` names the text that says which."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def spoken(site: Site, home: Path, session: Session, given: Mapping[str, str], address: str) -> Word:
    """Judge a form and put its word on record. Raises the errors above, and `RunnerError` for a word that is wrong."""
    if not session.person:
        raise NotYoursError
    where = room.enter(site, home)
    ask = wishes.ask_of(given.get("item", ""), "answer")
    try:
        mine.must_be_theirs(where, ask, session.person)
    except RefusedError as error:
        raise NotYoursError(error.what) from error
    if not session.spend(given.get("form", ""), ask.item):
        raise StaleError("used_up")
    plan = words.plan_digest(where.incident) if ask.of_plan else ""
    if where.incident is None or (given.get("incident"), given.get("plan")) != (where.incident.name, plan):
        raise StaleError("plan_changed")
    seat = f"war room, token {session.held.id}, from {address}"
    return wishes.speak(where, forms.wish(session.person, ask.item, given.get("act", ""), given, seat))
