"""One lock per site: who works on it, since when, why, and under which epoch.

The epoch grows by one with every change of hands, for ever. Every act carries the epoch it was begun under, and
`verify` refuses the act when the lock has moved on: a runner that hung and woke up later must not act.

A lock whose process is gone is stale. It is shown, never taken silently: `acquire` takes it over only with
`takeover`, the words of the person who decided so.

Where the site keeps its lock elsewhere (a file `SITE.lock.store.json` lies beside it), the store's lock is the one that
counts, and the file here is a copy of it (failback.store.seam).
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.store.seam import SeamLock


class LockError(Exception):
    """The lock could not be read or written."""


class LockHeldError(LockError):
    """Somebody else holds the lock."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        super().__init__(describe(lock))


class StaleEpochError(LockError):
    """The lock no longer carries the epoch this act was begun under: another run has taken over."""


@dataclass(frozen=True)
class Lock:
    """What stands in the lock file. `started` tells two processes with the same pid apart.

    `foreign`: another machine took it, or another RR_HOME; `beat` is its last sign of life at the store, where known.
    """

    site: str
    epoch: int
    held: bool
    holder: str
    host: str
    pid: int
    started: str
    time: str
    reason: str
    run: str
    foreign: bool = False
    beat: str = ""

    @property
    def stale(self) -> bool:
        """True when the holder was a process of this host and is gone. Of other hosts nothing is known: not stale."""
        ours = self.held and not self.foreign and self.host == socket.gethostname()
        return ours and _started(self.pid) != self.started


