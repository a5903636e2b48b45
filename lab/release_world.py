"""Which release each door of the releases lab serves, asked from outside by plain HTTP: no code of the product."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from lab.ready import NO_ANSWER
from lab.releases import builds, lifecycle, mysql, repository
from lab.releases.applications import BAD, GOOD, SHOP, WINDOW
from lab.releases.topology import DOMAIN, EDGE, EDGE_DOMAINS, LB, PORT, WEB

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.releases.topology import Paths

_SECONDS = 3.0
_PATH = "/__build"
_SILENT = "no answer"
_MEANT = {"shop-web": SHOP, "shop-edge": WINDOW}


def state(paths: Paths, application: str) -> dict[str, Any]:
    """Draw what decides which release serves: the build at each door, and the columns and rows of its orders."""
    commits = repository.commits(paths, _MEANT[application])
    names = {builds.build_id(commit): release for release, commit in commits.items()}
    schema = _MEANT[application].schema
    columns = (
        "SELECT column_name FROM information_schema.columns"
        f" WHERE table_schema = '{schema}' AND table_name = 'orders' ORDER BY column_name;"
    )
    return {
        "doors": {door: names.get(build := _build(ask), build) for door, ask in _doors(paths, application).items()},
        "columns": mysql.sql(columns).split(),
        "migrations": mysql.sql(f"SELECT COUNT(*) FROM {schema}.__drizzle_migrations;").strip(),
    }


def problems(observed: dict[str, Any], serving: str) -> list[str]:
    """Say which door does not serve the release ("good" or "bad"); empty when all do."""
    wanted = {"good": GOOD, "bad": BAD}[serving]
    return [f"{door} serves {found}, not {wanted}" for door, found in observed["doors"].items() if found != wanted]


def _doors(paths: Paths, application: str) -> dict[str, Callable[[], str]]:
    if application == "shop-edge":
        return {name: lambda name=name: lifecycle.door(paths, EDGE.address, name, _PATH) for name in EDGE_DOMAINS}  # type: ignore[misc]
    found: dict[str, Callable[[], str]] = {DOMAIN: lambda: lifecycle.door(paths, LB.address, DOMAIN, _PATH)}
    return found | {host.name: lambda url=f"http://{host.address}:{PORT}{_PATH}": _plain(url) for host in WEB}


def _build(ask: Callable[[], str]) -> str:
    try:
        return str(json.loads(ask())["build"])
    except (*NO_ANSWER, ValueError, KeyError):
        return _SILENT


def _plain(url: str) -> str:
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - one of ours
        return str(answer.read().decode(errors="replace"))
