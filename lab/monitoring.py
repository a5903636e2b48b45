"""The lab's Prometheus and its exporters: what they are made of and how they are set up.

Prometheus answers over HTTPS with the lab's certificate and asks for a password, so that what reads it must prove both.
HAProxy exports its own figures; MySQL's come from an exporter beside it, the machine's from one beside two hosts.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import urllib.request
from typing import TYPE_CHECKING

from lab import render
from lab.commands import run
from lab.files import write
from lab.topology import ADDRESS, LABEL, LB_HOSTS

if TYPE_CHECKING:
    from pathlib import Path

    from lab.images import Images
    from lab.paths import LabPaths

HOST = "idc-dns2"
PORT = 9090
NODE_PORT = 9100
MYSQL_PORT = 9104
HAPROXY_PORT = 8405
USER = "watching"
# Hosts whose machine is exported: where the data is, and where the traffic passes.
NODES = ("idc-db1", "idc-lb1")
DATABASE = "idc-db1"
SECRET = 0o600
INSIDE = "/etc/rr-prometheus"
PASSWORD = "prometheus"  # noqa: S105 - the name of the file
HASH = "prometheus-hash"
# Prometheus checks the password of each request: the cheapest hash there is.
ROUNDS = "5"
KEPT = "1d"
PROBE_SECONDS = 2.0
KINDS = ("prometheus", "node", "mysql_exporter")


def command(kind: str) -> tuple[str, ...]:
    """Give the command of a container of this kind: `prometheus`, `node` or `mysql_exporter`."""
    return {
        "prometheus": (
            "prometheus",
            f"--config.file={INSIDE}/prometheus.yml",
            f"--web.config.file={INSIDE}/web.yml",
            f"--web.listen-address=:{PORT}",
            "--storage.tsdb.path=/var/lib/prometheus/lab",
            f"--storage.tsdb.retention.time={KEPT}",
            "--log.level=warn",
        ),
        "node": (
            "prometheus-node-exporter",
            f"--web.listen-address=:{NODE_PORT}",
            "--collector.disable-defaults",
            *(f"--collector.{name}" for name in ("cpu", "diskstats", "meminfo", "netdev")),
            "--log.level=warn",
        ),
        "mysql_exporter": (
            "prometheus-mysqld-exporter",
            f"--web.listen-address=:{MYSQL_PORT}",
            f"--config.my-cnf={INSIDE}/exporter.cnf",
            "--no-collect.info_schema.innodb_cmp",
            "--no-collect.info_schema.innodb_cmpmem",
            "--no-collect.info_schema.query_response_time",
            "--no-collect.slave_status",
            "--no-collect.global_variables",
            "--log.level=error",
        ),
    }[kind]


def etc(paths: LabPaths, host: str) -> Path:
    """Return the folder of what is set up beside a host."""
    return paths.host(host, "etc-prometheus")


def make_password(paths: LabPaths, images: Images) -> None:
    """Make the password of Prometheus and its hash, once."""
    password, hashed = paths.secrets / PASSWORD, paths.secrets / HASH
    if not password.exists():
        write(password, secrets.token_hex(16) + "\n", mode=SECRET)
        hashed.unlink(missing_ok=True)
    if not hashed.exists():
        make = ["mkpasswd", "--method=bcrypt", f"--rounds={ROUNDS}", "--stdin"]
        argv = ["docker", "run", "--rm", "-i", "--label", f"{LABEL}=1", "--network", "none", images.prometheus, *make]
        write(hashed, run(argv, stdin=password.read_text(), timeout=60), mode=SECRET)


def web(hashed: str) -> str:
    """Give web.yml: the certificate, and the only user."""
    content = {
        "tls_server_config": {"cert_file": f"{INSIDE}/server.pem", "key_file": f"{INSIDE}/server-key.pem"},
        "basic_auth_users": {USER: hashed},
    }
    # JSON is YAML.
    return json.dumps(content, indent=2) + "\n"


def targets() -> str:
    """Give prometheus.yml."""

    def listed(addresses: list[str]) -> str:
        return ", ".join(json.dumps(one) for one in addresses)

    return render.template(
        "prometheus.yml",
        nodes=listed([f"{ADDRESS[name]}:{NODE_PORT}" for name in NODES]),
        mysql=listed([f"{ADDRESS[DATABASE]}:{MYSQL_PORT}"]),
        haproxy=listed([f"{ADDRESS[name]}:{HAPROXY_PORT}" for name in LB_HOSTS]),
    )


def pages() -> dict[str, str]:
    """Give the page of each exporter that has a container of its own, by the container's name."""
    found = {f"{name}-node": f"http://{ADDRESS[name]}:{NODE_PORT}/" for name in NODES}
    return {**found, f"{DATABASE}-mysql-exporter": f"http://{ADDRESS[DATABASE]}:{MYSQL_PORT}/"}


def healthy(paths: LabPaths) -> str:
    """Ask Prometheus, by its certificate and with its password. Raises OSError when it does not answer well."""
    login = f"{USER}:{(paths.secrets / PASSWORD).read_text().strip()}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(login).decode()}"}
    request = urllib.request.Request(f"https://{ADDRESS[HOST]}:{PORT}/-/ready", headers=headers)
    context = ssl.create_default_context(cafile=str(paths.ca / "ca.pem"))
    with urllib.request.urlopen(request, timeout=PROBE_SECONDS, context=context) as answer:  # noqa: S310 - ours, https
        return str(answer.read(120).decode(errors="replace")).strip()


def exporter(password: str) -> str:
    """Give the login of MySQL's exporter, the lab's administrator: it is one of those that no fence locks out."""
    login = f"user = rr_admin\npassword = {password}\nhost = {ADDRESS[DATABASE]}\nport = 3306"
    return f"[client]\n{login}\nssl-ca = {INSIDE}/ca.pem\n"


def up(paths: LabPaths, images: Images) -> None:
    """Write the configuration of Prometheus and of MySQL's exporter."""
    make_password(paths, images)
    owner = images.users["prometheus"]
    folder = etc(paths, HOST)
    write(folder / "prometheus.yml", targets())
    write(folder / "web.yml", web((paths.secrets / HASH).read_text().strip()), mode=SECRET, owner=owner)
    write(folder / "server.pem", (paths.ca / f"{HOST}.pem").read_bytes())
    write(folder / "server-key.pem", (paths.ca / f"{HOST}-key.pem").read_bytes(), mode=SECRET, owner=owner)
    beside = etc(paths, DATABASE)
    password = (paths.secrets / "idc-rr_admin").read_text().strip()
    write(beside / "exporter.cnf", exporter(password), mode=SECRET, owner=owner)
    write(beside / "ca.pem", (paths.ca / "ca.pem").read_bytes())
