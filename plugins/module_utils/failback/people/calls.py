"""Calling the team: who is due, what they are told, and how a call is put on record. Deciding is pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.people import channels, presence, words
from failback.people.presence import ITEM
from failback.people.table import human
from failback.people.words import Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.people.channels import Channel, Sent
    from failback.people.team import Role, Team
    from failback.people.words import Words

BY = "rollback-runner"


@dataclass(frozen=True)
class Call:
    """Somebody who is to be called now, for which roles, and why: first, or in place of whom."""

    person: str
    roles: tuple[str, ...]
    why: str = "first"


def due(team: Team, said: Words, *, now: float) -> tuple[Call, ...]:
    """Say who is to be called now: each role's person once, and the deputy when the person did not come in time.

    Nobody is called twice once a call went through; one that reached no channel is tried again. The deputy's turn
    comes when the person declined, could not be reached at all, or let the time pass that their call gave them.
    """
    wanted: dict[str, list[str]] = {}
    why: dict[str, str] = {}
    for role in team.called:
        first = presence.seen(said, role.person, role.name)
        if not first.called:
            wanted.setdefault(role.person, []).append(role.name)
            why.setdefault(role.person, "first")
        reason = presence.why_deputy(first, now)
        second = presence.seen(said, role.deputy, role.name)
        if reason and role.deputy not in {"", role.person} and not second.called and not second.came:
            wanted.setdefault(role.deputy, []).append(role.name)
            why.setdefault(role.deputy, f"{team.name(role.person)} {reason}")
    return tuple(Call(person, tuple(roles), why[person]) for person, roles in wanted.items() if person in team.people)


def next_turn(team: Team, said: Words, *, now: float) -> float:
    """Return the seconds until the next deputy's turn comes; infinite when none will."""
    left = [
        first.called + first.deadline - now
        for role in team.called
        if (first := presence.seen(said, role.person, role.name)).called
        and not first.came
        and role.deputy not in {"", role.person}
        and not presence.seen(said, role.deputy, role.name).called
    ]
    return max(0.0, min(left, default=float("inf")))


def uncovered(team: Team, said: Words, *, now: float) -> tuple[str, ...]:
    """Name the roles for which neither the person nor, where it is their turn, the deputy has acknowledged."""
    there = presence.came(said)
    return tuple(role.name for role in team.called if not there & set(counting(said, role, now=now)))


def counting(said: Words, role: Role, *, now: float) -> tuple[str, ...]:
    """Name those whose acknowledgement covers a role by now: the person, and the deputy once it is their turn."""
    if presence.why_deputy(presence.seen(said, role.person, role.name), now):
        return role.holders
    return (role.person,)


def make(
    team: Team, calls: Sequence[Call], ways: Mapping[str, Channel], site: Mapping[str, str], *, deadline: float
) -> list[tuple[Call, channels.Message]]:
    """Write the messages: one per person and channel of theirs."""
    made = []
    for call in calls:
        title, body = text(team, call, site, deadline)
        made += [
            (call, channels.Message(ways[name], title, body))
            for name in team.people[call.person].contact
            if name in ways
        ]
    return made


def text(team: Team, call: Call, site: Mapping[str, str], deadline: float) -> tuple[str, str]:
    """Write a call's title and body, in both languages; ``site`` holds name, en, ko and option (``-i ...`` or "")."""
    command = f"rollback-runner confirm {ITEM}{site.get('option', '')} --as {call.person}"
    roles = ", ".join(human(role) for role in call.roles)
    minutes = max(1, round(deadline / 60))
    title = f"[{site.get('name', '')}] {team.name(call.person)}: rollback from AWS, you are needed as {roles}"
    body = (
        f"{team.name(call.person)}, the service {site.get('en', '')} is being taken back to the IDC; you are {roles}.\n"
        f"Acknowledge within {minutes} min: {command}\n"
        f"Cannot come? {command} --decline --note WHY\n\n"
        f"{team.name(call.person, 'ko')} 님, {site.get('ko', '')} 서비스를 IDC로 되돌립니다. 담당 역할: {roles}.\n"
        f"{minutes}분 안에 응답해 주십시오: {command}\n"
        f"참여할 수 없으면: {command} --decline --note 사유"
    )
    return title, body


def keep(incident: Path, call: Call, sent: Sequence[Sent], deadline: float) -> Word:
    """Put a call on record with what became of it."""
    details: dict[str, Any] = {
        "to": call.person,
        "roles": list(call.roles),
        "why": call.why,
        "delivered": any(one.delivered for one in sent),
        "channels": [{"name": one.channel, "delivered": one.delivered, "error": one.error} for one in sent],
        "deadline_seconds": deadline,
    }
    return words.say(incident, Word("call", ITEM, BY, details=details))


def record(team: Team, said: Words) -> list[dict[str, Any]]:
    """Write who was called, by what, when, and when they acknowledged: the evidence of TEAM-01."""
    answers = said.each(ITEM, "acknowledge", "decline")
    rows = []
    for word in said.of(ITEM, "call"):
        to = str(word.details.get("to"))
        answer = answers.get(to)
        rows.append(
            {
                "who": team.name(to),
                "roles": word.details.get("roles", []),
                "why": word.details.get("why", ""),
                "called": word.at,
                "channels": word.details.get("channels", []),
                "acknowledged": answer.at if answer and answer.kind == "acknowledge" else "",
                "declined": answer.note if answer and answer.kind == "decline" else "",
            }
        )
    return rows
