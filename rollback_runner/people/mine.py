"""Whose items are whose: what a person may answer by their own roles, and whether it is answered.

On the command line a name given with --as is a claim, and colleagues speak for each other there. Where a person is
known by a token this is the stricter rule: only the roles somebody holds, or is deputy for, and what was given to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.people import catalogue, judge
from failback.people import team as teams

from rollback_runner.errors import RefusedError

if TYPE_CHECKING:
    from failback.people.catalogue import Ask
    from failback.people.judge import Judgement
    from failback.people.words import Word

    from rollback_runner.people.room import Room


@dataclass(frozen=True)
class Mine:
    """One item a person may answer. ``wanted`` says whether their word is missing now, ``word`` is their last one."""

    ask: Ask
    judged: Judgement
    wanted: bool
    word: Word | None


def of_person(where: Room, person: str) -> list[Mine]:
    """List what a person may answer in the open incident, the items that wait for them first."""
    found = [_one(where, ask, person) for ask in catalogue.ASKS if may_answer(where, ask, person)]
    return sorted(found, key=lambda one: not one.wanted)


def may_answer(where: Room, ask: Ask, person: str) -> bool:
    """Tell whether an item is a person's to answer: given to them, or of a role they hold or are deputy for."""
    if person not in where.team.people or person not in judge.may_say(ask, where.team):
        return False
    if teams.owner(where.team, where.said, ask.item) == person:
        return True
    if ask.everyone:
        return any(person in role.holders for role in where.team.called)
    roles = ask.only or (ask.owner,)
    return any(person in where.team.roles[role].holders for role in roles if role in where.team.roles)


def must_be_theirs(where: Room, ask: Ask, person: str) -> None:
    """Refuse a word on an item that is not a person's to answer. Raises `RefusedError`, naming whose it is."""
    if may_answer(where, ask, person):
        return
    owner = teams.owner(where.team, where.said, ask.item)
    whose = where.team.name(owner) if owner else f"the {ask.owner.replace('_', ' ')}"
    raise RefusedError(
        f"{ask.item} is {whose}'s to answer; {person} neither holds that role nor is deputy for it.",
        next_step=f"rollback-runner assign {ask.item} --to {person}",
    )


def _one(where: Room, ask: Ask, person: str) -> Mine:
    judged = where.judged(ask)
    words = [word for word in where.said.of(ask.item) if word.by == person and word.kind != "assign"]
    return Mine(ask, judged, _wanted(where, ask, judged, person), words[-1] if words else None)


def _wanted(where: Room, ask: Ask, judged: Judgement, person: str) -> bool:
    if not judged.waiting:
        return False
    if judged.missing and ask.everyone:
        return any(person in one.who for one in judged.missing)
    acting = teams.acting(where.team, where.said)
    owner = teams.owner(where.team, where.said, ask.item)
    roles = ask.only or (ask.owner,)
    return person == owner or any(acting.get(role) == person for role in roles)
