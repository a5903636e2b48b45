"""One lock per site: who works on it, since when, why, and under which epoch.

The epoch grows by one with every change of hands, for ever. Every act carries the epoch it was begun under, and
`verify` refuses the act when the lock has moved on: a runner that hung and woke up later must not act.

A lock whose process is gone is stale. It is shown, never taken silently: `acquire` takes it over only with
`takeover`, the words of the person who decided so.

Where the site keeps its lock elsewhere (a file `SITE.lock.store.json` lies beside it), the store's lock is the one that
counts, and the file here is a copy of it (failback.store.seam).
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import journal, lock_files
from failback.lock_files import LockError, StaleEpochError, took
from failback.lock_files import marker_of as seam_marker

if TYPE_CHECKING:
    from failback.store.seam import SeamLock

__all__ = [
    "Lock", "LockError", "LockHeldError", "StaleEpochError", "acquire", "as_dict", "describe", "keep_at", "mirror",
    "read", "release", "seam_marker", "took", "verify",
]  # fmt: skip


class LockHeldError(LockError):
    """Somebody else holds the lock."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        super().__init__(describe(lock))


@dataclass(frozen=True)
class Lock:
    """What stands in the lock file. `started` tells two processes with the same pid apart.

    `foreign`: another machine took it, or another RR_HOME; `beat` is its last sign of life at the store, where known.
    `job` is the number of the AWX job that took it, 0 where none did.
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
    job: int = 0

    @property
    def lives(self) -> bool:
        """True when the holder is a process of this host that is still there."""
        return self._ours and _started(self.pid) == self.started

    @property
    def stale(self) -> bool:
        """True when the holder was a process of this host and is gone. Of other hosts nothing is known: not stale."""
        return self._ours and _started(self.pid) != self.started

    @property
    def _ours(self) -> bool:
        return self.held and not self.foreign and self.host == socket.gethostname()


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


def acquire(  # noqa: PLR0913 - what a lock says of its holder
    path: str | Path,
    *,
    site: str,
    reason: str,
    run: str,
    takeover: str | None = None,
    job: int = 0,
    marker: bytes | None = None,
) -> Lock:
    """Take the lock under a new epoch and return it.

    `takeover` is the reason for which a lock that is still held may be taken; without it `LockHeldError` is raised.
    `marker` names the store that keeps it from now on (b"": none does; None: whichever kept it before). Raises
    `LockError` when the lock cannot be written (disk full, no permission): nothing has been done then.
    """
    target = Path(path)
    with lock_files.mutex(target):
        there = _elsewhere(target, marker)
        here = _read_or_broken(target, takeover)
        kept = there.current() if there else None
        current = _counting(here, kept)
        if current is not None and current.held and takeover is None:
            raise LockHeldError(current)
        epoch = max(lock_files.last_epoch(target), *(one.epoch for one in (here, kept) if one is not None), 0) + 1
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
            job=job,
        )
        taken_from = as_dict(current) if current is not None and current.held else None
        lock_files.name_store(target, marker)
        if there is not None:
            there.take(lock)
        try:
            told = {"lock": as_dict(lock), "taken_from": taken_from, "takeover": takeover}
            journal.append(lock_files.log(target), "acquire", epoch=epoch, **told)
            _write(target, lock)
        except (journal.JournalError, LockError) as error:
            if there:
                there.give(epoch, run)
            raise LockError(f"the lock {target} cannot be taken: {error}") from error
        return lock


def release(path: str | Path, epoch: int) -> bool:
    """Give the lock back. False when it had already passed to someone else: then it is left alone."""
    target = Path(path)
    with lock_files.mutex(target):
        there = _elsewhere(target)
        run = _run_under(target, epoch)
        if there is not None:
            there.give(epoch, run)  # a store that is silent is told of it by the next `acquire` from here
        current = read(target)
        if not (current and current.held and (current.epoch, current.run) == (epoch, run)):
            return False
        try:
            _write(target, replace(current, held=False, time=_now()))
            journal.append(lock_files.log(target), "release", epoch=epoch)
        except (LockError, journal.JournalError):
            # On a full disk the file can still be removed; the epoch lives on in the log.
            target.unlink(missing_ok=True)
        return True


def verify(path: str | Path, epoch: int) -> None:
    """Return when the lock is held under this very epoch, by the run that took it here; else raise `StaleEpochError`.

    The run counts as well: a run without the store counts its epochs alone, and may have come to the same one.
    """
    there = _elsewhere(Path(path))
    current = read(path) if there is None else there.seen(Path(path))
    if current is None or not current.held:
        raise StaleEpochError(f"the lock {path} is no longer held; this run (epoch {epoch}) must not act any more")
    if (current.epoch, current.run) != (epoch, _run_under(Path(path), epoch)):
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
    with lock_files.mutex(target):
        there = _elsewhere(target)
        here = _read_or_broken(target, "the store has the one that counts")
        found = _counting(here, there.current() if there else None)
        if found is not None and found != here:
            _write(target, found)
        return found


def keep_at(path: str | Path, marker: bytes) -> bool:
    """Name the store that keeps the lock from now on (b"": none does), and return whether that is so.

    While a run goes on here, the lock stays where that run took it. Raises `LockError` when it cannot be written down.
    """
    target = Path(path)
    with lock_files.mutex(target):
        here = _read_or_broken(target, "only whether it is held counts here")
        if here is not None and here.lives and seam_marker(target).exists() != bool(marker):
            return False
        lock_files.name_store(target, marker)
        return True


def _counting(here: Lock | None, there: Lock | None) -> Lock | None:
    """Pick the lock that counts: the store's where it is held by others, or where both tell of the same run.

    One that is held here and not at the store is a run that goes on without it, or was cut off in that. An older one
    whose process is gone was taken over.
    """
    if here is None or there is None:
        return here or there
    if (here.epoch, here.run) == (there.epoch, there.run) or (there.held and there.foreign):
        return there
    if there.held and not here.held:
        return there
    alone = here.held and not there.held and (here.lives or here.epoch == there.epoch)
    return here if alone or here.epoch > there.epoch else there


def as_dict(lock: Lock) -> dict[str, Any]:
    """Return what is written down of a lock; what is known of few locks is left out where there is nothing."""
    return {key: value for key, value in asdict(lock).items() if value or key not in {"foreign", "beat", "job"}}


def _run_under(target: Path, epoch: int) -> str:
    """Find the run that took the lock here under this epoch; "" when none did."""
    here = read(target)
    if here is not None and not here.foreign and here.epoch == epoch:
        return here.run
    return lock_files.run_under(target, epoch)


def _elsewhere(target: Path, marker: bytes | None = None) -> SeamLock | None:
    if not (seam_marker(target).exists() if marker is None else marker):
        return None
    from failback.store import seam  # noqa: PLC0415 - nearly no site has one

    return seam.lock_of(target, marker)


def _read_or_broken(target: Path, takeover: str | None) -> Lock | None:
    try:
        return read(target)
    except LockError:
        if takeover is None:
            raise
        return None


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
