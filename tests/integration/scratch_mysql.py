"""One real MySQL server in a container, with the options a test needs: about 5 s to start, kept in memory.

Accounts: ``root`` over the socket inside the container, ``rr_admin``@'%' with everything. Reached by its address on
Docker's bridge: no port is taken. The image is the newest ``rr-lab-mysql:*``, or ``RR_TEST_MYSQL_IMAGE``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import mysql_root
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_TIMEOUT = 300.0
DATA = "/var/lib/mysql"
RUN = "/var/run/mysqld"
SOCKET = f"{RUN}/mysqld.sock"
ADMIN = "rr_admin"

# The server keeps the text of a program that stands among other statements with the semicolon behind it, and then a
# dump of it cannot be read; the client sends each statement alone.
_PROGRAM = re.compile("DELIMITER|TRIGGER|PROCEDURE|FUNCTION|EVENT|VIEW")

# What a test may override by naming it again: mysqld takes the last one.
OPTIONS = (
    "--mysqlx=OFF",
    "--innodb-redo-log-capacity=64M",
    "--innodb-buffer-pool-size=128M",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--event-scheduler=OFF",
    "--innodb-flush-log-at-trx-commit=2",
    "--sync-binlog=0",
)

# The data directory is made once: a container that is stopped and started keeps it (unless it lies in memory).
_START = """
set -e
mkdir -p {run} {data} && chown mysql:mysql {run} {data}
test -d {data}/mysql || mysqld --no-defaults --user=mysql --datadir={data} {initialise} \
 --initialize-insecure --innodb-redo-log-capacity=16M
test -z "{uuid}" || printf '[auto]\\nserver-uuid={uuid}\\n' > {data}/auto.cnf
while :; do
  mysqld --no-defaults --user=mysql --datadir={data} --socket={socket} {options} || true
  test -f /stay || exit 1
done
"""


@dataclass(frozen=True)
class TestServer:
    """One server: where it is and how its accounts log in."""

    __test__ = False

    container: str
    host: str
    uuid: str
    secrets: Path
    run: Path  # its directory with the socket, on this machine

    def login(self, user: str = ADMIN) -> Login:
        return Login.from_dict(self.login_dict(user))

    def login_dict(self, user: str = ADMIN) -> dict[str, object]:
        return {
            "host": self.host,
            "port": 3306,
            "user": user,
            "password_file": str(self.secrets / user),
            "ca_file": str(self.secrets / f"{self.container}-ca.pem"),
            "server_uuid": self.uuid,
        }

    def connect(self, user: str = ADMIN) -> Server:
        return Server.connect(self.login(user))

    def root(self, sql: str) -> str:
        """Run SQL as the all-mighty local root."""
        if not _PROGRAM.search(sql):
            return mysql_root.run(self.run / "mysqld.sock", sql) if sql.strip() else ""
        argv = ["docker", "exec", "-i", self.container, "mysql", "--no-defaults", "-uroot", "-N", "-B"]
        done = subprocess.run(
            [*argv, "-S", SOCKET], input=sql, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            raise AssertionError(f"{self.container}: {done.stderr}")
        return done.stdout.strip()

    def shell(self, script: str, timeout: float = 120.0) -> str:
        """Run a shell script inside the container."""
        argv = ["docker", "exec", "-i", self.container, "sh", "-ec", script]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=timeout)
        if done.returncode:
            raise AssertionError(f"{self.container}: {script!r}: {done.stderr}")
        return done.stdout

    @contextmanager
    def naming(self, address: str, name: str) -> Iterator[None]:
        """Have the server find a name for an address, as it does where the network has names for its machines."""
        self.shell(f"cp /etc/hosts /tmp/hosts && echo '{address} {name}' >> /etc/hosts")
        self.root("TRUNCATE TABLE performance_schema.host_cache")
        try:
            yield
        finally:
            self.shell("cat /tmp/hosts > /etc/hosts")
            self.root("TRUNCATE TABLE performance_schema.host_cache")

    def kill(self) -> None:
        """End mysqld with SIGKILL and do not start it again; the container ends."""
        self.shell("rm -f /stay; kill -9 $(pidof mysqld)")

    def crash(self) -> None:
        """End mysqld with SIGKILL; it is started again at once. Returns when it answers, or ended for good."""
        self.shell(
            "touch /stay; pid=$(pidof mysqld); kill -9 $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done"
        )
        await_answer(self)

    def restart(self) -> None:
        """Stop mysqld in good order and have it started again."""
        self._end("-15")
        await_answer(self)

    def _end(self, signal: str) -> None:
        ended = "while kill -0 $pid 2>/dev/null; do sleep 0.05; done"
        self.shell(f"touch /stay; pid=$(pidof mysqld); kill {signal} $pid; {ended}")


def image() -> str:
    """Pick the newest image of the lab's MySQL, or ""."""
    if wanted := os.environ.get("RR_TEST_MYSQL_IMAGE"):
        return wanted
    argv = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "rr-lab-mysql"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    return next(iter(done.stdout.split()), "")


