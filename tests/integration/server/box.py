"""A MySQL service as a site has it: a container beside its host, configuration and data mounted from outside."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scratch_mysql
from failback.errors import FailbackError
from failback.mysql import Login, Server

UUID = "11111111-1111-4111-8111-111111111111"
PASSWORD = "rr_admin-pass'word\\1"
DATADIR = "/var/lib/mysql"
CONF = """[mysqld]
user=mysql
datadir={datadir}
socket=/tmp/mysqld.sock
pid_file=/tmp/mysqld.pid
mysqlx=OFF
skip_name_resolve=ON
server_id=11
gtid_mode=ON
enforce_gtid_consistency=ON
log_bin=binlog
innodb_buffer_pool_size=64M
innodb_redo_log_capacity=32M
plugin_load_add=auth_socket.so
secure_file_priv=NULL
ssl_ca=/etc/tls/ca.pem
ssl_cert=/etc/tls/server-cert.pem
ssl_key=/etc/tls/server-key.pem
{extra}
"""


def docker(*argv: str, stdin: str | None = None, check: bool = True) -> str:
    """Run docker and return what it printed."""
    done = subprocess.run(["docker", *argv], input=stdin, capture_output=True, text=True, check=False, timeout=120)
    if check and done.returncode:
        raise AssertionError(f"docker {' '.join(argv[:4])}: {done.stderr}")
    return done.stdout.strip()


@dataclass
class Box:
    """One host with its MySQL container. ``root`` is the folder of its files on this machine."""

    name: str
    root: Path
    image: str
    address: str
    mount: str = DATADIR  # where the data's mount is inside the container
    volume: str = ""  # a named volume instead of a folder of this machine

    @property
    def data(self) -> Path:
        """Where the data's mount lies on this machine."""
        if self.volume:
            return Path(json.loads(docker("volume", "inspect", self.volume))[0]["Mountpoint"])
        return self.root / "data"

    @property
    def datadir(self) -> Path:
        """The data directory on this machine."""
        return self.data if self.mount == DATADIR else self.data / Path(DATADIR).relative_to(self.mount)

    @property
    def login(self) -> dict[str, object]:
        """db_idc of the inventory."""
        return {
            "host": self.address,
            "port": 3306,
            "user": "rr_admin",
            "password_file": str(self.root / "rr_admin"),
            "ca_file": str(self.root / "tls" / "ca.pem"),
            "server_uuid": UUID,
        }

    def connect(self) -> Server:
        return Server.connect(Login.from_dict(self.login))

    def args(self, **more: Any) -> dict[str, Any]:
        """The arguments of mysql_rebuild."""
        return {"name": self.name, "mysql": self.login, "timeout": 40.0, "stop_timeout": 20, **more}

    def create(self, extra: str = "") -> None:
        """Create the container without starting it."""
        (self.root / "my.cnf").write_text(CONF.format(datadir=DATADIR, extra=extra), encoding="utf-8")
        data = f"{self.volume or self.root / 'data'}:{self.mount}"
        argv = ["create", "--name", self.name, "--label", "rr.test=1", "--user", "mysql"]
        argv += ["--network", f"container:{self.name}-host", "-v", data]
        argv += ["-v", f"{self.root / 'my.cnf'}:/etc/rr/my.cnf:ro", "-v", f"{self.root / 'tls'}:/etc/tls:ro"]
        docker(*argv, self.image, "mysqld", "--defaults-file=/etc/rr/my.cnf")

    def start(self) -> None:
        """Start it and wait until the administrator gets in."""
        docker("start", self.name)
        self.wait()

    def wait(self) -> None:
        limit = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
            except FailbackError:
                if time.monotonic() > limit:
                    raise AssertionError(docker("logs", "--tail", "20", self.name)) from None
                time.sleep(0.2)
            else:
                return

    def kill(self) -> None:
        docker("kill", self.name)

    def stop(self) -> None:
        docker("stop", "-t", "30", self.name)

    @property
    def started_at(self) -> str:
        return docker("inspect", "-f", "{{.State.StartedAt}}", self.name)

    def wipe(self, pattern: str = "*") -> None:
        """Remove files of the data directory, hidden ones too when all are meant."""
        for path in [*self.datadir.glob(pattern), *(self.datadir.glob(".*") if pattern == "*" else [])]:
            # A server that runs makes some anew while it loses them.
            subprocess.run(["rm", "-rf", str(path)], check=False, capture_output=True)

    def remove(self) -> None:
        for name in (f"{self.name}-rollback-runner", self.name, f"{self.name}-host"):
            docker("rm", "-f", "-v", name, check=False)
        if self.volume:
            docker("volume", "rm", "-f", self.volume, check=False)


def make(root: Path, label: str, *, mount: str = DATADIR, volume: bool = False) -> Box:
    """Make a host and a created container over an empty data directory, certificates in place."""
    image = scratch_mysql.image()
    assert image, "no MySQL image: build the lab's images first (rollback-runner lab up)"
    name = f"rrt-server-{label}-{os.getpid()}-{time.monotonic_ns() % 100000}"
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    (root / "tls").mkdir(exist_ok=True)
    host = ["run", "-d", "--name", f"{name}-host", "--label", "rr.test=1", image, "sleep", "infinity"]
    docker(*host)
    address = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", f"{name}-host")
    box = Box(name, root, image, address, mount, f"{name}-data" if volume else "")
    (root / "rr_admin").write_text(PASSWORD + "\n", encoding="utf-8")
    (root / "rr_admin").chmod(0o600)
    (root / "data").mkdir(exist_ok=True)
    certificates(root / "tls", image)
    if box.volume:
        docker("volume", "create", "--label", "rr.test=1", box.volume)
    docker("run", "--rm", "-v", f"{box.volume or root / 'data'}:/d", image, "chown", "mysql:mysql", "/d")
    box.create()
    return box


def certificates(target: Path, image: str) -> None:
    """Make a CA and a server certificate for the server's user, once for each folder."""
    if (target / "ca.pem").exists():
        return
    script = (
        "mkdir /tmp/d && chown mysql /tmp/d && mysqld --no-defaults --user=mysql --datadir=/tmp/d --initialize-insecure"
        " --innodb-redo-log-capacity=8M && cp -p /tmp/d/*.pem /out/"
    )
    docker("run", "--rm", "--label", "rr.test=1", "-v", f"{target}:/out", image, "sh", "-ec", script)
