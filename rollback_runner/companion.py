"""The companion's side: one process, one name, one incident. Started by `companions.ensure`, never by a person.

``python -m rollback_runner.companion NAME --site DIR --home DIR --incident DIR``: its arguments are paths. What it does
is ``run(context)`` of the module its name stands for; it goes on until ``context.over()``.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from failback import scrub

from rollback_runner import companions
from rollback_runner.errors import SiteError
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from rollback_runner.site.site import Site

# Each module has ``run(context: Context) -> None``.
MODULES = {"sampler": "rollback_runner.watching.sampler", "messenger": "rollback_runner.telling.messenger"}
_NICE = 10  # plays and drills come first
_LOOK = 1.0  # seconds between two looks at whether the incident is still open


@dataclass
class Context:
    """What a companion knows, and how it learns that it is over. ``last_beat`` is of the one before it, if any."""

    name: str
    site: Site
    site_directory: Path
    home: Path
    incident: Path
    last_beat: float | None = None
    _told: threading.Event = field(default_factory=threading.Event)
    _looked: float = 0.0
    _why: str = ""
    _secrets: tuple[str, ...] = ()

    def over(self) -> str:
        """Give a sign of life and say why it is over: "stopped", "closed", or "" while it goes on."""
        now = time.monotonic()
        if not self._why and self._told.is_set():
            self._why = "stopped"
        if not self._why and now - self._looked >= _LOOK:
            self._looked = now
            if (companions.place(self.incident) / f"{self.name}.stop").exists():
                self._why = "stopped"
            elif not companions.is_open(self.incident):
                self._why = "closed"
            else:
                self.beat()
        return self._why

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until it is over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self.over():
            self._told.wait(min(left, _LOOK))

    def beat(self) -> None:
        """Give a sign of life; a full disk takes nothing from it, for the file is there already."""
        path = companions.place(self.incident) / f"{self.name}.beat"
        try:
            path.touch(mode=0o600)
        except OSError:
            return

    def tell_to_end(self, *_signal: int | FrameType | None) -> None:
        """End at the next occasion (SIGTERM)."""
        self._told.set()

    def log(self, sentence: str) -> None:
        """Write one line into the companion's log, without any secret of the site."""
        if not self._secrets:
            self._secrets = scrub.load(self.site.secret_files)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            print(f"{moment} {scrub.scrub(sentence, self._secrets)}", flush=True)  # noqa: T201 - the log is stdout
        except OSError:
            return


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the companion. Returns 0 at its end, 1 when it broke, 3 when another one is there."""
    parser = argparse.ArgumentParser(prog="rollback_runner.companion")
    parser.add_argument("name", choices=sorted(MODULES))
    for option in ("--site", "--home", "--incident"):
        parser.add_argument(option, type=Path, required=True)
    given = parser.parse_args(arguments)
    os.umask(0o077)
    os.nice(_NICE)
    lock = os.open(
        companions.place(given.incident) / f"{given.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"{given.name} works already for {given.incident}\n")
        return 3
    return _work(given.name, given.site, given.home, given.incident)


def _work(name: str, site_directory: Path, home: Path, incident: Path) -> int:
    told = threading.Event()
    last = companions.state(incident, name).beat
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    signal.signal(signal.SIGINT, lambda *_: told.set())
    try:
        context = Context(name, sites.load(str(site_directory)), site_directory, home, incident, last, told)
    except SiteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    context.log(f"{name} begins (process {os.getpid()})")
    context.beat()
    try:
        importlib.import_module(MODULES[name]).run(context)
    except Exception:  # noqa: BLE001 - a companion's last words belong into its log, whatever they are
        context.log(f"{name} broke:\n{traceback.format_exc()}")
        return 1
    context.log(f"{name} ends ({context.over() or 'done'})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
