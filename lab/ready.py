"""Waiting until each part of the lab really answers, and saying who answered."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import dns.exception
import dns.message
import dns.query
import pymysql

from lab import keys, monitoring
from lab.commands import run
from lab.desk.app import HTTP_PORT as DESK_PORT
from lab.errors import LabError
from lab.topology import ADDRESS, AWS_PORT, AWS_ZONE, IDC_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.paths import LabPaths

PROBE_SECONDS = 2.0
MYSQL_PORT = 3306
# A part that does not answer: refused, silent, closed half-way, or an answer that says no.
NO_ANSWER = (OSError, LabError, pymysql.MySQLError, dns.exception.DNSException, urllib.error.URLError)


def wait_for(what: str, seconds: float, probe: Callable[[], str], *, every: float = 0.2) -> str:
    """Repeat `probe` until it answers; return the answer. Raises LabError with the last refusal after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return probe()
        except NO_ANSWER as error:
            if time.monotonic() >= deadline:
                raise LabError(f"{what} does not answer after {seconds:.0f} s: {error}") from error
        time.sleep(every)


def mysql(paths: LabPaths, side: str) -> str:
    """Ask a server over TCP who it is and whether it takes writes."""
    host, secret = {"idc": ("idc-db1", "idc-rr_admin"), "rds": ("aws-rds", "aws-rr_admin")}[side]
    connection = pymysql.connect(
        host=ADDRESS[host],
        port=MYSQL_PORT,
        user="rr_admin",
        password=keys.read(paths, secret),
        ssl={"ca": str(paths.ca / "ca.pem")},
        connect_timeout=int(PROBE_SECONDS),
        read_timeout=int(PROBE_SECONDS),
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@server_uuid, @@global.read_only, @@global.super_read_only")
        row = cursor.fetchone()
        assert row is not None
    closed = "read-only" if row[1] or row[2] else "takes writes"
    return f"{row[0]}, {closed}"


def sshd(host: str) -> str:
    """Read the greeting of a host's sshd."""
    with socket.create_connection((ADDRESS[host], 22), timeout=PROBE_SECONDS) as connection:
        connection.settimeout(PROBE_SECONDS)
        greeting = connection.recv(64).decode(errors="replace").strip()
    if not greeting.startswith("SSH-"):
        raise LabError(f"Port 22 of {host} says {greeting!r}.")
    return greeting.removeprefix("SSH-2.0-")


def http(url: str) -> str:
    """Fetch a page; anything but a success is an error. Returns the first 120 characters."""
    with urllib.request.urlopen(url, timeout=PROBE_SECONDS) as answer:  # noqa: S310  always one of ours, http
        return str(answer.read(120).decode(errors="replace")).strip().replace("\n", " ")


def name(server: str, question: str) -> str:
    """Ask one name server for an A record. An empty answer is an error: the zone is not served yet."""
    query = dns.message.make_query(question, "A")
    answer = dns.query.udp(query, ADDRESS[server], timeout=PROBE_SECONDS)
    values = [str(record) for found in answer.answer for record in found if found.rdtype == dns.rdatatype.A]
    if not values:
        raise LabError(f"{server} has no A record for {question}.")
    return f"{question} -> {', '.join(values)}"


def aws() -> str:
    """Ask the AWS stand-in for its own page."""
    http(f"http://{ADDRESS['aws-api']}:{AWS_PORT}/moto-api/")
    return "AWS API answers"


def heartbeat() -> str:
    """Tell how old Amazon's last sign of life is, in seconds."""
    client = ["mysql", "--user=rdsadmin", "--batch", "--skip-column-names"]
    query = "SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) - value / 1000, 1) FROM mysql.rds_heartbeat2"
    age = run(
        ["docker", "exec", "--interactive", "--user", "root", "aws-rds-mysql", *client], stdin=f"{query};", timeout=10
    ).strip()
    return f"last beat {age} s ago" if age else "no beat yet"


def probes(paths: LabPaths, *, serving: bool = True) -> dict[str, Callable[[], str]]:
    """Give the probe of each service that answers by itself, by the container's name.

    With `serving` an application must reach its database. After a drill the one on AWS cannot, and that is right.
    """
    app, node = ("/api/whoami", "/api/whoami") if serving else ("/healthz", "/lb/healthz")
    found: dict[str, Callable[[], str]] = {
        "idc-db1-mysql": lambda: mysql(paths, "idc"),
        "aws-rds-mysql": lambda: mysql(paths, "rds"),
        "idc-dns1-named": lambda: name("idc-dns1", f"www.{IDC_ZONE}"),
        "idc-dns2-named": lambda: name("idc-dns2", f"www.{IDC_ZONE}"),
        "aws-dns1-named": lambda: name("aws-dns1", f"m.{AWS_ZONE}"),
        "aws-api-moto": aws,
        "aws-rds-heartbeat": heartbeat,
        "idc-dns2-desk": lambda: http(f"http://{ADDRESS['idc-dns2']}:{DESK_PORT}/healthz"),
    }
    for exporter, url in monitoring.pages().items():
        found[exporter] = lambda url=url: http(url) and "exports metrics"  # type: ignore[misc]
    found[f"{monitoring.HOST}-prometheus"] = lambda: monitoring.healthy(paths)
    for host in ("idc-app1", "idc-app2", "aws-app1"):
        found[f"{host}-shop"] = lambda host=host: http(f"http://{ADDRESS[host]}:8080{app}")  # type: ignore[misc]
    for host in ("idc-lb1", "aws-lb1"):
        found[f"{host}-haproxy"] = lambda host=host: http(f"http://{ADDRESS[host]}{node}")  # type: ignore[misc]
    return found
