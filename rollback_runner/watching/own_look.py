"""A look of one's own at the sources, beside the sampler: connections of their own, and a small load made on purpose.

The load is some reading requests through each front door and some statements that do nothing on IDC's servers.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback import http
from failback.errors import FailbackError
from failback.mysql import Login, Server

from rollback_runner.watching import sources
from rollback_runner.watching.agreement import Said
from rollback_runner.watching.series import Point
from rollback_runner.watching.sources import cloudwatch, haproxy, mysql, prometheus, ssh_host
from rollback_runner.watching.sources.front_door import figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place, Reading, Source
    from rollback_runner.watching.usual_levels import Key

_PARALLEL = 8
_TIMEOUT = 5.0  # seconds for one request
_FAILED = 500
_PAUSE = 0.05  # seconds between two requests through one door
_STATEMENT = "DO 0"
DIRECT = "the source"
PROMETHEUS = "Prometheus"


@dataclass
class Looked:
    """What was seen from ``since`` to ``until``; ``beside`` is by source, ``lost`` says which gave nothing and why."""

    since: float
    until: float = 0.0
    beside: dict[str, Said] = field(default_factory=dict)
    loads: dict[Key, float] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def look(site: Site, settings: Settings, place: Place, seconds: float, *, load: bool) -> Looked:
    """Read every source at the beginning and at the end of a span, with a load between. Never raises for one lost."""
    lost: dict[str, str] = {}
    direct = _direct(site, settings, place, lost)
    try:
        first = _read(direct, lost)
        seen = Looked(time.time(), lost=lost)
        mine = _make_load(site, seen, seconds) if load else []
        time.sleep(max(0.0, seen.since + seconds - time.time()))
        second = _read(direct, lost)
        seen.until = time.time()
    finally:
        for one in direct:
            one.close()
    del first  # the first reading of a rate gives none; it is what the second is counted from
    seen.beside[DIRECT] = Said(second + mine, seen.since, seen.until)
    return seen


def ask_prometheus(site: Site, seen: Looked) -> None:
    """Ask the site's Prometheus, when its window covers the same seconds. Never raises: a loss is told."""
    try:
        source = prometheus.of_site(site)
        if source is None:
            return
        points, wrong = source.ask(source.asked)
    except FailbackError as error:
        seen.lost["prometheus"] = str(error)
        return
    now = time.time()
    seen.beside[PROMETHEUS] = Said(points, now - source.window, now)
    seen.lost.update({f"prometheus: {key.replace('|', ' of ')}": why for key, why in wrong.items()})


def usual(site: Site, settings: Settings, place: Place, seconds: float) -> tuple[list[Point], dict[str, str]]:
    """Look at all sources of a site again and again for some seconds; points, and what gave nothing."""
    lost: dict[str, str] = {}
    said: list[str] = []
    every = [one for one in sources.build(site, settings, place, said.append) if one.name not in _PROOFS]
    lost.update({f"source {number}": text for number, text in enumerate(said)})
    points: list[Point] = []
    pause = min(1.0, settings.interval)
    try:
        end = time.monotonic() + seconds
        while True:
            begun = time.monotonic()
            points += _read(every, lost)
            if time.monotonic() >= end:
                break
            time.sleep(max(0.0, pause - (time.monotonic() - begun)))
    finally:
        for one in every:
            one.close()
    return points, lost


_PROOFS = frozenset({"rds_frozen", "invariants"})  # they prove something of an incident, and say nothing of a usual day


def _direct(site: Site, settings: Settings, place: Place, lost: dict[str, str]) -> list[Source]:
    found: list[Source] = []
    for module in (ssh_host, haproxy, mysql, cloudwatch):
        name = module.__name__.rpartition(".")[2]
        try:
            found += module.sources(site, settings, place)
        except FailbackError as error:
            lost[name] = str(error)
    return found


def _read(every: Sequence[Source], lost: dict[str, str]) -> list[Point]:
    def one(source: Source) -> Reading | str:
        try:
            return source.read()
        except (FailbackError, OSError) as error:
            return str(error)

    points: list[Point] = []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for source, found in zip(every, pool.map(one, every), strict=True):
            if isinstance(found, str):
                lost[f"{source.name} {', '.join(source.hosts)}"] = found
                continue
            points += found.points
            lost.update({f"{source.name} {host}": why for host, why in found.silent.items()})
    return points


def _make_load(site: Site, seen: Looked, seconds: float) -> list[Point]:
    """Send requests and statements until the span is over; note how many came through, return how long they took."""
    mine: list[Point] = []
    said: Mapping[str, Any] = next((site.variables[host] for host in site.hosts("service")), {})
    paths = [str(path) for path in said.get("service_probe_paths") or ("/",)]
    doors = [http.Door.from_dict(one) for one in said.get("service_front_doors") or ()]
    until = seen.since + 0.8 * seconds
    with ThreadPoolExecutor(_PARALLEL) as pool:
        asked = {door.name: pool.submit(_requests, door, paths, until) for door in doors}
        spoken = {host: pool.submit(_statements, login, until) for host, login in _logins(site)}
        for name, future in asked.items():
            replies = future.result()
            answered = [reply.seconds for reply in replies if reply.status > 0]
            seen.made[f"requests through {name}"] = len(answered)
            _note(seen, [("requests", host) for host in _balancer(site, name)], len(answered) / seconds)
            mine += _latency(name, replies, seen.since)
        for host, talk in spoken.items():
            try:
                seen.made[f"statements on {host}"] = count = talk.result()
            except FailbackError as error:
                seen.lost[f"load on {host}"] = str(error)
                continue
            _note(seen, [("mysql_queries", host)], count / seconds)
    return mine


def _latency(door: str, replies: Sequence[http.Reply], at: float) -> Iterator[Point]:
    if not replies:
        return
    for figure, value in figures([(at, one.seconds, not 0 < one.status < _FAILED) for one in replies]):
        yield Point(at, figure, door, value)


def _note(seen: Looked, keys: Iterable[Key], rate: float) -> None:
    for key in keys:
        seen.loads[key] = seen.loads.get(key, 0.0) + rate


def _balancer(site: Site, door: str) -> list[str]:
    """Find the load balancer that a door leads to: by name, or where there is only one."""
    nodes = site.hosts("load_balancers")
    return [door] if door in nodes else list(nodes) if len(nodes) == 1 else []


def _logins(site: Site) -> Iterable[tuple[str, Login]]:
    for pair in site.hosts("databases"):
        said = site.variables[pair]
        if isinstance(said.get("db_idc"), dict) and said.get("db_idc_host"):
            yield str(said["db_idc_host"]), Login.from_dict(said["db_idc"], "db_idc")


def _requests(door: http.Door, paths: Sequence[str], until: float) -> list[http.Reply]:
    replies: list[http.Reply] = []
    while time.time() < until:
        replies.append(http.ask(door, paths[len(replies) % len(paths)], timeout=_TIMEOUT))
        time.sleep(_PAUSE)
    return replies


def _statements(login: Login, until: float) -> int:
    count = 0
    with Server.connect(login, name="IDC") as server:
        while time.time() < until:
            server.execute(_STATEMENT)
            count += 1
            time.sleep(_PAUSE / 5)
    return count
