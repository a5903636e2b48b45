"""What of a site a runbook speaks of, in one place and with types. Pure: the variables as the plan keeps them in.

Secrets are not among them: the site names files, and what looks like a secret in itself was hidden by `plan.content`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOW_TTL = 1  # seconds, as roles/dns has it where the site says nothing
_HOLD_EXPIRY = 90
_MYSQL = 3306


@dataclass(frozen=True)
class Login:
    """One account of one MySQL server. `password_file` and `ca_file` may begin with a stand-in such as `$RR_HOME`."""

    host: str
    port: int
    user: str
    password_file: str
    ca_file: str
    uuid: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any], **other: Any) -> Login:
        """Build from `db_idc`, `db_aws` or `db_replication`; `other` are keys that another mapping decides."""
        one = {**found, **other}
        return cls(
            host=str(one.get("host", "")),
            port=int(one.get("port") or _MYSQL),
            user=str(one.get("user", "")),
            password_file=str(one.get("password_file", "")),
            ca_file=str(one.get("ca_file") or ""),
            uuid=str(one.get("server_uuid") or ""),
        )


@dataclass(frozen=True)
class Pair:
    """One MySQL pair: the IDC server, its RDS instance, and what AWS calls things."""

    host: str
    idc: Login
    aws: Login
    app: Mapping[str, Any]
    replication: Login
    schemas: tuple[str, ...]
    cutover: str
    exempt: tuple[str, ...]
    idc_host: str
    container: str
    values: Mapping[str, Any]

    @property
    def app_user(self) -> str:
        """The application's own account."""
        return str(self.app.get("user") or "")

    def text(self, key: str) -> str:
        """Return one of the pair's plain values."""
        return str(self.values.get(key) or "")

    def listed(self, key: str) -> tuple[str, ...]:
        """Return one of the pair's lists."""
        found = self.values.get(key)
        return tuple(str(one) for one in found) if isinstance(found, list | tuple) else ()


@dataclass(frozen=True)
class Node:
    """One load balancer node."""

    host: str
    socket: str
    file: str
    backend: str
    idc: tuple[str, ...]
    aws: tuple[str, ...]
    validate: tuple[str, ...]
    reload: tuple[str, ...]
    hold: int


@dataclass(frozen=True)
class App:
    """One host that runs the application on IDC."""

    host: str
    container: str
    file: str
    reload: tuple[str, ...]
    ready: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Machine:
    """A host that is reached by SSH."""

    host: str
    address: str
    user: str
    port: str
    key: str
    options: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """The site as the runbook sees it. `service` are the variables of the logical host of the service."""

    machines: tuple[Machine, ...]
    pairs: tuple[Pair, ...]
    nodes: tuple[Node, ...]
    apps: tuple[App, ...]
    service: Mapping[str, Any]

    @property
    def records(self) -> Sequence[Mapping[str, Any]]:
        """The names that lead to a side."""
        found = self.service.get("dns_records")
        return found if isinstance(found, list) else ()

    @property
    def doors(self) -> Sequence[Mapping[str, Any]]:
        """Every way in."""
        found = self.service.get("service_front_doors")
        return found if isinstance(found, list) else ()

    @property
    def low_ttl(self) -> int:
        """The TTL, in seconds, that names get while they move."""
        return int(self.service.get("dns_low_ttl") or _LOW_TTL)


def view(groups: Mapping[str, Sequence[str]], variables: Mapping[str, Mapping[str, Any]]) -> View:
    """Take out what is needed. `variables` are those of `plan.content.variables`."""

    def hosts(group: str) -> list[tuple[str, Mapping[str, Any]]]:
        return [(host, variables[host]) for host in groups.get(group, ()) if host in variables]

    service = next((found for _, found in hosts("service")), {})
    by_ssh = dict.fromkeys(
        host for group in ("database_hosts", "app_hosts", "load_balancers", "aws_app_hosts") for host, _ in hosts(group)
    )
    return View(
        machines=tuple(_machine(host, variables[host], groups) for host in by_ssh),
        pairs=tuple(_pair(host, found) for host, found in hosts("databases")),
        nodes=tuple(_node(host, found) for host, found in hosts("load_balancers")),
        apps=tuple(_app(host, found) for host, found in hosts("app_hosts")),
        service=service,
    )


def _texts(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = found.get(key)
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


def _machine(host: str, found: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> Machine:
    return Machine(
        host=host,
        address=str(found.get("ansible_host") or host),
        user=str(found.get("ansible_user") or ""),
        port=str(found.get("ansible_port") or ""),
        key=str(found.get("ansible_ssh_private_key_file") or ""),
        options=str(found.get("ansible_ssh_common_args") or ""),
        groups=tuple(group for group, hosts in groups.items() if group != "all" and host in hosts),
    )


def _pair(host: str, found: Mapping[str, Any]) -> Pair:
    return Pair(
        host=host,
        idc=Login.of(found.get("db_idc") or {}),
        aws=Login.of(found.get("db_aws") or {}),
        app=found.get("db_app_login") or {},
        replication=Login.of(found.get("db_replication") or {}),
        schemas=_texts(found, "db_schemas"),
        cutover=str(found.get("db_cutover_gtid") or ""),
        exempt=_texts(found, "db_exempt_users"),
        idc_host=str(found.get("db_idc_host") or ""),
        container=str(found.get("db_container") or ""),
        values=found,
    )


def _node(host: str, found: Mapping[str, Any]) -> Node:
    return Node(
        host=host,
        socket=str(found.get("lb_socket") or ""),
        file=str(found.get("lb_config_file") or ""),
        backend=str(found.get("lb_backend") or ""),
        idc=_texts(found, "lb_servers_idc"),
        aws=_texts(found, "lb_servers_aws"),
        validate=_texts(found, "lb_validate_command"),
        reload=_texts(found, "lb_reload_command"),
        hold=int(found.get("lb_hold_expiry") or _HOLD_EXPIRY),
    )


def _app(host: str, found: Mapping[str, Any]) -> App:
    settings = found.get("app_settings")
    return App(
        host=host,
        container=str(found.get("app_container") or ""),
        file=str(found.get("app_config_file") or ""),
        reload=_texts(found, "app_reload_command"),
        ready=str(found.get("app_ready_url") or ""),
        settings=settings if isinstance(settings, dict) else {},
    )
