"""Where a backup is proven: a Docker host, its scratch servers of ours, and the one drill at a time that may use it.

The names of our scratch servers say which machine, site and database they are of, so that what a killed drill left is
known, and nobody else's server is taken for it.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import socket
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

    def run(argv: Sequence[str], stdin: str = "") -> str:
        return scratch.local(argv_of([host, shlex.join(argv)]), stdin)

    return Place(run, host, str(hostvars[host].get("ansible_host") or host))


def stem(site: str, host: str) -> str:
    """Begin the name of a scratch server of this machine, for this database."""
    words = (shelf.word(part).lower() for part in (site, host, socket.gethostname()))
    return f"rr-proof-{'-'.join(words)}-"


def sweep(place: Place, prefix: str, passwords: Path) -> list[str]:
    """Remove the scratch servers and passwords that a killed drill left; give their names. Raises FailbackError."""
    filters = ["--filter", f"label={scratch.LABEL}=1", "--filter", f"name=^/?{prefix}"]
    found = place.run(["docker", "ps", "--all", *filters, "--format", "{{.Names}}"]).split()
    for name in found:
        scratch.remove(name, run=place.run)
    for path in passwords.glob(f"{prefix}*.password"):
        path.unlink(missing_ok=True)
    return found


@contextmanager
def alone(directory: Path, host: str) -> Iterator[None]:
    """Be the only drill of a database on this machine. Raises BusyError; the lock ends with the process."""
    path = directory / f"{shelf.word(host)}.lock"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FailbackError(f"{path} cannot be written: {error.strerror}; correct backup_proofs") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BusyError(f"another drill of the backups of {host} is at work here: wait until it has ended") from error
    finally:
        os.close(descriptor)