def read(path: str | Path) -> Lock | None:
    """Return the lock as it stands, or None when there never was one. Raises `LockError` when it is unreadable."""
    try:
        return Lock(**json.loads(Path(path).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockError(f"the lock {path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise LockError(f"the lock {path} is not readable as a lock; look at it before anything else") from error


def acquire(path: str | Path, *, site: str, reason: str, run: str, takeover: str | None = None) -> Lock:
    """Take the lock under a new epoch and return it.

    `takeover` is the reason for which a lock that is still held may be taken; without it `LockHeldError` is raised.
    Raises `LockError` when the lock cannot be written (disk full, no permission): nothing has been done then.
    """
    target = Path(path)
    with _mutex(target):
        there = _elsewhere(target)
        current = _read_or_broken(target, takeover)
        if there is not None:
            current = _newer(current, there.current())
        if current is not None and current.held and takeover is None:
            raise LockHeldError(current)
        log = _log(target)
        epoch = max(current.epoch if current else 0, _last_epoch(log)) + 1
        lock = Lock(
            site=site,
            epoch=epoch,
            held=True,
            holder=getpass.getuser(),
            host=socket.gethostname(),
            pid=os.getpid(),
            started=_started(os.getpid()),
            time=_now(),
            reason=reason,
            run=run,
        )
        taken_from = as_dict(current) if current is not None and current.held else None
        if there is not None:
            there.take(lock)
        try:
            journal.append(log, "acquire", epoch=epoch, lock=as_dict(lock), taken_from=taken_from, takeover=takeover)
            _write(target, lock)
        except (journal.JournalError, LockError) as error:
            if there is not None:
                there.give(epoch)
            raise LockError(f"the lock {target} cannot be taken: {error}") from error
        return lock


def release(path: str | Path, epoch: int) -> bool:
    """Give the lock back. False when it had already passed to someone else: then it is left alone."""
    target = Path(path)
    with _mutex(target):
        there = _elsewhere(target)
        if there is not None:
            there.give(epoch)  # a store that is silent is told of it by the next `acquire` from here
        current = read(target)
        if current is None or not current.held or current.epoch != epoch:
            return False
        try:
            _write(target, replace(current, held=False, time=_now()))
            journal.append(_log(target), "release", epoch=epoch)
        except (LockError, journal.JournalError):
            # On a full disk the file can still be removed; the epoch lives on in the log.
            target.unlink(missing_ok=True)
        return True


def verify(path: str | Path, epoch: int) -> None:
    """Return when the lock is held under this very epoch; raise `StaleEpochError` otherwise."""
    there = _elsewhere(Path(path))
    current = read(path) if there is None else there.seen(Path(path))
    if current is None or not current.held:
        raise StaleEpochError(f"the lock {path} is no longer held; this run (epoch {epoch}) must not act any more")
    if current.epoch != epoch:
        raise StaleEpochError(
            f"epoch {current.epoch} ({current.holder} on {current.host}, run {current.run}) has taken over from"
            f" epoch {epoch}; this run must not act any more"
        )


def describe(lock: Lock) -> str:
    """One sentence a person can act on."""
    if not lock.held:
        return f"{lock.site} is not locked (last epoch {lock.epoch})"
    gone = "; that process is gone" if lock.stale else ""
    if lock.foreign:
        gone = f"; its last sign of life at the store: {lock.beat or 'none'}"
    return (
        f"{lock.site} is locked by {lock.holder} on {lock.host} (pid {lock.pid}) since {lock.time}"
        f" for: {lock.reason}, run {lock.run}, epoch {lock.epoch}{gone}"
    )


def mirror(path: str | Path) -> Lock | None:
    """Copy the store's lock to the file here and return it; None where the site has no store. Raises `LockError`."""
    target = Path(path)
    if not seam_marker(target).exists():
        return None
    with _mutex(target):
        there = _elsewhere(target)
        here = _read_or_broken(target, "the store has the one that counts")
        found = _newer(here, there.current() if there is not None else None)
        if found is not None and found != here:
            _write(target, found)
        return found


def _newer(here: Lock | None, there: Lock | None) -> Lock | None:
    """Pick the lock that counts: the store's, unless a run went on here without the store and is newer."""
    if here is None or there is None:
        return here or there
    return here if here.epoch > there.epoch else there


def as_dict(lock: Lock) -> dict[str, Any]:
    """Return what is written down of a lock; what only a store knows is left out where there is nothing."""
    return {key: value for key, value in asdict(lock).items() if value or key not in {"foreign", "beat"}}


def seam_marker(target: Path) -> Path:
    """Name the file that says at which store this lock is kept."""
    return target.with_name(f"{target.name}.{journal.MARKER}")


def took(path: Path, lock: Lock) -> tuple[bool, bool]:
    """Tell from the log here whether this RR_HOME took that lock, and whether it gave it back."""
    log = _log(path)
    lines = journal.read(log) if log.exists() else []
    ours = any(
        line["kind"] == "acquire" and line["epoch"] == lock.epoch and line["lock"]["run"] == lock.run for line in lines
    )
    return ours, ours and any(line["kind"] == "release" and line["epoch"] == lock.epoch for line in lines)


def _elsewhere(target: Path) -> SeamLock | None:
    if not seam_marker(target).exists():
        return None
    from failback.store import seam  # noqa: PLC0415 - nearly no site has one

    return seam.lock_of(target)


def _read_or_broken(target: Path, takeover: str | None) -> Lock | None:
    try:
        return read(target)
    except LockError:
        if takeover is None:
            raise
        return None


def _last_epoch(log: Path) -> int:
    if not log.exists():
        return 0
    return max((int(entry["epoch"]) for entry in journal.read(log) if entry["kind"] == "acquire"), default=0)


def _log(target: Path) -> Path:
    return target.with_name(target.name + ".log.jsonl")


@contextmanager
def _mutex(target: Path) -> Iterator[None]:
    """Keep two processes from changing the lock at the same moment."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target.with_name(target.name + ".mutex"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LockError(f"the lock {target} cannot be taken: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(target: Path, lock: Lock) -> None:
    fresh = target.with_name(target.name + ".new")
    try:
        with fresh.open("w", encoding="utf-8") as stream:
            json.dump(as_dict(lock), stream, ensure_ascii=False, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise LockError(f"the lock {target} cannot be written: {error.strerror}") from error


def _started(pid: int) -> str:
    """When the process began, as boot id and clock ticks; empty when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    # Field 3 is the state (proc(5)); a zombie no longer works on anything. Field 22 is the start time.
    return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
