"""A throw-away MySQL server in a container on a Docker host, to prove a backup by restoring it.

Needs the docker CLI there and an image with ``mysqld`` and ``mysql`` in it; nothing is pulled. Only containers with our
label are ever removed. The account's password is made here, goes to the container over standard input and is kept in a
file of mode 0600.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.mysql import Login, quote_account, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LABEL = "rollback-runner.scratch"
USER = "rr_scratch"
START_TIMEOUT = 300.0  # seconds: making the data directory takes 4 to 30, on slow disks minutes
LIMIT = 60.0  # seconds for a command that only asks
_START_LIMIT = 300.0  # seconds: the first container of an image that was never used is unpacked first
_GONE_TIMEOUT = 60.0  # seconds for a removal that was begun by another
_REMOVE_LIMIT = 1800.0  # seconds: with the data of a whole restore in it, a file system takes its time
_SOCKET = "/tmp/mysqld.sock"  # noqa: S108 - inside the container
_DATA = "/var/lib/rollback-runner-scratch"
_START = f"""set -e
mkdir -p {_DATA} && chown mysql:mysql {_DATA}
mysqld --no-defaults --user=mysql --datadir={_DATA} --initialize-insecure "$@"
exec mysqld --no-defaults --user=mysql --datadir={_DATA} --socket={_SOCKET} --mysqlx=OFF --skip-log-bin \
 --event-scheduler=OFF "$@"
"""


class Runner(Protocol):
    """Runs one command on the Docker host: argv, standard input, seconds it may take; gives standard output.

    Raises FailbackError.
    """

    def __call__(self, argv: Sequence[str], stdin: str = "", limit: float = LIMIT) -> str:
        """Run it."""


@dataclass(frozen=True)
class Scratch:
    """A running scratch server."""

    name: str
    login: Login


def local(argv: Sequence[str], stdin: str = "", limit: float = LIMIT) -> str:
    """Run a command on this machine. Raises FailbackError with what it said."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False, timeout=limit)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreachableError(f"`{argv[0]}` does not answer here: {error}") from error
    if done.returncode:
        raise FailbackError(f"`{' '.join(argv[:3])}` failed: {done.stderr.strip()[-400:]}")
    return done.stdout


def make(  # noqa: PLR0913 - a server has many sides
    name: str,
    image: str,
    directory: Path,
    *,
    run: Runner = local,
    options: Sequence[str] = (),
    address: str = "",
) -> Scratch:
    """Start a server and wait until it answers; ``directory`` (mode 0700) takes the password.

    ``address`` of the Docker host: the port is published there; "" means this machine's own Docker, reached by the
    container's address. ``options`` go to mysqld (--lower-case-table-names=1 must be as on IDC). Raises FailbackError.
    """
    publish = ["--publish", f"{address}::3306"] if address else []
    argv = ["docker", "run", "--detach", "--pull", "never", "--name", name, "--label", f"{LABEL}=1", *publish]
    run([*argv, "--entrypoint", "/bin/sh", image, "-c", _START, "mysqld", *options], limit=_START_LIMIT)
    try:
        return Scratch(name, _login(name, directory, run, address))
    except BaseException:
        remove(name, run=run)
        raise


def remove(name: str, *, run: Runner = local) -> bool:
    """Remove a scratch server with its data; False when there was none. RefusedError: it is not ours."""
    if not _stands(name, run):
        return False
    ours = ["--filter", f"name=^/?{name}$", "--filter", f"label={LABEL}=1"]
    if not run(["docker", "ps", "--all", *ours, "--quiet"]).strip():
        raise RefusedError(f"the container {name} is not a scratch server of ours: it is left alone")
    try:
        run(["docker", "rm", "--force", "--volumes", name], limit=_REMOVE_LIMIT)
    except FailbackError:  # somebody who was killed may have begun to remove it: Docker goes on with that
        limit = time.monotonic() + _GONE_TIMEOUT
        while _stands(name, run):
            if time.monotonic() > limit:
                raise
            time.sleep(0.5)
    return True


def free(name: str, *, run: Runner = local) -> int | None:
    """Tell the bytes that a scratch server's data may still take; None where nobody can tell."""
    try:
        said = run(["docker", "exec", name, "df", "-Pk", _DATA])
        return int(said.splitlines()[-1].split()[3]) * 1024
    except (FailbackError, IndexError, ValueError):  # an image without df, or one that writes it otherwise
        return None


def _stands(name: str, run: Runner) -> bool:
    argv = ["docker", "ps", "--all", "--filter", f"name=^/?{name}$", "--format", "{{.Names}}"]
    return name in run(argv).split()


@contextmanager
def running(
    name: str, image: str, directory: Path, *, run: Runner = local, options: Sequence[str] = ()
) -> Iterator[Scratch]:
    """``make`` and ``remove`` around a block."""
    server = make(name, image, directory, run=run, options=options)
    try:
        yield server
    finally:
        remove(name, run=run)


def _login(name: str, directory: Path, run: Runner, address: str) -> Login:
    password = secrets.token_urlsafe(24)
    account = quote_account(USER, "%")
    _await(
        name,
        run,
        # Twice does no harm: a slow server may have done it when we gave up waiting.
        f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {quote_text(password)};"
        f" GRANT ALL ON *.* TO {account} WITH GRANT OPTION;",
    )
    path = directory / f"{name}.password"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(password + "\n")
    if address:
        port = int(run(["docker", "port", name, "3306/tcp"]).splitlines()[0].rpartition(":")[2])
        return Login(address, port, USER, str(path))
    networks = json.loads(run(["docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", name]))
    host = next((str(n["IPAddress"]) for n in networks.values() if n.get("IPAddress")), "")
    if not host:
        raise FailbackError(f"the scratch server {name} has no address: name the Docker host's `address`")
    return Login(host, 3306, USER, str(path))


def _await(name: str, run: Runner, statements: str) -> None:
    limit = time.monotonic() + START_TIMEOUT
    while True:
        try:
            run(["docker", "exec", "-i", name, "mysql", "--no-defaults", "-uroot", "-S", _SOCKET], stdin=statements)
        except FailbackError as error:
            if time.monotonic() > limit or not run(["docker", "ps", "--filter", f"name=^/?{name}$", "-q"]).strip():
                said = run(["docker", "logs", "--tail", "5", name])
                raise FailbackError(f"the scratch server {name} did not start: {error} {said}") from error
            time.sleep(0.3)
        else:
            return
