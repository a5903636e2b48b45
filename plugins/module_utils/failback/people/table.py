"""Whether the table of roles and the ladder would reach somebody. Pure: what the site says in, findings out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from failback.findings import Finding
from failback.people import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.findings import Severity
    from failback.people.team import Role, Rung, Team

_HUMAN = {"technical_lead": "technical lead", "operations_manager": "operations manager"}
# Whoever has a role that is called after what it is about.
_HOLDERS = {
    **_HUMAN,
    "database": "database lead",
    "network": "network lead",
    "application": "application lead",
    "communication": "communication lead",
}


def human(role: str) -> str:
    """Write a role as people do."""
    return _HUMAN.get(role, role.replace("_", " "))


def holder(role: str) -> str:
    """Write whoever has a role as people do."""
    return _HOLDERS.get(role, role.replace("_", " "))


def roles(team: Team, channels: Sequence[str]) -> Iterator[Finding]:
    """Find every role without a name or deputy, and everybody who could not be reached."""
    for name in team.needed:
        yield from _role(team, team.roles[name])
    for name in team.roles:
        if name not in catalogue.ROLES:
            near = catalogue.nearest(name, catalogue.ROLES)
            yield Finding(
                "warning", f"role:{name}:unknown", f"site_roles: {name} is no role{near}", "correct site_roles"
            )
    for key in dict.fromkeys(key for name in team.needed for key in team.roles[name].holders):
        yield from _person(team, key, channels)


def _role(team: Team, role: Role) -> Iterator[Finding]:
    what = holder(role.name)
    if not role.person:
        yield Finding(
            team.unnamed,
            f"role:{role.name}:person",
            f"no one is named as {what}",
            f"set site_roles.{role.name}.person, or for this incident: rollback-runner assign {role.name} --to NAME",
        )
        return
    # Who signs is looked at again by the approvals; who answers the incident must not be one person deep.
    severity: Severity = "blocker" if role.name in catalogue.RESPONSE else "warning"
    if not role.deputy:
        said = f"{team.name(role.person)} has no deputy as {what}"
        yield Finding(severity, f"role:{role.name}:deputy", said, f"set site_roles.{role.name}.deputy")
    elif role.deputy == role.person:
        said = f"{team.name(role.person)} is deputy to themselves as {what}"
        yield Finding(
            severity, f"role:{role.name}:deputy", said, f"name somebody else in site_roles.{role.name}.deputy"
        )


def _person(team: Team, key: str, channels: Sequence[str]) -> Iterator[Finding]:
    person = team.people.get(key)
    if person is None:
        near = catalogue.nearest(key, team.people)
        yield Finding(
            "blocker", f"person:{key}:unknown", f"site_roles names {key}, whom site_people does not know{near}",
            f"add site_people.{key}, with name and contact",
        )  # fmt: skip
        return
    if not person.contact:
        yield Finding(
            "blocker", f"person:{key}:contact", f"{team.name(key)} can be reached by no channel",
            f"set site_people.{key}.contact",
        )  # fmt: skip
    for name in person.contact:
        if name not in channels:
            near = catalogue.nearest(name, channels)
            yield Finding(
                "blocker",
                f"person:{key}:channel:{name}",
                f"{team.name(key)} is reached by {name}, which is no channel{near}",
                f"correct site_people.{key}.contact, or add the channel to site_channels",
            )


def ladder(team: Team, rungs: Sequence[Rung], channels: Sequence[str], dead: Mapping[str, str]) -> Iterator[Finding]:
    """Find every rung that reaches nobody. ``dead`` holds channels whose canary did not arrive, with the reason."""
    if not rungs:
        yield Finding(
            team.unnamed, "ladder:none", "nobody is named to escalate to",
            "set site_ladder, such as [{after: 300, role: commander, channel: phone}]",
        )  # fmt: skip
    for number, rung in enumerate(rungs, start=1):
        yield from _rung(team, number, rung, channels, dead)
    for number, (one, two) in enumerate(pairwise(rungs), start=2):
        if (one.after, one.role, one.channel) == (two.after, two.role, two.channel):
            yield Finding(
                "warning", f"ladder:{number}:twice", f"rung {number} repeats the one before", "correct site_ladder"
            )


def read_back(team: Team, rungs: Sequence[Rung]) -> list[dict[str, object]]:
    """Write the ladder out as it would be climbed."""
    return [
        {
            "after_seconds": rung.after,
            "role": rung.role,
            "who": [team.name(key) for key in (team.roles[rung.role].holders if rung.role in team.roles else ())],
            "channel": rung.channel,
        }
        for rung in rungs
    ]


def _rung(team: Team, number: int, rung: Rung, channels: Sequence[str], dead: Mapping[str, str]) -> Iterator[Finding]:
    where = f"rung {number} of the ladder (after {rung.after:g} s)"
    role = team.roles.get(rung.role)
    if role is None or rung.role not in catalogue.ROLES:
        near = catalogue.nearest(rung.role, catalogue.ROLES)
        said = f"{where} names {rung.role or 'no role'}, which is no role{near}"
        yield Finding("blocker", f"ladder:{number}:role", said, "correct site_ladder")
    elif not role.person or not any(key in team.people for key in role.holders):
        said = f"{where} reaches nobody: no one is named as {holder(rung.role)}"
        yield Finding("blocker", f"ladder:{number}:person", said, f"set site_roles.{rung.role}.person")
    if rung.channel not in channels:
        near = catalogue.nearest(rung.channel, channels)
        said = f"{where} goes by {rung.channel or 'no channel'}, which is no channel{near}"
        yield Finding("blocker", f"ladder:{number}:channel", said, "correct site_ladder or site_channels")
    elif rung.channel in dead:
        said = f"{where} goes by {rung.channel}, which carries no message: {dead[rung.channel]}"
        yield Finding(
            "blocker", f"ladder:{number}:dead", said, f"repair {rung.channel}, or let site_ladder use another"
        )


def stranded(team: Team, dead: Mapping[str, str]) -> tuple[str, ...]:
    """Name those of the team whom no working channel reaches."""
    keys = dict.fromkeys(key for role in team.called for key in role.holders)
    return tuple(
        key for key in keys if (person := team.people.get(key)) and person.contact and set(person.contact) <= set(dead)
    )
