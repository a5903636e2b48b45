"""What the answers of an application prove: which build gave them, and whether it works. Pure: replies in, words out.

Where an answer carries the id of its build is said by the site: ``{path: /__build, field: $.build}`` or
``{path: /, header: x-build}``. An answer without it proves nothing and counts as a problem.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.journeys import expect, paths
from failback.journeys.client import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.http import Reply

_CHECK = frozenset({"path", "status", "contains", "json", "seconds", "database"})


@dataclass(frozen=True)
class BuildPlace:
    """Where an answer says which build gave it: ``path`` is asked, then the ``field`` of its JSON or its ``header``."""

    path: str
    field: str = ""
    header: str = ""


@dataclass(frozen=True)
class Check:
    """One request of the smoke test. ``database``: it needs the database, so it must wait for a reversal."""

    path: str
    expected: Mapping[str, Any]
    database: bool = False


def build_place(data: Mapping[str, Any]) -> BuildPlace:
    """Read ``deployment_build``. Raises ConfigError."""
    field, header = str(data.get("field") or ""), str(data.get("header") or "")
    if bool(field) == bool(header):
        raise ConfigError("deployment_build needs either field (a path such as $.build) or header (a name)")
    if field:
        paths.parts(field, "deployment_build.field")
    return BuildPlace(str(data.get("path") or "/"), field, header)


def checks(data: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    """Read ``deployment_smoke``. Raises ConfigError naming the entry."""
    found = []
    for number, entry in enumerate(data, start=1):
        where = f"deployment_smoke, entry {number}"
        if unknown := sorted(set(map(str, entry)) - _CHECK):
            raise ConfigError(f"{where}: {', '.join(unknown)} is not known; known: {', '.join(sorted(_CHECK))}")
        path = str(entry.get("path") or "")
        if not path.startswith("/"):
            raise ConfigError(f"{where}: path must begin with /")
        expected: dict[str, Any] = {"status": entry.get("status", 200)}
        if entry.get("contains"):
            expected["text"] = {"contains": str(entry["contains"])}
        expected |= {key: entry[key] for key in ("json", "seconds") if entry.get(key)}
        expect.check_words(expected, where)
        found.append(Check(path, expected, bool(entry.get("database"))))
    return tuple(found)


def build_of(reply: Reply, place: BuildPlace) -> str:
    """Give the build that an answer names; "" when it names none."""
    if reply.error:
        return ""
    if place.header:
        return reply.headers.get(place.header.lower(), "").strip()
    try:
        value = paths.look_up(json.loads(reply.text), place.field)
    except (ValueError, paths.NotThereError):
        return ""
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def served_problem(where: str, reply: Reply, place: BuildPlace, wanted: str, faulty: str = "") -> str:
    """Say why an answer does not prove that the wanted build serves; "" when it does."""
    told = f"{where} {reply.path}"
    if reply.error:
        return f"{told}: {reply.error}"
    if reply.from_cache:
        return f"{told} answers from a cache ({reply.from_cache}), which says nothing about who serves"
    seen = build_of(reply, place)
    if not seen:
        what = f"header {place.header}" if place.header else place.field
        return f"{told} answers {reply.status} and does not say which build it is ({what})"
    if seen == wanted:
        return ""
    if faulty and seen == faulty:
        return f"{told} is still served by the faulty build {seen}"
    return f"{told} is served by build {seen}, not by {wanted}"


def check_problems(where: str, reply: Reply, check: Check) -> list[str]:
    """Say what is wrong with an answer to a request of the smoke test."""
    answer = Answer(reply.status, reply.seconds, reply.text, tuple(reply.headers.items()), reply.error)
    return [f"{where} {check.path}: {problem}" for problem in expect.problems(answer, check.expected)]
