"""The application's lock on all of its hosts, taken on every one or on none."""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import lock
from failback.deployment.compose import lock_agent
from failback.deployment.compose.fleet import lock_words
from failback.deployment.compose.remote import each
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.deployment.compose.settings import WebHost

    Ask = Callable[[WebHost, Mapping[str, Any]], dict[str, Any]]

_MACHINE_ID = Path("/etc/machine-id")
_ENOUGH = 16  # hex digits that tell two machines of one name apart


@dataclass(frozen=True)
class Taken:
    """The lock in our hands. ``told``: whose it was before, in words; ``notes``: what was left to be put right."""

    notes: dict[str, Any]
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Locking:
    """Takes, notes and gives. ``run`` names whose it is; ``break_lock`` is a person's reason to take another's."""

    ask: Ask
    hosts: Sequence[WebHost]
    directory: str
    run: str
    break_lock: str = ""

    def take(self, why: str) -> Taken:
        """Take it on every host. Raises RefusedError, which says whose it is; nothing is held by us then."""
        request = {"operation": "lock", "owner": self._owner(why), "break": self.break_lock}
        found = each(self.hosts, lambda host: self.ask(host, request))
        told, fresh, problems = [], [], []
        notes: dict[str, Any] = {}
        for host, one in zip(self.hosts, found, strict=True):
            if isinstance(one, FailbackError):
                problems.append(str(one))
            elif "problem" in one:
                problems.append(f"{host.name}: {one['problem']}")
            elif "refused" in one:
                problems.append(f"{host.name} is locked {lock_words(one['held'] or {})}")
            else:
                notes |= one["notes"]
                fresh += [] if one["held"] else [host]
                if one["taken_over"]:
                    told.append(f"the lock on {host.name} was taken over: it was held {lock_words(one['held'])}")
        if problems:
            each(fresh, lambda host: self.ask(host, {"operation": "unlock", "run": self.run}))
            raise RefusedError(
                f"{'; '.join(problems)}. Wait until it is given up; where its run is dead, see what it left, then run"
                " again with compose_break_lock set to the reason"
            )
        return Taken(notes, tuple(told))

    def takes(self, held: Mapping[str, Any]) -> bool:
        """Whether a lock would be taken over: it is ours, or a run's of this machine that lost the site's lock."""
        return bool(held.get("run") == self.run or lock_agent.older(dict(held), self._owner("")))

    def note(self, **notes: Any) -> None:
        """Keep notes with the lock on every host. Raises RefusedError when it is not ours any more."""
        found = each(self.hosts, lambda host: self.ask(host, {"operation": "note", "run": self.run, "notes": notes}))
        for host, one in zip(self.hosts, found, strict=True):
            if isinstance(one, FailbackError):
                raise one
            if said := one.get("refused") or one.get("problem"):
                raise RefusedError(f"{host.name}: {said}")

    def give(self) -> list[str]:
        """Give it up on every host; say where that failed."""
        found = each(self.hosts, lambda host: self.ask(host, {"operation": "unlock", "run": self.run}))
        pairs = zip(self.hosts, found, strict=True)
        return [
            f"the lock on {host.name} stays: {one if isinstance(one, FailbackError) else one['problem']}"
            for host, one in pairs
            if isinstance(one, FailbackError) or "problem" in one
        ]

    def _owner(self, why: str) -> dict[str, Any]:
        epoch = os.environ.get("RR_EPOCH", "")
        return {
            "run": self.run,
            "by": getpass.getuser(),
            "control": control(),
            "site_lock": os.environ.get("RR_LOCK", ""),
            "epoch": int(epoch) if epoch.isdigit() else 0,
            "since": now(),
            "why": f"{why}; broken: {self.break_lock}" if self.break_lock else why,
        }


def control() -> str:
    """Name this machine: by its host name, and by its own id where it has one.

    Epochs of two machines have nothing to do with each other, and a name can be given twice. The id goes as a digest:
    systemd asks that it be shown to nobody as it is.
    """
    name = socket.gethostname()
    try:
        own = _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return name
    if not own or own == "uninitialized":
        return name
    return f"{name} {hashlib.sha256(f'rollback-runner {own}'.encode()).hexdigest()[:_ENOUGH]}"


def run_id() -> str:
    """Name this run; outside of one, the play that runs (the process that this one was forked from)."""
    directory = os.environ.get("RR_RUN_DIR", "")
    return Path(directory).name if directory else f"manual-{socket.gethostname()}-{os.getppid()}"


def guard(what: str) -> None:
    """Refuse to act where another run has taken the site's lock meanwhile. Raises RefusedError."""
    path, epoch = os.environ.get("RR_LOCK", ""), os.environ.get("RR_EPOCH", "")
    if not path or not epoch.isdigit():
        return
    try:
        lock.verify(path, int(epoch))
    except lock.LockError as error:
        raise RefusedError(f"will not {what}: {error}") from error


def now() -> str:
    """Give the time, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
