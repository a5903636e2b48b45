"""What a site names must be there: hosts, groups, containers, people, channels, its time zone. Pure but for the zones.

Values that wait for Ansible to fill them in are not judged.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from failback.environment import order
from failback.errors import ConfigError
from failback.people import catalogue

from rollback_runner.checklist import nearest
from rollback_runner.site.inventory import is_template
from rollback_runner.telling.routes import page_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollback_runner.site.inventory import Inventory

    Stranger = tuple[str, str, str]  # the group and the variable, and what is wrong with it

# Group, variable and key whose value is a host of another group.
_NAMES_A_HOST = (
    ("databases", "db_idc_host", "", "database_hosts"),
    ("service", "service_marker", "database", "databases"),
)
_ALL = "all"
_CONTAINERS = "service_containers"
_MOST = 20  # names that are told; more say nothing


def strangers(found: Inventory) -> Iterator[Stranger]:
    """Find every name that leads to nothing."""
    yield from _hosts(found)
    for entries in _each(found, _CONTAINERS):
        for problem in _containers(entries, found.groups):
            yield _ALL, _CONTAINERS, problem
    # What is of the whole site is the same on every host.
    shared = next(iter(found.hosts.values()))
    for variable, problem in _people(shared):
        yield _ALL, variable, problem
    zone = shared.get("site_timezone")
    if isinstance(zone, str) and not is_template(zone) and not _known_zone(zone):
        near = nearest(zone, sorted(available_timezones()))
        yield _ALL, "site_timezone", f"site_timezone is {zone!r}, which is no time zone this machine knows{near}"


def _hosts(found: Inventory) -> Iterator[Stranger]:
    for group, variable, key, wanted in _NAMES_A_HOST:
        known = found.groups.get(wanted, ())
        for host in found.groups.get(group, ()):
            value: Any = found.hosts[host].get(variable)
            if key:
                value = value.get(key) if isinstance(value, dict) else None
            full = f"{variable}.{key}" if key else variable
            for name in _unknown([value], known):
                near = _near(name, known)
                yield group, variable, f"{full} names {name}, which is no host of the group {wanted}{near}"


def _containers(entries: object, groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if _waits(entries, ("name", "needs", "restart", "at_once")):
        return
    some = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    names = [entry["name"] for entry in some if isinstance(entry.get("name"), str)]
    with_hosts = [group for group in groups if groups[group] and group != "ungrouped"]
    strange = []
    for number, entry in enumerate(some):
        for name in _unknown([entry.get("hosts")], with_hosts):
            near = _near(name, with_hosts)
            yield f"{_CONTAINERS}[{number}].hosts names {name}, which is no group with a host{near}"
        for name in _unknown(entry.get("needs"), names):
            strange.append(name)
            yield f"{_CONTAINERS}[{number}].needs names {name}, which is no entry of {_CONTAINERS}{_near(name, names)}"
    if not strange:
        try:
            order.services(entries)  # type: ignore[arg-type]  # it says what else is wrong with them
        except ConfigError as error:
            yield str(error)


def _people(shared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find persons, roles and channels that are named and not there: the variable, and the sentence."""
    people = list(_mapping(shared, "site_people"))
    channels = [str(entry.get("name")) for entry in _entries(shared, "site_channels")]
    page = page_name({"site_status_page": _mapping(shared, "site_status_page")})
    ways = [*channels, page] if page else channels
    for key, person in _mapping(shared, "site_people").items():
        yield from _no_channel(f"site_people.{key}.contact", _get(person, "contact"), channels)
    for role, held in _mapping(shared, "site_roles").items():
        for part in ("person", "deputy"):
            yield from _no_person(f"site_roles.{role}.{part}", [_get(held, part)], people)
    yield from _no_person("site_press.owner", [_mapping(shared, "site_press").get("owner")], people)
    for number, rung in enumerate(_entries(shared, "site_ladder")):
        for name in _unknown([rung.get("role")], catalogue.ROLES):
            near = _near(name, catalogue.ROLES)
            yield "site_ladder", f"site_ladder[{number}].role names {name}, which is no role{near}"
        yield from _no_channel(f"site_ladder[{number}].channel", [rung.get("channel")], channels)
    for audience, told in _mapping(shared, "site_audiences").items():
        yield from _no_channel(f"site_audiences.{audience}.channels", _get(told, "channels"), ways)
    for variable in ("site_partners", "site_report_recipients"):
        for number, entry in enumerate(_entries(shared, variable)):
            yield from _no_person(f"{variable}[{number}].person", [entry.get("person")], people)
            yield from _no_channel(f"{variable}[{number}].channels", entry.get("channels"), ways)


def _no_channel(full: str, values: object, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in _unknown(values, known):
        yield _variable(full), f"{full} names {name}, which is no channel of site_channels{_near(name, known)}"


def _no_person(full: str, values: object, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in _unknown(values, known):
        yield _variable(full), f"{full} names {name}, which is no person of site_people{_near(name, known)}"


def _unknown(values: object, known: Iterable[str]) -> Iterator[str]:
    """Pick the names that are not among those known. What is no name is for others to judge."""
    for value in values if isinstance(values, list) else ():
        if isinstance(value, str) and value and value not in known and not is_template(value):
            yield value


def _near(name: str, known: Iterable[str]) -> str:
    """Say which name may have been meant, or else which ones there are."""
    names = list(dict.fromkeys(known))
    if near := nearest(name, names):
        return near
    if not names:
        return " (there is none)"
    return f" (known are {', '.join(names)})" if len(names) <= _MOST else ""


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _each(found: Inventory, variable: str) -> Iterator[Any]:
    """Give each value that hosts have of a variable, once."""
    said = set()
    for variables in found.hosts.values():
        if variable in variables:
            shown = json.dumps(variables[variable], sort_keys=True, default=str)
            if shown not in said:
                said.add(shown)
                yield variables[variable]


def _waits(entries: object, keys: tuple[str, ...]) -> bool:
    """Tell whether these entries, or what they say under one of the keys, wait for Ansible to fill them in."""
    some = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    values = [entries, *(entry.get(key) for entry in some for key in keys)]
    return any(is_template(one) for value in values for one in (value if isinstance(value, list) else [value]))


def _mapping(variables: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = variables.get(name)
    return value if isinstance(value, dict) and not is_template(value) else {}


def _entries(variables: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = variables.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _variable(full: str) -> str:
    return full.partition(".")[0].partition("[")[0]
