"""What a data directory holds, how far an earlier run came, and what to do about it. Pure.

The states of a rebuild, in the marker file of the data directory:

building    a new data directory is being made beside the old files; nothing of the old was touched
ready       it is made, with its accounts
moving      the old files are being set aside
publishing  the new files are being put in their place
published   done; the marker stays, so that a server this tool made is known as such
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from failback.rebuild.scripts import ASIDE, MARKER, NEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.rebuild.service import Service, Settings

Step = Literal["building", "ready", "moving", "publishing", "published"]
_STEPS: tuple[Step, ...] = ("building", "ready", "moving", "publishing", "published")
_OURS = frozenset({NEW, MARKER, f"{MARKER}.part", "lost+found"})
# A server that only tried to start in an empty directory leaves these.
_TRACES = re.compile(
    r"(mysqld-)?auto\.cnf|.*-?bin(log)?\.(index|\d{6,})|(ca|client|server)(-cert|-key)?\.pem|#innodb_\w+"
)
_DICTIONARY = "mysql.ibd"  # always in the data directory, since 8.0


@dataclass(frozen=True)
class State:
    """The marker file."""

    step: Step
    run: str
    reason: str  # the person's, where something was replaced
    why: str  # the verdict that led to it
    set_aside: str  # directory of the old files
    uuid: str
    time: str  # when the step was reached, UTC

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(self.__dict__, sort_keys=True)


@dataclass(frozen=True)
class Listing:
    """The data directory as a helper saw it."""

    present: bool
    entries: tuple[str, ...] = ()
    tables: int = 0  # files of tables that are not the server's own
    free: int = 0  # bytes
    state: State | None = None
    persisted: tuple[str, ...] | None = None  # names of persisted variables, None when there are none to keep
    log: str = ""
    old: bool = False  # files of MySQL 5.7, which has no data dictionary

    @property
    def content(self) -> tuple[str, ...]:
        """What is there beside our own traces and what a server leaves that only tried to start."""
        return tuple(
            name
            for name in self.entries
            if name not in _OURS and not name.startswith(ASIDE) and not _TRACES.fullmatch(name)
        )

    @property
    def startable(self) -> bool:
        """Whether a server could possibly start from it."""
        return _DICTIONARY in self.entries or self.old

    @property
    def told(self) -> str:
        """Say what is there, for people."""
        if not self.present:
            return "the data directory is missing"
        if not self.content:
            return "the data directory is empty"
        if not self.startable:
            return f"the data directory lacks {_DICTIONARY}, the data dictionary"
        return f"the data directory holds {len(self.content)} entries and the files of {self.tables} tables"

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "told": self.told,
            "entries": len(self.entries),
            "tables": self.tables,
            "free_bytes": self.free,
            "marker": None if self.state is None else dict(self.state.__dict__),
        }


@dataclass(frozen=True)
class Paths:
    """Where the old files go and the new ones are made: on the data directory's own file system."""

    datadir: str
    new: str
    aside_root: str  # the directory of a set-aside is this and a label

    @classmethod
    def of(cls, service: Service, settings: Settings) -> Paths:
        """Beside the data directory where its mount reaches that far, else inside of it."""
        mount = service.mount_of(settings.datadir)
        datadir = settings.datadir
        if mount is None or PurePosixPath(mount.target) == PurePosixPath(datadir):
            return cls(datadir, f"{datadir}/{NEW}", f"{datadir}/{ASIDE}")
        return cls(datadir, f"{datadir}.{NEW}", f"{datadir}{ASIDE}")

    def on_host(self, service: Service, path: str) -> str:
        """Give the path as the host (or the volume) knows it."""
        mount = service.mount_of(path)
        if mount is None:
            return path
        inside = PurePosixPath(path).relative_to(mount.target)
        return str(PurePosixPath(mount.source) / inside)


@dataclass(frozen=True)
class ServerSeen:
    """A server that answered. ``refused`` is what it said when it let the account not in."""

    uuid: str = ""
    version: str = ""
    super_read_only: bool = True
    schemas: Mapping[str, int] = field(default_factory=dict)  # the users' own, with their tables
    executed: str = ""
    refused: str = ""


def parse_listing(stdout: str) -> Listing:
    """Read the answer of ``scripts.LOOK``."""
    head, _, log = stdout.partition("\nlog\n")
    found: dict[str, list[str]] = {}
    for line in head.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, []).append(value)
    return Listing(
        present="present" in found,
        entries=tuple(found.get("entry", ())),
        tables=int(_last(found, "tables") or 0),
        free=int(_last(found, "free") or 0) * 1024,
        state=_parse_state(_last(found, "state")),
        persisted=_parse_persisted(_last(found, "persisted")),
        log=log,
        old="old" in found,
    )


def _last(found: Mapping[str, list[str]], key: str) -> str:
    return found.get(key, [""])[-1]


def _parse_state(text: str) -> State | None:
    """Read the marker; one that cannot be read is none, so the world decides anew."""
    try:
        data = json.loads(text)
        values = {name: str(data[name]) for name in ("run", "reason", "why", "set_aside", "uuid", "time")}
        step = next(known for known in _STEPS if known == data["step"])
    except (ValueError, KeyError, TypeError, StopIteration):
        return None
    return State(step=step, **values)


def _parse_persisted(text: str) -> tuple[str, ...] | None:
    """Names of the variables in mysqld-auto.cnf; None when it cannot be read, so that it is not carried over."""
    try:
        data = json.loads(text)
        parts = [part for part in data.values() if isinstance(part, dict)]
    except (ValueError, AttributeError):
        return None
    names = {name for part in parts for name, value in part.items() if isinstance(value, dict)}
    return tuple(sorted(names - {"mysql_dynamic_parse_early_variables"}))
