"""Appending to a file that several processes write to: under a lock, whole, and on the disk."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHORT = 0.0005  # seconds between two tries to get the lock


class OpenError(OSError):
    """The file cannot be opened for appending."""


class HeldError(Exception):
    """Another writer held the file for longer than was to be waited."""


@contextmanager
def alone(path: Path, wait: float | None = None) -> Iterator[int]:
    """Open a file, made with mode 0600 where it is missing, and lock it (flock) while the block runs.

    Yields the descriptor. Raises `OpenError`, and `HeldError` after ``wait`` seconds (None: waits as long as it takes).
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OpenError(error.errno, error.strerror, str(path)) from error
    try:
        _lock(descriptor, wait)
        yield descriptor
    finally:
        os.close(descriptor)


def content(descriptor: int) -> bytes:
    """Read the whole file."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def write(descriptor: int, data: bytes, *, sync: bool = True) -> None:
    """Write all of it, and wait for the disk if ``sync``. Raises OSError; a part may be written then."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    if sync:
        os.fsync(descriptor)


def overwrite(path: Path, start: int, data: bytes) -> None:
    """Make the file end with this data, from byte ``start`` on, and wait for the disk. Raises OSError.

    In place, so that whoever waits for its lock writes to this file and no other. The caller holds that lock.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # one that appends writes at the end, wherever it is told
    try:
        rest, place = memoryview(data), start
        while rest:
            written = os.pwrite(descriptor, rest, place)
            rest, place = rest[written:], place + written
        os.ftruncate(descriptor, place)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Bring a directory's names to the disk. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, wait: float | None) -> None:
    if wait is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    ends = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= ends:
                raise HeldError from error
            time.sleep(_SHORT)
        else:
            return