def start(  # noqa: PLR0913 - a server has many sides; all have a default
    name: str,
    options: Sequence[str] = (),
    *,
    tmpfs: bool = True,
    memory: str = "",
    uuid: str = "",
    initialise: Sequence[str] = (),
    secrets: Path | None = None,
    mounts: Sequence[str] = (),
) -> TestServer:
    """Start a server named ``rrt-NAME-PID-N`` and wait until it answers.

    ``options`` are mysqld options after ours; ``initialise`` those that must stand when the data directory is made
    (--lower-case-table-names=1). ``memory`` limits the container ("1g"), ``mounts`` are docker's -v values.
    """
    return launch(
        f"rrt-{name}-{os.getpid()}-{time.monotonic_ns() % 1_000_000}",
        (*OPTIONS, *options),
        tmpfs=tmpfs,
        memory=memory,
        uuid=uuid,
        initialise=initialise,
        secrets=secrets or Path(tempfile.mkdtemp(prefix="rrt-secrets-")),
        mounts=mounts,
        wait=True,
    )


def launch(  # noqa: PLR0913 - as start
    container: str,
    options: Sequence[str],
    *,
    secrets: Path,
    image_name: str = "",
    tmpfs: bool = True,
    memory: str = "",
    uuid: str = "",
    initialise: Sequence[str] = (),
    mounts: Sequence[str] = (),
    wait: bool = False,
) -> TestServer:
    """Start a container under exactly this name; ``wait``: until it answers and ``rr_admin`` can log in."""
    script = _START.format(
        data=DATA, run=RUN, socket=SOCKET, uuid=uuid, options=" ".join(options), initialise=" ".join(initialise)
    )
    argv = ["docker", "run", "-d", "--name", container, "--label", "rr.test=1"]
    run = Path(tempfile.mkdtemp(prefix="rrt-"))  # a short name: a socket's path has at most 107 characters
    argv += ["-v", f"{run}:{RUN}"]
    argv += ["--tmpfs", DATA] if tmpfs else []
    argv += ["--memory", memory] if memory else []
    argv += [word for mount in mounts for word in ("-v", mount)]
    argv += ["--entrypoint", "/bin/sh", image_name or image(), "-c", script]
    subprocess.run(argv, capture_output=True, check=True, timeout=120)
    address = ["docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", container]
    found = subprocess.run(address, capture_output=True, check=True, text=True, timeout=120)
    server = TestServer(container, found.stdout.strip(), uuid, secrets, run)
    if not wait:
        return server
    await_answer(server)
    password = f"{ADMIN}-password-1"
    (secrets / ADMIN).write_text(f"{password}\n")
    (secrets / ADMIN).chmod(0o600)
    server.root(
        f"SET sql_log_bin=0; CREATE USER {ADMIN}@'%' IDENTIFIED BY '{password}';"
        f" GRANT ALL ON *.* TO {ADMIN}@'%' WITH GRANT OPTION;"
    )
    return replace(server, uuid=server.root("SELECT @@server_uuid"))


def await_answer(server: TestServer) -> None:
    """Wait until the server answers, and keep its CA certificate beside the passwords."""
    limit = time.monotonic() + START_TIMEOUT
    while True:
        try:
            server.root("SELECT 1")
            break
        except AssertionError:
            if time.monotonic() > limit:
                raise AssertionError(f"{server.container} did not start: {logs(server)}") from None
            time.sleep(0.1)
    target = server.secrets / f"{server.container}-ca.pem"
    argv = ["docker", "exec", server.container, "cat", f"{DATA}/ca.pem"]
    target.write_bytes(subprocess.run(argv, capture_output=True, check=True, timeout=120).stdout)


def logs(server: TestServer, lines: int = 20) -> str:
    """Return the end of the server's error log."""
    argv = ["docker", "logs", "--tail", str(lines), server.container]
    return subprocess.run(argv, capture_output=True, check=False, text=True, errors="replace", timeout=120).stderr


def stop(server: TestServer) -> None:
    """Remove the container and its socket's directory."""
    subprocess.run(["docker", "rm", "-fv", server.container], capture_output=True, check=False, timeout=120)
    shutil.rmtree(server.run, ignore_errors=True)


@contextmanager
def running(name: str, options: Sequence[str] = (), **more: object) -> Iterator[TestServer]:
    """``start`` and ``stop`` around a block."""
    server = start(name, options, **more)  # type: ignore[arg-type]  # the same keywords as start
    try:
        yield server
    finally:
        stop(server)
