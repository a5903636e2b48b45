"""The verbs of the releases lab: up, reset, status, down."""

from __future__ import annotations

import fcntl
import json
import shutil
import ssl
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab import engine, images
from lab.errors import LabError
from lab.files import write
from lab.progress import step
from lab.ready import wait_for
from lab.releases import builds, containers, deploy, identity, mysql, parts, recipes, repository, window_state
from lab.releases.applications import BAD, BOTH, SHOP, WINDOW
from lab.releases.topology import CLIENT, DOMAIN, EDGE, EDGE_DOMAINS, HOSTS, LB, PORT, WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.releases.topology import Paths

ANSWER_SECONDS = 60.0
PROBE_SECONDS = 3.0


@contextmanager
def alone(paths: Paths) -> Iterator[None]:
    """Hold this lab's lock. Raises LabError when another holds it."""
    paths.root.mkdir(parents=True, exist_ok=True)
    with (paths.root / "lab.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LabError("Another command of the releases lab is at work here. Wait until it has ended.") from error
        yield


def up(paths: Paths) -> None:
    """Build what is missing and start it; then the state every drill starts from."""
    with alone(paths), step("Releases lab up", announce=True):
        _to_start(paths)


def reset(paths: Paths) -> None:
    """Bring back the state every drill starts from: the third release live and bad. Raises LabError if never up."""
    if not (paths.root / "images.json").exists():
        raise LabError("There is no releases lab to reset. Run `lab releases up` first.")
    with alone(paths), step("Releases lab reset", announce=True):
        _to_start(paths)


def _to_start(paths: Paths) -> None:
    engine.up(paths.lab)
    tags, users = _images(paths)
    identity.up(paths)
    containers.network_up()
    commits = {one.name: repository.up(paths, one) for one in BOTH}
    built = {one.name: builds.up(one, tags["application"], commits[one.name]) for one in BOTH}
    paths.ledger.mkdir(parents=True, exist_ok=True)
    for host in WEB:
        paths.host(host, "srv-shop").mkdir(parents=True, exist_ok=True)
        paths.host(host, "engine").mkdir(parents=True, exist_ok=True)
    parts.load_balancer(paths, users)
    for spec in parts.hosts(paths, tags["host"]):
        containers.ensure(spec)
    mysql.up(paths, tags["mysql"], users)
    for host in WEB:
        wait_for(f"The engine of {host.name}", ANSWER_SECONDS, lambda name=host.container: _engine(name))  # type: ignore[misc]
    deploy.clear()
    deploy.write_all(paths, commits[SHOP.name], built[SHOP.name], users["ops"])
    builds.load(built[SHOP.name])
    mysql.history(paths)
    deploy.start(deploy.identifiers(commits[SHOP.name])[BAD])
    # A worker keeps what a run told it (hold, drained servers): only a new process forgets.
    containers.remove(parts.HAPROXY)
    containers.ensure(parts.haproxy(paths, tags["host"]))
    _window(paths, commits[WINDOW.name], built[WINDOW.name], tags["host"])
    for name, probe in probes(paths).items():
        wait_for(name, ANSWER_SECONDS, probe)


def _window(paths: Paths, commits: dict[str, str], built: dict[str, str], image: str) -> None:
    containers.remove(parts.EDGE_SERVICE)
    parts.vercel(paths, window_state.seed(commits, parts.upstream_urls(built)))
    for spec in parts.upstreams(paths, built).values():
        containers.ensure(spec)
    containers.ensure(parts.edge(paths, image))


def _images(paths: Paths) -> tuple[dict[str, str], dict[str, int]]:
    """Build missing images; return their tags and the user numbers inside them."""
    scratch = paths.lab.root / "tmp"
    wanted = {"host": recipes.HOST, "application": recipes.APPLICATION, "mysql": images.MYSQL}
    tags = {name: images.on_demand(recipe, scratch) for name, recipe in wanted.items()}
    known = paths.root / "images.json"
    told = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    if told.get("tags") != tags:
        users = {**images.user_numbers(recipes.HOST), **images.user_numbers(images.MYSQL)}
        told = {"tags": tags, "users": users, "mysql": tags["mysql"]}
        write(known, json.dumps(told, indent=2) + "\n")
    return tags, told["users"]


def _engine(container: str) -> str:
    return containers.docker("exec", container, "docker", "version", "--format", "{{.Server.Version}}").strip()


def door(paths: Paths, address: str, host: str, path: str) -> str:
    """Ask a front door over TLS, by its address and its domain. Returns the first 120 characters."""
    context = ssl.create_default_context(cafile=str(paths.ca / "ca.pem"))
    request = urllib.request.Request(f"https://{address}{path}", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=PROBE_SECONDS, context=context) as answer:  # noqa: S310 - as above
        return str(answer.read(120).decode(errors="replace")).strip().replace("\n", " ")


def probes(paths: Paths) -> dict[str, Callable[[], str]]:
    """Give what each part says when it is asked, by the part's name."""
    found: dict[str, Callable[[], str]] = {mysql.NAME: mysql.probe}
    for host in WEB:
        found[f"{host.name} shop"] = lambda host=host: _plain(f"http://{host.address}:{PORT}/__build")  # type: ignore[misc]
    found[f"{LB.name} {DOMAIN}"] = lambda: door(paths, LB.address, DOMAIN, "/readyz")
    found[f"{EDGE.name} {EDGE_DOMAINS[0]}"] = lambda: door(paths, EDGE.address, EDGE_DOMAINS[0], "/readyz")
    return found


def _plain(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PROBE_SECONDS) as answer:  # noqa: S310 - one of ours
        return str(answer.read(120).decode(errors="replace")).strip()


def status(paths: Paths) -> tuple[str, bool]:
    """Look at every container and ask every part; the table for people, and whether all is well."""
    lines, well = [], True
    names = [host.container for host in HOSTS] + [mysql.NAME, parts.HAPROXY, parts.EDGE_SERVICE]
    for name in names:
        found = containers.state(name)[0] or "absent"
        well &= found == "running"
        lines.append(f"{name:34}{found}")
    for name, probe in probes(paths).items():
        try:
            answer = probe()
        except (OSError, LabError) as error:
            answer, well = f"NO: {str(error).splitlines()[0]}", False
        lines.append(f"{name:34}{answer}")
    return "\n".join(lines), well


def down(paths: Paths, *, purge: bool) -> None:
    """Remove containers and network. With `purge` also keys and data; images stay."""
    with alone(paths), step("Releases lab down", announce=True):
        containers.down()
        if purge:
            shutil.rmtree(paths.root)


def stands() -> bool:
    """Tell whether this lab's containers are there."""
    return bool(containers.state(CLIENT.container)[0])
