"""Where a backup is proven: a Docker host, its scratch servers of ours, and the one drill at a time that may use it.

The names of our scratch servers say which machine, site, database and directory of proofs they are of, so that what a
killed drill left is known, and nobody else's server is taken for it. The lock lies in that same directory: who holds it
is alone with all servers of that name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shlex
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.backup import shelf
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.restore import scratch
from failback.restore.source_site import site_ssh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from failback.restore.scratch import Runner


class BusyError(RefusedError):
    """Another drill of the same database is at work on this machine."""


@dataclass(frozen=True)
class Place:
    """The Docker host: how a command is run there, its name, and the address of its ports ("": the bridge)."""

    run: Runner
    name: str
    address: str = ""


def place_of(host: str, hostvars: Mapping[str, Mapping[str, Any]]) -> Place:
    """Give the site's Docker host for proofs; "" is this machine. Raises ConfigError for a host nobody knows."""
    if not host:
        return Place(scratch.local, socket.gethostname())
    if host not in hostvars:
        what = f"backup_scratch_host names {host}, which is no host of this site"
        raise ConfigError(f"{what}: correct it, or leave it empty for this machine")
    argv_of = site_ssh(hostvars)

    def run(argv: Sequence[str], stdin: str = "", limit: float = scratch.LIMIT) -> str:
        return scratch.local(argv_of([host, shlex.join(argv)]), stdin, limit)

    return Place(run, host, str(hostvars[host].get("ansible_host") or host))


def stem(site: str, host: str, directory: Path) -> str:
    """Begin the name of a scratch server of this machine, for this database and directory of proofs."""
    machine = socket.gethostname()
    whole = "\0".join((site, host, machine, str(directory.expanduser().absolute())))
    words = (
        *(shelf.word(part).lower() for part in (site, host, machine)),
        hashlib.sha256(whole.encode()).hexdigest()[:8],
    )
    return f"rr-proof-{'-'.join(words)}-"


def sweep(place: Place, prefix: str, passwords: Path) -> list[str]:
    """Remove the scratch servers and passwords that a killed drill left; give their names. Raises FailbackError.

    Only for who holds the lock (`alone`): otherwise a server that is at work might go.
    """
    ours = re.compile(rf"{re.escape(prefix)}[0-9]+")
    for path in passwords.glob("*.password"):
        if ours.fullmatch(path.name.removesuffix(".password")):
            path.unlink(missing_ok=True)
    filters = ["--filter", f"label={scratch.LABEL}=1", "--filter", f"name=^/?{prefix}"]
    listed = place.run(["docker", "ps", "--all", *filters, "--format", "{{.Names}}"]).split()
    found = [name for name in listed if ours.fullmatch(name)]
    for name in found:
        scratch.remove(name, run=place.run)
    return found


@contextmanager
def alone(directory: Path, host: str, patience: float = 0.0) -> Iterator[None]:
    """Be the only drill of a database on this machine. Raises BusyError; the lock ends with the process.

    ``patience``: seconds to wait for another one to end.
    """
    path = directory / f"{shelf.word(host)}.lock"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FailbackError(f"{path} cannot be written: {error.strerror}; correct backup_proofs") from error
    try:
        _lock(descriptor, host, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, host: str, limit: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= limit:
                what = f"another drill of the backups of {host} is at work here: wait until it has ended"
                raise BusyError(what) from error
            time.sleep(0.1)
