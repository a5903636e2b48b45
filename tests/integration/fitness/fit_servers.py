"""IDC with a data directory and a small file system of its own, RDS, and where they parted."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import scratch_mysql
from fit_site import docker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scratch_mysql import TestServer

SMALL = "/srv/small"  # relay logs and temporary files of IDC: a file system of their own
_TABLE = "CREATE TABLE shop.t{number} (id int AUTO_INCREMENT PRIMARY KEY, filler char(200) NOT NULL, KEY (filler));"
_FILL = (
    "INSERT INTO shop.t{number} (filler) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
    " SELECT LPAD(a.i, 200, 'x') FROM n a JOIN n b WHERE b.i <= 20;"
)


@dataclass(frozen=True)
class Servers:
    """Both servers, and what a test does to the room of IDC."""

    idc: TestServer
    rds: TestServer
    cutover: str
    since: int  # bytes of RDS's binary logs since the cut-over

    def fill(self, path: str, leave: int) -> None:
        """Leave so many bytes free there."""
        free = int(self.idc.shell(f"stat -f -c '%a %S' {path}").split()[0]) * 4096
        self.idc.shell(f"fallocate -l {free - leave} {path}/ballast")

    def empty(self) -> None:
        """Take what filled it away again."""
        self.idc.shell(f"rm -rf {SMALL}/ballast {scratch_mysql.DATA}/ballast {SMALL}/many")


def _volume(name: str, options: str) -> str:
    """Make a volume of a size of its own, in memory."""
    full = f"rrt-fit-{os.getpid()}-{name}"
    argv = ["--driver", "local", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", f"o={options}"]
    docker("volume", "create", "--label", "rr.test=1", *argv, full)
    return full


def start() -> Iterator[Servers]:
    """Bring both up, and take them down at the end."""
    data, small = _volume("data", "size=400m,mode=0777"), _volume("small", "size=64m,nr_inodes=3000,mode=1777")
    mounts = [f"{data}:{scratch_mysql.DATA}", f"{small}:{SMALL}"]
    options = [f"--tmpdir={SMALL}", f"--relay-log={SMALL}/relay", "--innodb-buffer-pool-size=32M"]
    with ThreadPoolExecutor(2) as pool:
        starting = pool.submit(scratch_mysql.start, "fit-idc", options, tmpfs=False, mounts=mounts)
        rds = scratch_mysql.start("fit-rds", ["--innodb-buffer-pool-size=32M"])
        idc = starting.result()
    try:
        rds.root("CREATE DATABASE shop;" + _TABLE.format(number=1) + _FILL.format(number=1))
        cutover = rds.root("SELECT @@GLOBAL.gtid_executed").replace("\n", "")
        idc.root(
            "SET sql_log_bin=0; CREATE DATABASE shop;"
            + _TABLE.format(number=1)
            + _FILL.format(number=1)
            + f"RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged='{cutover}';"
        )
        rds.root("FLUSH BINARY LOGS")  # what came before lies in a file of its own
        rds.root(_TABLE.format(number=2) + _FILL.format(number=2) * 3 + "FLUSH BINARY LOGS;" + _FILL.format(number=2))
        logs = [int(line.split("\t")[1]) for line in rds.root("SHOW BINARY LOGS").splitlines()]
        yield Servers(idc, rds, cutover, sum(logs[-2:]))
    finally:
        for server in (idc, rds):
            scratch_mysql.stop(server)
        docker("volume", "rm", data, small, check=False)
