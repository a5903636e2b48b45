"""Examines the applications of a site: is each within reach, with the accounts that are named. Reads only."""

from __future__ import annotations

import socket
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Any

from failback.deployment import answers
from failback.deployment.open import PREFIXES, open_provider
from failback.errors import FailbackError
from failback.http import Door, ask
from failback.mysql import Login, Server

from rollback_runner.site import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rollback_runner.site.site import Site

    Check = tuple[str, Callable[[], str]]

_PATIENCE = 5  # seconds for one answer
_MYSQL = "mysql"


def hosts_of(site: Site) -> tuple[str, ...]:
    """Name the groups whose hosts run an application."""
    named = (site.variables[one].get("compose_hosts") for one in site.hosts(parts.APPLICATIONS))
    return tuple(dict.fromkeys(group for group in named if isinstance(group, str)))


def checks(site: Site) -> Iterator[Check]:
    """List what is looked at, per application."""
    for name in site.hosts(parts.APPLICATIONS):
        said = site.variables[name]
        # What a provider of our own hosts can tell needs Ansible's connections; its hosts are looked at one by one.
        if said.get("deployment_provider") == "vercel":
            yield f"Vercel project of {name}", partial(_provider, said, name)
        for domain in said.get("deployment_domains") or ():
            host = domain.get("host_header") or domain["url"]
            yield f"{host} of {name}", partial(_domain, domain, said["deployment_build"])
        if said.get("deployment_source"):
            yield f"repository of {name}", partial(_repository, said["deployment_source"]["repository"])
        database = said.get("deployment_database")
        if database:
            dialect = (said.get("deployment_migrations") or {}).get("dialect", _MYSQL)
            yield f"database of {name}", partial(_database, database, dialect)


def _provider(said: Mapping[str, Any], name: str) -> str:
    known = {key: value for key, value in said.items() if key.startswith(PREFIXES)}
    found = open_provider({**known, "app": name, "hostvars": {}, "groups": {}}).project()
    held = {True: "new pushes serve by themselves", False: "new pushes are held back", None: "pushes: unknown"}
    return (
        f"{found.name}: {found.live or 'nothing'} serves {', '.join(found.domains) or '-'}; {held[found.auto_assign]}"
    )


def _domain(domain: Mapping[str, Any], build: Mapping[str, Any]) -> str:
    place = answers.build_place(build)
    reply = ask(Door.from_dict(domain), place.path, timeout=_PATIENCE, unique=True)
    if reply.error:
        raise FailbackError(reply.error)
    seen = answers.build_of(reply, place)
    if not seen:
        raise FailbackError(
            f"{place.path} answers {reply.status} and does not say which build it is (deployment_build)"
        )
    return f"build {seen} answers, in {reply.seconds:.2f} s"


def _repository(path: str) -> str:
    argv = ["git", "-C", path, "rev-list", "--count", "--all"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode != 0:
        raise FailbackError(f"{path} is no repository that can be read: {' '.join(done.stderr.split())}")
    return f"{path} holds {done.stdout.strip()} commits"


def _database(server: Mapping[str, Any], dialect: str) -> str:
    if dialect != _MYSQL:
        with socket.create_connection((server["host"], int(server["port"])), timeout=_PATIENCE):
            return f"{server['host']}:{server['port']} takes connections; the look logs in ({dialect})"
    name = "deployment_database"
    login = Login.from_dict(server, name)
    look = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s"
    with Server.connect(login, name=name, connect_timeout=_PATIENCE, read_timeout=_PATIENCE) as there:
        version, uuid = there.text("SELECT @@version"), there.text("SELECT @@server_uuid")
        tables = there.number(look, (server["schema"],))
    if login.server_uuid and uuid != login.server_uuid:
        raise FailbackError(f"this server is {uuid}, the site means {login.server_uuid}: it is the wrong one")
    if not tables:
        raise FailbackError(f"{login.user} sees no table of {server['schema']}: wrong name, or no privilege")
    return f"version {version}, {tables} tables of {server['schema']}"
