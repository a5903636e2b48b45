"""The people of the incident for the board: whose word is missing, who has which role, what was stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.approval import policy
from failback.people import catalogue, words
from failback.people import team as teams

from rollback_runner.errors import RunnerError
from rollback_runner.people import approvals, room
from rollback_runner.war_room.board import Attached, Seat, Trouble, Wait
from rollback_runner.war_room.runs import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rollback_runner.people.room import Room
    from rollback_runner.site.site import Site


# Once one of these has begun the gate has judged the signatures; who looks now could only see them expired.
_AFTER = frozenset({"emergency", "full", "complete", "watch"})


@dataclass(frozen=True)
class Team:
    """What is known of the people at one moment."""

    waits: tuple[Wait, ...] = ()
    seats: tuple[Seat, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    cause: str = ""
    severity: str = ""
    failed: float = 0.0
    plan: str = ""
    attached: tuple[Attached, ...] = ()


def read(site: Site, home: Path, incident: Path, reached: frozenset[str]) -> Team:
    """Read what people said and what is asked of them in the phases reached. Raises `RunnerError` as `room` does."""
    where = room.room(site, incident)
    cause, moment, effect = (where.said.standing(item) for item in ("SIT-01", "SIT-02", "SIT-05"))
    stated: Mapping[str, Any] = cause.details if cause else {}
    when: Mapping[str, Any] = (moment.details.get("moment") or {}) if moment else {}
    return Team(
        waits=(*_waits(where, reached), *_signatures(site, home, reached)),
        seats=tuple(_seats(where)),
        troubles=tuple(_declined(where, reached)),
        cause=str(stated.get("statement") or ""),
        severity=str(effect.details.get("severity") or "") if effect else "",
        failed=seconds(str(when.get("utc") or "")),
        plan=words.plan_digest(incident),
        attached=tuple(
            Attached(word.item, word.by, word.attachment["name"], word.attachment["file"])
            for word in where.said.said
            if word.attachment
        ),
    )


def names(site: Site) -> dict[str, dict[str, str]]:
    """Return what each person of the site is called, by language."""
    people = room.shared(site).get("site_people") or {}
    return {key: dict((entry or {}).get("name") or {"en": key, "ko": key}) for key, entry in people.items()}


def _waits(where: Room, reached: frozenset[str]) -> Iterator[Wait]:
    for ask in catalogue.ASKS:
        if ask.phase not in reached or (ask.of_plan and not words.plan_digest(where.incident)):
            continue
        judged = where.judged(ask)
        for one in judged.missing:
            yield Wait(ask.item, one.who, one.roles)
        if judged.waiting and not judged.missing:
            yield Wait(ask.item, tuple(filter(None, [teams.owner(where.team, where.said, ask.item)])), (ask.owner,))


def _signatures(site: Site, home: Path, reached: frozenset[str]) -> Iterator[Wait]:
    """Say whose signature is missing, once there is a plan to sign."""
    if "approve" not in reached or reached & _AFTER:
        return
    try:
        found = approvals.standing(site, home)
    except RunnerError:  # no approvals are asked for here, or there is no plan yet
        return
    if not found.seen.plan.digest or found.judged.good:
        return
    given = {one.role for one in found.judged.granted}
    signers = (room.shared(site).get("site_approvals") or {}).get("roles") or {}
    for role in found.policy.required:
        if role not in given:
            yield Wait(policy.ITEMS[role], tuple(signers.get(role) or ()), (role,), signature=True)


def _seats(where: Room) -> Iterator[Seat]:
    answers = where.said.each("TEAM-01", "acknowledge", "decline")
    acting = teams.acting(where.team, where.said)
    called = {str(word.details.get("to")) for word in where.said.of("TEAM-01", "call") if word.details.get("delivered")}
    for name in where.team.needed:
        role = where.team.roles[name]
        acts = acting.get(name, "")
        word = answers.get(acts)
        yield Seat(name, role.person, role.deputy, acts, word.kind if word else "called" if acts in called else "")


def _declined(where: Room, reached: frozenset[str]) -> Iterator[Trouble]:
    for ask in catalogue.ASKS:
        if ask.phase not in reached:
            continue
        for finding in where.judged(ask).findings:
            if finding.key.startswith(("declined:", "waived:")):
                kind = "waived" if finding.key.startswith("waived:") else "declined"
                level = "grave" if finding.severity == "blocker" else "warn"
                said = where.said.of(ask.item)
                at = seconds(said[-1].at) if said else 0.0
                yield Trouble(level, kind, at, ask.item, text=finding.sentence)  # type: ignore[arg-type]
