"""Puts every host's configuration where its containers see it: the state "migrated and failing"."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lab import keys, monitoring, render
from lab.files import rewrite, write
from lab.paths import TEMPLATES
from lab.topology import APP_HOSTS, HOSTS, LB_HOSTS, NAME_SERVERS

if TYPE_CHECKING:
    from pathlib import Path

    from lab.images import Images
    from lab.paths import LabPaths

SECRET = 0o600
# Beside haproxy.cfg on a load balancer node, as they are.
_LB_FILES = (
    *("rr_hold.lua", "maintenance.html", "rr_stopgap.map", "stopgap.html"),
    *("read-only.html", "read-only.json"),
)
# Secrets the traffic generator's container may read.
CLIENT_SECRETS = ("shop_app", "shop_batch", "report")


def folder(path: Path, owner: int, mode: int = 0o755) -> None:
    """Make a folder for one user of the containers."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    os.chown(path, owner, owner)


def ssh_hosts(paths: LabPaths) -> None:
    """Write sshd_config of each managed host and the resolver setting of all."""
    for host in HOSTS:
        rewrite(paths.host(host.name) / "resolv.conf", render.resolv_conf())
        if host.sshd:
            write(paths.host(host.name, "ssh") / "sshd_config", render.plain("sshd_config"))


def mysql(paths: LabPaths, users: dict[str, int]) -> None:
    """Write my.cnf and the certificates of both servers."""
    for side, host in (("idc", "idc-db1"), ("rds", "aws-rds")):
        folder(paths.host(host, "run-mysqld"), users["mysql"])
        rewrite(paths.host(host, "etc-mysql") / "my.cnf", render.mysql(side))
        tls = paths.host(host, "tls")
        write(tls / "ca.pem", (paths.ca / "ca.pem").read_bytes())
        write(tls / "server.pem", (paths.ca / f"{host}.pem").read_bytes())
        write(tls / "server-key.pem", (paths.ca / f"{host}-key.pem").read_bytes(), mode=SECRET, owner=users["mysql"])


def load_balancers(paths: LabPaths, users: dict[str, int]) -> None:
    """Write HAProxy's files, owned by `ops`, who changes them; leftovers of a run go."""
    for host in LB_HOSTS:
        etc = paths.host(host, "etc-haproxy")
        folder(etc, users["ops"])
        folder(paths.host(host, "run-haproxy"), users["haproxy"])
        kept = {"haproxy.cfg", *_LB_FILES}
        for left in etc.iterdir():
            if left.name not in kept and left.is_file():
                left.unlink()
        write(etc / "haproxy.cfg", render.haproxy(), owner=users["ops"])
        for name in _LB_FILES:
            write(etc / name, (TEMPLATES / name).read_bytes(), owner=users["ops"])


def applications(paths: LabPaths, users: dict[str, int]) -> None:
    """Write the application's configuration and password on its hosts."""
    for host in APP_HOSTS:
        etc = paths.host(host, "etc-shop")
        folder(etc, users["ops"])
        write(etc / "app.json", render.app(), owner=users["ops"])
        write(etc / "db_password", keys.read(paths, "shop_app") + "\n", mode=SECRET, owner=users["ops"])


def name_servers(paths: LabPaths, users: dict[str, int]) -> None:
    """Write zones and keys anew; journals of dynamic updates go, else named would replay them."""
    for server in NAME_SERVERS:
        etc = paths.host(server.host, "etc-bind")
        write(etc / "named.conf", render.named(server))
        secret = keys.read(paths, f"tsig-{server.key.removeprefix('rr-')}")
        key = render.template("tsig.key", key_name=server.key, secret=secret)
        write(etc / "tsig.key", key, mode=SECRET, owner=users["bind"])
        zones = paths.host(server.host, "zones")
        folder(zones, users["bind"])
        for left in zones.iterdir():
            left.unlink()
        write(zones / "zone", render.zone(server), owner=users["bind"])
    write(paths.host("idc-dns2", "etc-bind") / "named.conf", render.resolver())
    folder(paths.host("idc-dns2", "zones"), users["bind"])


def aws_api(paths: LabPaths, read_only_delay: float) -> None:
    """Write the reconciler's configuration and forget what it knew."""
    etc = paths.host("aws-api", "etc-rr")
    write(etc / "reconciler.json", render.reconciler(read_only_delay))
    write(etc / "tsig-aws", keys.read(paths, "tsig-aws") + "\n", mode=SECRET)
    for name in ("aws-credentials", "aws-cleanup-credentials"):
        write(etc / name, (paths.secrets / name).read_bytes(), mode=SECRET)
    paths.aws.mkdir(parents=True, exist_ok=True)
    for left in paths.aws.iterdir():
        if left.is_file():
            left.unlink()


def client(paths: LabPaths) -> None:
    """Give the traffic generator the passwords it needs, and the CA."""
    etc = paths.host("client1", "etc-rr")
    for name in CLIENT_SECRETS:
        write(etc / name, keys.read(paths, name) + "\n", mode=SECRET)
    write(etc / "ca.pem", (paths.ca / "ca.pem").read_bytes())
    write(etc / "traffic.json", render.traffic())
    paths.ledger.mkdir(parents=True, exist_ok=True)


def desk(paths: LabPaths) -> None:
    """Give the desk the login that its messages carry, and the token of its status page."""
    login = (paths.secrets / "desk-login").read_bytes()
    write(paths.host("idc-dns2", "etc-rr") / "desk-login", login, mode=SECRET)
    token = (paths.secrets / "status-page-token").read_bytes()
    write(paths.host("idc-dns2", "etc-rr") / "status-page-token", token, mode=SECRET)


def up(paths: LabPaths, images: Images, *, read_only_delay: float) -> None:
    """Write all of them. The services must stand still: named and HAProxy keep state beside their files."""
    users = images.users
    ssh_hosts(paths)
    mysql(paths, users)
    load_balancers(paths, users)
    applications(paths, users)
    name_servers(paths, users)
    aws_api(paths, read_only_delay)
    client(paths)
    desk(paths)
    monitoring.up(paths, images)
