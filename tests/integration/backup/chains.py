"""A small shop with a past: two backups, an archive of binary logs of several files, and a cut-over."""

from __future__ import annotations

import hashlib
import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import scratch_mysql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scratch_mysql import TestServer

SHOP_SCHEMAS = ("shop",)
_LOAD = """CREATE DATABASE shop; USE shop;
CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, note varchar(40));
CREATE TABLE stock (id int PRIMARY KEY, n int);
SET @@cte_max_recursion_depth=100000;
INSERT INTO orders (note) WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i+1 FROM n WHERE i<4000)
 SELECT CONCAT('order ', i) FROM n;
INSERT INTO stock WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i+1 FROM n WHERE i<2000) SELECT i, i FROM n;"""


@dataclass(frozen=True)
class Past:
    """``old`` and ``new`` are dumps; ``binlogs`` the archive from ``old`` to ``cutover``; ``late`` is after it."""

    server: TestServer
    folder: Path
    old: Path
    new: Path
    late: Path
    binlogs: Path
    cutover: str
    uuid: str


def executed(server: TestServer) -> str:
    """Read the position, on one line."""
    return server.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "").replace("\n", "")


def dump(server: TestServer, path: Path, *options: str) -> Path:
    """Dump the shop."""
    words = " ".join(("--single-transaction", "--set-gtid-purged=ON", "--databases shop", *options))
    script = f"mysqldump --no-defaults -uroot -S {scratch_mysql.SOCKET} {words} 2>/dev/null"
    argv = ["docker", "exec", server.container, "sh", "-c", script]
    path.write_bytes(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout)
    return path


def trade(server: TestServer, count: int) -> None:
    """Write some transactions, then begin a new binary log."""
    server.root("".join(f"INSERT INTO shop.orders (note) VALUES ('late {n}');" for n in range(count)))
    server.root("FLUSH BINARY LOGS")


@contextmanager
def make_past(folder: Path) -> Iterator[Past]:
    """Load, dump, trade, dump, trade, cut over, trade on."""
    with scratch_mysql.running("backup-past", ("--log-bin=binlog",)) as server:
        server.root(_LOAD)
        server.root("FLUSH BINARY LOGS")
        first = server.root("SHOW BINARY LOG STATUS").split()[0]
        old = dump(server, folder / "old.sql")
        trade(server, 5)
        trade(server, 5)
        new = dump(server, folder / "new.sql")
        trade(server, 5)
        cutover = executed(server)
        current = server.root("SHOW BINARY LOG STATUS").split()[0]
        binlogs = folder / "binlogs"
        binlogs.mkdir()
        for name in sorted(server.shell("cd /var/lib/mysql; ls binlog.[0-9]*").split()):
            if first <= name < current:
                argv = ["docker", "exec", server.container, "cat", f"/var/lib/mysql/{name}"]
                (binlogs / name).write_bytes(subprocess.run(argv, capture_output=True, check=True).stdout)
        index(binlogs)
        trade(server, 3)
        late = dump(server, folder / "late.sql")
        yield Past(server, folder, old, new, late, binlogs, cutover, server.uuid)


def index(archive: Path) -> None:
    """Write the archive's index anew."""
    files = [
        {"name": path.name, "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(archive.glob("binlog.*"))
    ]
    (archive / "index.json").write_text(json.dumps({"version": 1, "files": files}))
