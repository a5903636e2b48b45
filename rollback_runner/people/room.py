"""A site's people in its open incident: who has which role, what was said, and what is asked of whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.errors import ConfigError, FailbackError
from failback.people import contacts, judge, lessons, words
from failback.people import team as teams

from rollback_runner import checklist
from rollback_runner.errors import RefusedError, RunnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    from failback.people.catalogue import Ask
    from failback.people.team import Team
    from failback.people.words import Words

    from rollback_runner.site.site import Site

    _T = TypeVar("_T")


@dataclass(frozen=True)
class Room:
    """A site, its open incident, and what was said there so far."""

    site: Site
    incident: Path | None
    said: Words
    team: Team

    @property
    def option(self) -> str:
        """What stands after -i in commands; "" for the site that is taken without."""
        return "" if self.site.directory.parts[-2:] == ("inventories", "lab") else str(self.site.directory)

    def judged(self, ask: Ask) -> judge.Judgement:
        """Judge one item as the phase would."""
        return judge.judge(self._asked(ask))

    def command(self, ask: Ask, who: str = "") -> str:
        """Write the command that answers an item."""
        return judge.command(self._asked(ask), who)

    def _asked(self, ask: Ask) -> judge.Asked:
        given = shared(self.site)
        return judge.Asked(
            ask,
            self.team,
            self.said,
            plan=ours(lambda: words.plan_digest(self.incident)),
            site=self.option,
            contacts=contacts.emergency(
                self.team, teams.rungs(given.get("site_ladder") or ()), given.get("site_experts") or ()
            ),
            listed=ours(lambda: lessons.read(self.incident)),
        )


def enter(site: Site, home: Path, *, must_be_open: bool = True) -> Room:
    """Read a site's people and what they said. Raises `UsageError` when no incident is open and one must be."""
    place = incidents.current(home, site.name)
    if place is None and must_be_open:
        raise UsageError(
            f"No incident is open on {site.name}, so there is nothing to speak about.",
            next_step="rollback-runner phase prepare",
        )
    return room(site, place)


def room(site: Site, place: Path | None) -> Room:
    """Read what was said in an incident. Raises `RefusedError` when the file was changed by hand."""
    said = ours(lambda: words.read(place))
    given = shared(site)
    people, roles = given.get("site_people") or {}, given.get("site_roles") or {}
    return Room(site, place, said, teams.of_site(people, roles, critical=site.critical, words=said))


def proposals(place: Path | None) -> dict[str, list[dict[str, Any]]]:
    """Collect what was drawn from logs and metrics for people to choose from, by item."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, fact in (ours(lambda: incidents.facts(place)) if place is not None else {}).items():
        drawn = fact.get("proposals") if name.partition(".")[0] == "situation" and isinstance(fact, dict) else None
        for item, entries in (drawn or {}).items():
            found.setdefault(item, []).extend(entries)
    return found


def owned(where: Room, person: str) -> list[str]:
    """List the items a person answers for."""
    return [item.id for item in checklist.items() if teams.owner(where.team, where.said, item.id) == person]


def known_person(where: Room, name: str) -> str:
    """Find a person of the site by key or name. Raises `UsageError` with the nearest one."""
    return ours(lambda: where.team.named(name))


def shared(site: Site) -> Mapping[str, Any]:
    """Return the variables that every host of the site has."""
    return next(iter(site.variables.values()), {})


def ours(act: Callable[[], _T]) -> _T:
    """Turn the library's errors into those of the command: bad input is wrong usage, a record that broke is not."""
    try:
        return act()
    except RunnerError:
        raise
    except ConfigError as error:
        raise UsageError(_sentence(error)) from error
    except FailbackError as error:
        kind = RefusedError if error.refused else RunnerError
        raise kind(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    text = str(error)
    return text if text.endswith((".", ")")) else f"{text}."
