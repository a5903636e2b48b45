"""The response team as the site names it, with the changes made in this incident. Pure but for the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.people import catalogue, presence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.findings import Severity
    from failback.people.words import Words


@dataclass(frozen=True)
class Person:
    """Somebody who can be called. ``contact`` names channels, the best first."""

    key: str
    names: Mapping[str, str]
    contact: tuple[str, ...] = ()


@dataclass(frozen=True)
class Role:
    """A part in the response, who has it and who steps in; "" where nobody is named."""

    name: str
    person: str = ""
    deputy: str = ""

    @property
    def holders(self) -> tuple[str, ...]:
        """The person and the deputy, as far as they are named."""
        return tuple(dict.fromkeys(key for key in (self.person, self.deputy) if key))


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: ``after`` seconds without an answer, ``role`` is told by ``channel``."""

    after: float
    role: str
    channel: str


@dataclass(frozen=True)
class Team:
    """People and roles; ``roles`` holds every known role, named or not, in their fixed order."""

    people: Mapping[str, Person]
    roles: Mapping[str, Role]
    critical: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """The roles somebody must hold here: an executive only where the system is critical."""
        last = (catalogue.EXECUTIVE,) if self.critical else ()
        return (*catalogue.RESPONSE, *catalogue.SIGNING, *last)

    @property
    def nobody(self) -> bool:
        """Whether the site names no one at all."""
        return not self.people and not any(role.holders for role in self.roles.values())

    @property
    def unnamed(self) -> Severity:
        """What it means that nobody is named: only a critical site must have a team."""
        return "warning" if self.nobody and not self.critical else "blocker"

    @property
    def called(self) -> tuple[Role, ...]:
        """The needed roles that somebody holds."""
        return tuple(self.roles[name] for name in self.needed if self.roles[name].person)

    def roles_of(self, person: str) -> tuple[str, ...]:
        """Name the roles a person holds, not those they are deputy for."""
        return tuple(role.name for role in self.roles.values() if role.person == person)

    def deputy_of(self, person: str) -> tuple[str, ...]:
        """Name the roles a person is deputy for."""
        return tuple(role.name for role in self.roles.values() if role.deputy == person)

    def named(self, text: str) -> str:
        """Find a person by key or name. Raises ConfigError with the nearest one when there is none."""
        wanted = text.strip().casefold()
        found = [
            person.key
            for person in self.people.values()
            if wanted in {person.key.casefold(), *(name.casefold() for name in person.names.values())}
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigError(f"{text!r} may be {', '.join(found)}: write one of these")
        if not self.people:
            raise ConfigError(f"there is no {text!r}: this site names nobody yet (site_people)")
        near = catalogue.nearest(text, self.people)
        raise ConfigError(f"site_people has no {text!r}{near}; known are {', '.join(self.people)}")

    def name(self, key: str, language: str = "en") -> str:
        """Return what a person is called in this language; the key of somebody unknown."""
        person = self.people.get(key)
        return person.names.get(language, key) if person else key


def of_site(people: Mapping[str, Any], roles: Mapping[str, Any], *, critical: bool, words: Words | None = None) -> Team:
    """Build the team from ``site_people`` and ``site_roles`` and what was assigned since."""
    known = {
        key: Person(key, dict(entry.get("name") or {"en": key, "ko": key}), tuple(entry.get("contact") or ()))
        for key, entry in people.items()
    }
    held = {}
    for name in (*catalogue.ROLES, *(name for name in roles if name not in catalogue.ROLES)):
        entry = roles.get(name) or {}
        held[name] = Role(name, str(entry.get("person") or ""), str(entry.get("deputy") or ""))
    for word in words.said if words is not None else ():
        if word.kind == "assign" and word.item in held:
            held[word.item] = _given(held[word.item], str(word.details.get("to", "")))
    return Team(known, held, critical)


def rungs(ladder: Sequence[Mapping[str, Any]]) -> tuple[Rung, ...]:
    """Read ``site_ladder``, the first rung first. Raises ConfigError for one without a time."""
    found = []
    for number, entry in enumerate(ladder, start=1):
        try:
            after = float(entry["after"])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"site_ladder: rung {number} does not say after how many seconds (after)") from error
        found.append(Rung(after, str(entry.get("role") or ""), str(entry.get("channel") or "")))
    return tuple(sorted(found, key=lambda rung: rung.after))


def owner(team: Team, words: Words, item: str) -> str:
    """Name the person who answers for an item: whom it was assigned to, else who holds the role it belongs to."""
    given = words.of(item, "assign")
    if given:
        return str(given[-1].details.get("to", ""))
    role = team.roles.get(catalogue.owner_role(item))
    return role.person if role else ""


def acting(team: Team, words: Words, now: float | None = None) -> dict[str, str]:
    """Say who acts in each needed role: the deputy once it is their turn and they came, else the person.

    ``now`` is in seconds since 1970, by default the clock's.
    """
    moment = time.time() if now is None else now
    here = presence.came(words)
    return {
        role.name: role.deputy
        if role.deputy in here and presence.why_deputy(presence.seen(words, role.person, role.name), moment)
        else role.person
        for role in team.called
    }


def listing(team: Team, keys: Iterable[str]) -> str:
    """Join names for a sentence."""
    return ", ".join(team.name(key) for key in keys)


def _given(role: Role, person: str) -> Role:
    """Hand a role over; a deputy who takes it leaves their place to the one before."""
    if person == role.deputy:
        return replace(role, person=person, deputy=role.person)
    return replace(role, person=person)
