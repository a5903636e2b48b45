"""Which figures of which hosts must be followed for the items MON and WATCH to hold. Pure."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

from rollback_runner.watching.catalogue import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback_runner.watching.usual_levels import Key

# The AWS side is followed while it is there, but nothing rests on it: it is to be switched off one day.
_HOST_GROUPS = ("database_hosts", "app_hosts", "load_balancers")
_OF_HOST = ("cpu_busy", "memory_used", "disk_busy", "disk_used", "network_in", "network_out")
_OF_DATABASE = (
    *("mysql_queries", "mysql_threads_running", "mysql_connections", "mysql_lock_waits"),
    *("mysql_buffer_pool_hit", "mysql_rows_written"),
)
_OF_BALANCER = ("requests", "errors", "sessions_idc")
_OF_DOOR = ("latency_p50", "latency_p95", "latency_p99", "probe_failures")
# These are shares of what happened: while nothing happens there is none, and that is no gap.
ONLY_WHEN_USED = frozenset({"errors", "mysql_buffer_pool_hit", "mysql_deadlocks"})


@dataclass(frozen=True)
class Skip:
    """What a site leaves out: patterns of figure and host, and why."""

    figure: str
    host: str
    because: str


@dataclass(frozen=True)
class Service:
    """What the inventory says of a service, as far as figures go."""

    groups: Mapping[str, Sequence[str]]
    databases: Sequence[str]  # hosts of IDC's MySQL servers
    doors: Sequence[str]  # names of the front doors


def skips(entries: Iterable[Mapping[str, Any]]) -> list[Skip]:
    """Read ``watching_skip``. Raises ConfigError."""
    found = []
    for number, entry in enumerate(entries):
        if not entry.get("because") or not (entry.get("figure") or entry.get("host")):
            raise ConfigError(f"watching_skip[{number}] needs figure or host (patterns), and because (why)")
        found.append(Skip(str(entry.get("figure") or "*"), str(entry.get("host") or "*"), str(entry["because"])))
    return found


def required(service: Service, left_out: Iterable[Skip] = ()) -> list[Key]:
    """List every figure of every host that must have samples."""
    hosts = dict.fromkeys(host for group in _HOST_GROUPS for host in service.groups.get(group, ()))
    found = [(figure, host) for host in hosts for figure in _OF_HOST]
    found += [(figure, host) for host in service.databases for figure in _OF_DATABASE]
    found += [(figure, host) for host in service.groups.get("load_balancers", ()) for figure in _OF_BALANCER]
    found += [(figure, host) for host in service.doors for figure in _OF_DOOR]
    rules = list(left_out)
    return [key for key in dict.fromkeys(found) if not any(_fits(rule, key) for rule in rules)]


def of_item(keys: Iterable[Key], item: str) -> list[Key]:
    """Leave those that serve one item."""
    return [key for key in keys if FIGURES[key[0]].item == item]


def _fits(rule: Skip, key: Key) -> bool:
    return fnmatch.fnmatch(key[0], rule.figure) and fnmatch.fnmatch(key[1], rule.host)
