"""What each container is made of, and bringing them all up. Hosts own an address; services share their host's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from lab import backups, docker_api, monitoring, wheels
from lab.docker_api import ContainerSpec
from lab.paths import LAB_SOURCE
from lab.topology import ADDRESS, AWS_PORT, HOSTS, IDC_ZONE, LB_HOSTS, SERVICES, Host, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lab.images import Images
    from lab.paths import LabPaths

Mount = tuple[str, str, str]

SOCKET: Mount = ("/var/run/docker.sock", "/var/run/docker.sock", "rw")
CODE: Mount = (str(LAB_SOURCE), "/opt/rr/lab", "ro")
PYTHON = (("PYTHONPATH", "/opt/rr"), ("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1"))
PYTHON_AWS = (("PYTHONPATH", "/opt/rr:/opt/rr-wheels"), *PYTHON[1:])
# The two MySQL servers, by side.
MYSQL_HOST = {"idc": "idc-db1", "rds": "aws-rds"}
# Two at a time would leave the engine idle, more than this only makes two cores queue.
PARALLEL = 6


def resolver(paths: LabPaths, host: str) -> Mount:
    """Mount the resolver setting: a container beside a host does not inherit a mounted one."""
    return (str(paths.host(host) / "resolv.conf"), "/etc/resolv.conf", "ro")


def _host_mounts(paths: LabPaths, host: Host) -> list[Mount]:
    mounts = [resolver(paths, host.name), CODE]
    if host.sshd:
        mounts += [SOCKET, (str(paths.host(host.name, "ssh")), "/etc/rr-ssh", "ro")]
    for folder, target in (("etc-haproxy", "/etc/haproxy"), ("run-haproxy", "/run/haproxy"), ("etc-shop", "/etc/shop")):
        if paths.host(host.name, folder).exists():
            mounts.append((str(paths.host(host.name, folder)), target, "rw"))
    if host.name == MYSQL_HOST["idc"]:
        mounts.append((str(paths.backups), backups.INSIDE, "rw"))
    if host.name == "client1":
        mounts += [
            (str(paths.host("client1", "etc-rr")), "/etc/rr", "ro"),
            (str(paths.ledger), "/var/lib/rr-ledger", "rw"),
        ]
    return mounts


def host_spec(paths: LabPaths, images: Images, host: Host) -> ContainerSpec:
    """Describe the container of one host: sshd where it is managed, else only an address."""
    command = ("tini", "--", "sh", "/opt/rr/lab/entry/host.sh") if host.sshd else ("tini", "--", "sleep", "infinity")
    return ContainerSpec(
        name=host.container,
        image=images.host,
        command=command,
        host=host.name,
        kind="host",
        address=host.address,
        # The security group and the network ACL are nftables rules in the instance's network namespace.
        capabilities=("NET_ADMIN",) if host.name == "aws-rds" else (),
        environment=PYTHON,
        mounts=tuple(_host_mounts(paths, host)),
    )


def mysql_spec(paths: LabPaths, images: Images, side: str, data: Path) -> ContainerSpec:
    """Describe the MySQL server of a side over a data directory."""
    host = MYSQL_HOST[side]
    return ContainerSpec(
        name=f"{host}-mysql",
        image=images.mysql,
        command=("mysqld", "--defaults-file=/etc/rr-mysql/my.cnf"),
        host=host,
        kind="mysql",
        beside=f"rr-{host}",
        user="mysql",
        mounts=(
            (str(data), "/var/lib/mysql", "rw"),
            (str(paths.host(host, "etc-mysql")), "/etc/rr-mysql", "ro"),
            (str(paths.host(host, "tls")), "/etc/mysql/tls", "ro"),
            (str(paths.host(host, "run-mysqld")), "/run/mysqld", "rw"),
        ),
        labels=(("rr.side", side),),
    )


def builder_spec(server: ContainerSpec, name: str, options: tuple[str, ...]) -> ContainerSpec:
    """Describe a server for building: same data and settings, an address of its own, and no shared socket folder."""
    return replace(
        server,
        name=name,
        kind="builder",
        beside="",
        address="",
        command=(*server.command, *options),
        mounts=tuple(mount for mount in server.mounts if mount[1] != "/run/mysqld"),
    )


def _mysql(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    side = next(side for side, host in MYSQL_HOST.items() if host == service.host)
    return mysql_spec(paths, images, side, paths.data / side)


def _heartbeat(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    return ContainerSpec(
        name=service.name,
        image=images.mysql,
        command=("tini", "--", "sh", "/opt/rr/lab/entry/heartbeat.sh"),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        mounts=(CODE, (str(paths.host(service.host, "run-mysqld")), "/run/mysqld", "rw")),
    )


def _named(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    return ContainerSpec(
        name=service.name,
        image=images.host,
        command=("named", "-g", "-4", "-n", "1", "-u", "bind", "-c", "/etc/bind/named.conf"),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        mounts=(
            (str(paths.host(service.host, "etc-bind")), "/etc/bind", "ro"),
            (str(paths.host(service.host, "zones")), "/var/lib/bind", "rw"),
        ),
    )


def _haproxy(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    return ContainerSpec(
        name=service.name,
        image=images.host,
        command=("haproxy", "-W", "-f", "/etc/haproxy/haproxy.cfg"),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        mounts=(
            (str(paths.host(service.host, "etc-haproxy")), "/etc/haproxy", "ro"),
            (str(paths.host(service.host, "run-haproxy")), "/run/haproxy", "rw"),
        ),
    )


def _shop(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    return ContainerSpec(
        name=service.name,
        image=images.host,
        command=("python3", "-m", "lab.shop.app", "--config", "/etc/shop/app.json"),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        user="ops",
        environment=PYTHON,
        mounts=(
            CODE,
            resolver(paths, service.host),
            (str(paths.host(service.host, "etc-shop")), "/etc/shop", "ro"),
        ),
    )


def _aws(paths: LabPaths, images: Images, service: Service, command: tuple[str, ...]) -> ContainerSpec:
    return ContainerSpec(
        name=service.name,
        image=images.host,
        command=("tini", "--", *command),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        environment=PYTHON_AWS,
        mounts=(
            CODE,
            SOCKET,
            (str(wheels.folder(paths)), "/opt/rr-wheels", "ro"),
            (str(paths.host("aws-api", "etc-rr")), "/etc/rr", "ro"),
            (str(paths.aws), "/var/lib/rr-aws", "rw"),
        ),
    )


def _moto(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    listen = ("--host", ADDRESS[service.host], "--port", str(AWS_PORT))
    return _aws(paths, images, service, ("python3", "-m", "lab.aws.server", *listen))


def _reconciler(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    return _aws(paths, images, service, ("python3", "-m", "lab.aws.reconciler", "--config", "/etc/rr/reconciler.json"))


def _desk(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    secrets = ("--login-file", "/etc/rr/desk-login", "--token-file", "/etc/rr/status-page-token")
    watched = [f"--watch={node}=http://{ADDRESS[node]}/readyz=www.{IDC_ZONE}" for node in LB_HOSTS]
    return ContainerSpec(
        name=service.name,
        image=images.host,
        command=("tini", "--", "python3", "-m", "lab.desk.app", *secrets, *watched),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        environment=PYTHON,
        mounts=(CODE, (str(paths.host(service.host, "etc-rr")), "/etc/rr", "ro")),
    )


def _monitoring(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    return ContainerSpec(
        name=service.name,
        image=images.prometheus,
        command=("tini", "--", *monitoring.command(service.kind)),
        host=service.host,
        kind=service.kind,
        beside=f"rr-{service.host}",
        user="prometheus",
        mounts=() if service.kind == "node" else ((str(monitoring.etc(paths, service.host)), monitoring.INSIDE, "ro"),),
    )


SPEC: dict[str, Callable[[LabPaths, Images, Service], ContainerSpec]] = {
    "mysql": _mysql,
    "heartbeat": _heartbeat,
    "named": _named,
    "haproxy": _haproxy,
    "shop": _shop,
    "moto": _moto,
    "reconciler": _reconciler,
    "desk": _desk,
    **dict.fromkeys(monitoring.KINDS, _monitoring),
}


def service_spec(paths: LabPaths, images: Images, service: Service) -> ContainerSpec:
    """Describe the container of one service."""
    return SPEC[service.kind](paths, images, service)


def each(act: Callable[[str], object], names: Iterable[str]) -> None:
    """Do something to many containers, a few at a time; the first error is raised when all have been tried."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        pending = [pool.submit(act, name) for name in names]
    for done in pending:
        done.result()


def hosts_up(paths: LabPaths, images: Images) -> set[str]:
    """Make every host container right and running; return the names of those made anew."""
    specs = {host.container: host_spec(paths, images, host) for host in HOSTS}
    return _ensure(specs)


def services_up(paths: LabPaths, images: Images, kinds: Iterable[str]) -> set[str]:
    """Make every service of these kinds right and running; return the names of those made anew."""
    wanted = set(kinds)
    specs = {s.name: service_spec(paths, images, s) for s in SERVICES if s.kind in wanted}
    return _ensure(specs)


def _ensure(specs: dict[str, ContainerSpec]) -> set[str]:
    made: set[str] = set()

    def one(name: str) -> None:
        if docker_api.ensure(specs[name]):
            made.add(name)

    each(one, specs)
    return made
