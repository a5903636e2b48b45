"""The order in which a service's containers are restarted: what is needed first, in waves across hosts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEYS = {"name", "hosts", "container", "needs", "restart", "ready_url", "server", "at_once"}
WHEN = ("once", "needed", "never")


@dataclass(frozen=True)
class Service:
    """One kind of container on the hosts of a group.

    ``restart``: "once" after each failback, "needed" only when it is not well, "never" (looked at only).
    ``container``, ``ready_url`` and ``server`` may carry {host} and {address}. ``server`` is its name in the load
    balancers' backend, "" when it is not behind them.
    """

    name: str
    group: str
    container: str
    needs: tuple[str, ...]
    restart: str
    ready_url: str
    server: str
    at_once: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Service:
        """Build from one entry of ``service_containers``. Raises ConfigError."""
        name = str(data.get("name") or "")
        unknown = sorted(str(key) for key in set(data) - _KEYS)
        missing = [key for key in ("name", "hosts", "container") if not data.get(key)]
        if unknown or missing:
            told = f"lacks {', '.join(missing)}" if missing else f"has the unknown key {', '.join(unknown)}"
            raise ConfigError(f"service_containers: the entry {name or dict(data)} {told}")
        restart = str(data.get("restart") or "once")
        if restart not in WHEN:
            raise ConfigError(f"service_containers: {name}: restart is {restart!r}, not one of {', '.join(WHEN)}")
        needs = data.get("needs") or []
        if not isinstance(needs, list):
            raise ConfigError(f"service_containers: {name}: needs must be a list of names")
        if not str(data.get("at_once") or 0).isdecimal():
            raise ConfigError(f"service_containers: {name}: at_once must be a number of hosts")
        return cls(
            name,
            str(data["hosts"]),
            str(data["container"]),
            tuple(str(need) for need in needs),
            restart,
            str(data.get("ready_url") or ""),
            str(data.get("server") or ""),
            int(data.get("at_once") or 0),
        )

    def on(self, host: str, address: str) -> Service:
        """Return the same with {host} and {address} filled in."""

        def fill(text: str) -> str:
            return text.replace("{host}", host).replace("{address}", address)

        filled = [fill(text) for text in (self.container, self.ready_url, self.server)]
        return Service(self.name, self.group, filled[0], self.needs, self.restart, filled[1], filled[2], self.at_once)


@dataclass(frozen=True)
class Wave:
    """What is restarted at the same time: one service on some of its hosts."""

    service: str
    number: int
    of: int
    hosts: tuple[str, ...]
    alone: bool  # there is no other host to serve meanwhile

    def as_dict(self) -> dict[str, object]:
        """Return what a playbook loops over."""
        return {
            "service": self.service,
            "number": self.number,
            "of": self.of,
            "hosts": list(self.hosts),
            "alone": self.alone,
        }


def services(entries: Sequence[Mapping[str, Any]]) -> list[Service]:
    """Read ``service_containers`` and put it in order: what is needed first. Raises ConfigError."""
    if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError("service_containers must be a list of entries with name, hosts and container")
    known = [Service.from_dict(entry) for entry in entries]
    names = [one.name for one in known]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"service_containers names {', '.join(twice)} twice")
    for one in known:
        strangers = sorted(set(one.needs) - set(names))
        if strangers:
            raise ConfigError(f"service_containers: {one.name} needs {', '.join(strangers)}, which is no entry")
    return _sorted(known)


def waves(ordered: Sequence[Service], groups: Mapping[str, Sequence[str]]) -> list[Wave]:
    """Split each service's hosts so that some go on serving: at most half of them at once, one at least.

    Raises:
        ConfigError: a group has no host.

    """
    found: list[Wave] = []
    for service in ordered:
        hosts = list(groups.get(service.group, ()))
        if not hosts:
            raise ConfigError(f"service_containers: {service.name}: the group {service.group} has no host")
        size = max(1, min(service.at_once or len(hosts) // 2, max(1, len(hosts) - 1)))
        parts = [tuple(hosts[place : place + size]) for place in range(0, len(hosts), size)]
        found += [Wave(service.name, n, len(parts), part, len(hosts) == 1) for n, part in enumerate(parts, start=1)]
    return found


def _sorted(known: Sequence[Service]) -> list[Service]:
    left, done = list(known), []
    placed: set[str] = set()
    while left:
        ready = [one for one in left if set(one.needs) <= placed]
        if not ready:
            raise ConfigError(f"service_containers: {', '.join(one.name for one in left)} need each other in a circle")
        done += ready
        placed |= {one.name for one in ready}
        left = [one for one in left if one not in ready]
    return done
