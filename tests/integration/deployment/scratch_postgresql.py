"""One real PostgreSQL cluster in a temporary directory, over a socket of its own: about 2 s to start, no port taken.

It runs as the user ``postgres``, whom the server's package makes; the server itself refuses to run as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

USER = "postgres"
# Durability is of no use to a cluster that lives for a test.
_OPTIONS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c shared_buffers=16MB -c max_connections=20"


@dataclass(frozen=True)
class Cluster:
    """``host`` is the directory of its socket, which a client takes for a host."""

    programs: Path
    host: str

    def login(self, database: str) -> dict[str, object]:
        """Return deployment_database for it."""
        return {"host": self.host, "port": 5432, "user": USER, "database": database, "schema": "public"}

    def run(self, sql: str, database: str = "postgres") -> str:
        """Run statements with the server's own client; return what it prints."""
        argv = [str(self.programs / "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.host, "-d", database]
        return _as_user(argv, sql).stdout


def programs() -> Path | None:
    """Return where the newest server's programs are, None when there is no server here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running() -> Iterator[Cluster]:
    """Make a cluster, start it, and remove it."""
    place = programs()
    if place is None:
        raise FileNotFoundError("no PostgreSQL server is installed here: install the package postgresql")
    home = Path(tempfile.mkdtemp(prefix="rrt-pg-"))
    shutil.chown(home, USER)
    data = home / "data"
    try:
        _as_user([str(place / "initdb"), "-D", str(data), "-A", "trust", "--no-sync", "-E", "UTF8"])
        control = [str(place / "pg_ctl"), "-D", str(data)]
        _as_user([*control, "-w", "-l", str(home / "log"), "-o", f"{_OPTIONS} -k {home}", "start"])
        try:
            yield Cluster(place, str(home))
        finally:
            _as_user([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _as_user(argv: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
    before = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"] if os.geteuid() == 0 else []
    # A server that stays behind keeps the pipe of whoever waits for it: its words go to the log alone.
    done = subprocess.run(
        [*before, *argv], input=given, capture_output=True, text=True, check=False, cwd="/", timeout=60
    )
    if done.returncode:
        raise AssertionError(f"{Path(argv[0]).name}: {done.stderr or done.stdout}")
    return done
