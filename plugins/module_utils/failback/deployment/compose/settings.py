"""What the site says about an application that Docker Compose runs on its own hosts. Read once, checked at once."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROJECT = re.compile(r"^[a-z0-9][a-z0-9_-]*$")
_NODE_DEFAULTS = {"lb_hold_limit": 30, "lb_hold_expiry": 90, "lb_drain_timeout": 3.0}
_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class WebHost:
    """A host that runs the application. ``server`` is its name in the load balancers' backend."""

    name: str
    address: str
    server: str
    project: str
    interpreter: str = "python3"


@dataclass(frozen=True)
class Node:
    """A load balancer node. Times are seconds."""

    name: str
    socket: str
    backend: str
    hold_limit: int
    hold_expiry: int
    drain_timeout: float
    # Why the node may be missing; "": it may not.
    absent_ok: str = ""
    interpreter: str = "python3"


@dataclass(frozen=True)
class Settings:
    """One application. Times are seconds, ``wave`` is a number of hosts, 0 ports mean "not offered"."""

    app: str
    directory: str
    hosts: tuple[WebHost, ...]
    nodes: tuple[Node, ...]
    domains: tuple[str, ...]
    ready_url: str
    ready_deadline: float = 60.0
    wave: int = 1
    port: int = 8080
    trial_port: int = 0
    trial_services: tuple[str, ...] = ()
    stop_timeout: int = 10
    # Why a lock that somebody left is broken, in the words of the person who decided so.
    break_lock: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Settings:
        """Read what `failback.deployment.open` hands over: variables by their names, and what stands beside them.

        Raises:
            ConfigError: a variable is missing or cannot be meant; the sentence names it.

        """
        return cls(
            app=_text(given, "app"),
            directory=_directory(given),
            hosts=_hosts(given),
            nodes=_nodes(given),
            domains=tuple(str(one["url"]).rstrip("/") for one in given.get("deployment_domains") or ()),
            ready_url=_ready_url(given),
            ready_deadline=_number(given, "compose_ready_deadline", 60.0, least=1),
            wave=int(_number(given, "compose_wave", 1, least=1)),
            port=_port(given, "compose_port", 8080),
            trial_port=_port(given, "compose_trial_port", 0),
            trial_services=tuple(str(one) for one in given.get("compose_trial_services") or ()),
            stop_timeout=int(_number(given, "compose_stop_timeout", 10, least=0)),
            break_lock=str(given.get("compose_break_lock") or "").strip(),
        )

    def ready(self, host: WebHost) -> str:
        """Give the address that says whether the release on this host is ready."""
        return self.ready_url.replace("{address}", host.address).replace("{host}", host.name)


def _hosts(given: Mapping[str, Any]) -> tuple[WebHost, ...]:
    backend = dict(given.get("compose_backend") or {})
    names = _names(given, "compose_hosts")
    project = _text(given, "compose_project")
    form = str(backend.get("server") or "{host}")
    found = []
    for name in names:
        known = given["hostvars"][name]
        told = project.replace("{host}", name)
        if not _PROJECT.match(told):
            raise ConfigError(
                f"compose_project: {told!r} is no name of a compose project: small letters, digits, - and _"
            )
        address = str(known.get("compose_address") or known.get("ansible_host") or name)
        found.append(WebHost(name, address, form.replace("{host}", name), told, _interpreter(known)))
    servers = [one.server for one in found]
    if len(set(servers)) != len(servers):
        raise ConfigError(f"compose_backend.server: {form} gives one name to two hosts; write {{host}} into it")
    return tuple(found)


def _nodes(given: Mapping[str, Any]) -> tuple[Node, ...]:
    backend = str(dict(given.get("compose_backend") or {}).get("backend") or "")
    found = []
    for name in _names(given, "compose_load_balancers", "load_balancers"):
        known = given["hostvars"][name]
        kind = str(known.get("lb_provider") or "haproxy")
        if kind != "haproxy":
            raise ConfigError(f"lb_provider of {name} is {kind}: releases are changed over behind HAProxy only")
        wanted = {key: float(known.get(key) or usual) for key, usual in _NODE_DEFAULTS.items()}
        if wanted["lb_hold_limit"] < 1 or wanted["lb_hold_expiry"] < wanted["lb_hold_limit"]:
            raise ConfigError(f"lb_hold_limit of {name} must be at least 1 and at most its lb_hold_expiry")
        found.append(
            Node(
                name,
                str(known.get("lb_socket") or "/run/haproxy/admin.sock"),
                backend
                or str(known.get("lb_backend") or "")
                or _none(f"compose_backend.backend, or lb_backend of {name}"),
                int(wanted["lb_hold_limit"]),
                int(wanted["lb_hold_expiry"]),
                wanted["lb_drain_timeout"],
                str(dict(known.get("lb_absent_ok") or {}).get(name) or "").strip(),
                _interpreter(known),
            )
        )
    return tuple(found)


def _names(given: Mapping[str, Any], key: str, usual: str = "") -> Sequence[str]:
    """Give the hosts of the group that a variable names, or that it lists, in their order. Raises ConfigError."""
    named = given.get(key) or usual or _none(key)
    names = list(given["groups"].get(named) or ()) if isinstance(named, str) else [str(one) for one in named]
    unknown = [one for one in names if one not in given["hostvars"]]
    if not names or unknown:
        what = f"no {', '.join(unknown)}" if unknown else f"no hosts in the group {named}"
        raise ConfigError(f"{key}: the inventory has {what}")
    return names


def _ready_url(given: Mapping[str, Any]) -> str:
    url = str(given.get("compose_ready_url") or f"http://{{address}}:{_port(given, 'compose_port', 8080)}/readyz")
    if urlsplit(url.replace("{address}", "a").replace("{host}", "a")).scheme not in {"http", "https"}:
        raise ConfigError(f"compose_ready_url: {url} is no http or https address")
    return url


def _directory(given: Mapping[str, Any]) -> str:
    path = _text(given, "compose_directory").rstrip("/")
    if not path.startswith("/") or ".." in path.split("/") or path.count("/") < 2:  # noqa: PLR2004 - not right below the root
        raise ConfigError(
            f"compose_directory: {path or '/'} must be a path such as /srv/shop, of this application alone"
        )
    return path


def _interpreter(known: Mapping[str, Any]) -> str:
    told = str(known.get("ansible_python_interpreter") or "")
    return told if told.startswith("/") else "python3"


def _text(given: Mapping[str, Any], key: str) -> str:
    return str(given.get(key) or "") or _none(key)


def _none(key: str) -> str:
    raise ConfigError(f"{key} is not set: see docs/inventory.md, section deployments")


def _number(given: Mapping[str, Any], key: str, usual: float, least: float) -> float:
    told = given.get(key)
    try:
        value = float(usual if told is None or told == "" else told)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}: {told!r} is no number") from error
    if not math.isfinite(value) or value < least:
        raise ConfigError(f"{key}: {told!r} must be at least {least:g}")
    return value


def _port(given: Mapping[str, Any], key: str, usual: int) -> int:
    value = _number(given, key, usual, least=0)
    if value > _HIGHEST_PORT or value != int(value):
        raise ConfigError(f"{key}: {value:g} is no port")
    return int(value)
