"""What lies beside a lock: its mutex, its log, and the marker that names the store where it is kept."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from failback import journal, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from failback.lock import Lock


class LockError(Exception):
    """The lock could not be read or written."""


class StaleEpochError(LockError):
    """The lock no longer carries the epoch this act was begun under: another run has taken over."""


def log(target: Path) -> Path:
    """Name the log of a lock: every time it was taken or given back in this RR_HOME."""
    return target.with_name(target.name + ".log.jsonl")


def last_epoch(target: Path) -> int:
    """Return the last epoch under which the lock was taken here, 0 when it never was. Raises `LockError`."""
    return max((int(line["epoch"]) for line in _lines(target) if line["kind"] == "acquire"), default=0)


def run_under(target: Path, epoch: int) -> str:
    """Find the run that took the lock here under this epoch; "" when none did. Raises `LockError`."""
    taken = (line for line in _lines(target) if line["kind"] == "acquire" and line["epoch"] == epoch)
    return next((str(line["lock"]["run"]) for line in taken), "")


def took(target: Path, lock: Lock) -> tuple[bool, bool]:
    """Tell whether this RR_HOME took that lock, and whether it gave it back. Raises `LockError`."""
    ours = bool(lock.run) and run_under(target, lock.epoch) == lock.run
    return ours, ours and any(line["kind"] == "release" and line["epoch"] == lock.epoch for line in _lines(target))


def marker_of(target: Path) -> Path:
    """Name the file that says at which store this lock is kept."""
    return target.with_name(f"{target.name}.{journal.MARKER}")


def name_store(target: Path, marker: bytes | None) -> None:
    """Write the marker (b"": remove it; None: leave it as it is). Raises `LockError`."""
    try:
        if marker:
            whole.write(marker_of(target), marker)
        elif marker is not None:
            marker_of(target).unlink(missing_ok=True)
    except OSError as error:
        raise LockError(f"{marker_of(target)} cannot be written: {error.strerror}") from error


@contextmanager
def mutex(target: Path) -> Iterator[None]:
    """Keep two processes from changing the lock at the same moment. Raises `LockError`."""
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


def _lines(target: Path) -> list[dict[str, Any]]:
    try:
        return journal.read(log(target)) if log(target).exists() else []
    except journal.JournalError as error:
        raise LockError(str(error)) from error
