"""A shop with a past: a dump of it, what happened since, the archived binary logs, and how it looked in the end."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql
import scratch_mysql

from lab.shop import data, delta

if TYPE_CHECKING:
    from pathlib import Path

    from scratch_mysql import TestServer

OPTIONS = (
    *("--binlog-row-metadata=FULL", "--log-bin-trust-function-creators=ON", "--log-bin=binlog"),
    # Else a server that was killed goes on replaying by itself, without the channel's filter.
    "--skip-replica-start=ON",
)
CLIENT = f"--no-defaults -uroot -S {scratch_mysql.SOCKET}"
ROWS = 1_500


@dataclass(frozen=True)
class History:
    """What a test of the replay needs."""

    dump: bytes
    position: str  # of the dump
    cutover: str
    archive: Path
    end: str  # the whole schema as text, at the cut-over


def executed(server: TestServer) -> str:
    return server.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "").replace("\n", "")


def dumped(server: TestServer, options: str) -> bytes:
    """Run mysqldump in the container; binary columns make its output no text."""
    script = f"mysqldump {CLIENT} --single-transaction --routines --triggers --events {options} --databases shop"
    argv = ["docker", "exec", server.container, "sh", "-c", script]
    return subprocess.run(argv, capture_output=True, check=True, timeout=120).stdout


def picture(server: TestServer) -> str:
    """The whole schema as text, without what differs between two servers with equal data."""
    text = dumped(
        server,
        "--set-gtid-purged=OFF --skip-dump-date --skip-comments --order-by-primary --skip-extended-insert --hex-blob",
    ).decode()
    return "\n".join(line for line in text.splitlines() if "AUTO_INCREMENT=" not in line)


def connection(server: TestServer) -> pymysql.Connection[pymysql.cursors.Cursor]:
    password = (server.secrets / scratch_mysql.ADMIN).read_text().strip()
    return pymysql.connect(
        host=server.host, user=scratch_mysql.ADMIN, password=password, ssl={"check_hostname": False}, autocommit=True
    )


def make(server: TestServer, archive: Path) -> History:
    """Load, dump, trade with a change of shape in between, archive."""
    link = connection(server)
    data.load(link, ROWS)
    # A decimal inside of JSON comes out of any dump as a double (8.9770 as 8.977): go through one dump first.
    pour(server, dumped(server, "--set-gtid-purged=OFF"))
    server.root("FLUSH BINARY LOGS")
    first = server.root("SHOW BINARY LOG STATUS").split()[0]
    dump = dumped(server, "--set-gtid-purged=ON")
    position = executed(server)
    for part, seed in enumerate((7, 8, 9)):
        delta.trade(link, 60, seed)
        if part == 1:
            server.root("ALTER TABLE shop.warehouses ADD COLUMN note varchar(20) DEFAULT '비고' AFTER code")
            server.root("CREATE USER late@'%' IDENTIFIED BY 'late-password-1'; CREATE DATABASE other;")
            server.root("CREATE TABLE other.t (id int PRIMARY KEY); INSERT INTO other.t VALUES (1), (2)")
        server.root("FLUSH BINARY LOGS")
    cutover = executed(server)
    end = picture(server)
    # What is in the same file but after the cut-over must not be applied.
    server.root("CREATE TABLE shop.too_late (id int PRIMARY KEY)")
    server.root("FLUSH BINARY LOGS")
    current = server.root("SHOW BINARY LOG STATUS").split()[0]
    archive.mkdir()
    for name in sorted(server.shell("cd /var/lib/mysql; ls binlog.[0-9]*").split()):
        if first <= name < current:
            copy = subprocess.run(
                ["docker", "exec", server.container, "cat", f"/var/lib/mysql/{name}"], capture_output=True, check=True
            )
            (archive / name).write_bytes(copy.stdout)
    index(archive)
    link.close()
    return History(dump, position, cutover, archive, end)


def index(archive: Path) -> None:
    """Write the archive's index anew."""
    files = [
        {"name": path.name, "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(archive.glob("binlog.*"))
    ]
    (archive / "index.json").write_text(json.dumps({"version": 1, "files": files}))


def restore(server: TestServer, dump: bytes) -> None:
    """Put the dump on a server that then holds nothing else, and close it."""
    server.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    for channel in server.root(
        "SELECT channel_name FROM performance_schema.replication_connection_configuration"
    ).split():
        server.root(f"STOP REPLICA FOR CHANNEL '{channel}'; RESET REPLICA ALL FOR CHANNEL '{channel}'")
    server.root("SET sql_log_bin=0; DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS rollback_runner_restore")
    server.root("SET sql_log_bin=0; DROP DATABASE IF EXISTS elsewhere")
    server.root("RESET BINARY LOGS AND GTIDS")
    pour(server, dump)
    server.root("SET GLOBAL super_read_only=1")


def pour(server: TestServer, dump: bytes) -> None:
    """Feed a dump to the client in the container."""
    argv = ["docker", "exec", "-i", server.container, "sh", "-c", f"mysql {CLIENT}"]
    subprocess.run(argv, input=dump, check=True, capture_output=True, timeout=120)
