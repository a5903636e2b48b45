"""Which parts a site has: a service with its two homes, applications, or both; and the schema that fits.

A site that names applications only (group `deployments`) lacks what taking a service back needs, and that is no fault.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from rollback_runner.checklist import nearest
from rollback_runner.content import PACKAGE
from rollback_runner.site.inventory import is_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APPLICATIONS = "deployments"  # the group; each host is one application
WAY = "deployment"  # the way such a site takes: it has no strategy of its own
_NAMES_A_GROUP = ("compose_hosts", "compose_load_balancers")


@cache
def schema() -> dict[str, Any]:
    """Read the schema of a site's variables, by inventory group."""
    text = (PACKAGE / "schema" / "site.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def without_service() -> dict[str, Any]:
    """Return the schema for a site of applications alone: what only a service needs may be missing."""
    spared = set(schema()["x-service"]["variables"])
    fitting = {
        group: {**part, "required": [name for name in part["required"] if name not in spared]}
        for group, part in schema()["properties"].items()
    }
    return {**schema(), "properties": fitting}


def has_service(groups: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether there is a service to take back: a host in any group that only such a site has."""
    return any(groups.get(group) for group in schema()["x-service"]["begins_with"])


def needed(groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Name the groups that must have a host."""
    wanted = has_service(groups) or not groups.get(APPLICATIONS)
    return tuple(schema()["x-service"]["groups"]) if wanted else ()


def nowhere(groups: Mapping[str, tuple[str, ...]], hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Find applications that name a group without hosts: the variable, and what is wrong with it."""
    for application in groups.get(APPLICATIONS, ()):
        for variable in _NAMES_A_GROUP:
            group = hosts[application].get(variable)
            if isinstance(group, str) and not is_template(group) and not groups.get(group):
                near = nearest(group, sorted(groups))
                yield variable, f"{application}: {variable} is {group}, and that group has no host{near}"
