"""Where archives lie, and how one gets there: under its name only when it is whole, and by one maker at a time."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".archive.tar"
_PART = ".part"
_NAME = re.compile(r"(?P<site>.+)-(?P<incident>[^-]+(?:-\d+)?)-(?P<made>\d{8}T\d{6}Z)\.archive\.tar")


def folder(home: Path, site: str) -> Path:
    """Return where the archives of a site are kept unless told otherwise."""
    return home / "archives" / site


def name(site: str, incident: str, made_at: datetime) -> str:
    """Name an archive by its site, its incident and when it was made."""
    return f"{site}-{incident}-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def of_incident(directory: Path, site: str, incident: str) -> list[Path]:
    """List the archives of an incident in a folder, the oldest first."""
    if not directory.is_dir():
        return []
    found = [path for path in directory.glob(f"*{SUFFIX}") if not path.name.startswith(".") and path.is_file()]
    mine = [path for path in found if (told := _NAME.fullmatch(path.name)) and told["incident"] == incident]
    return sorted(path for path in mine if path.name.startswith(f"{site}-"))


@contextmanager
def fresh(directory: Path, wanted: str, *, suffix: str = SUFFIX) -> Iterator[tuple[IO[bytes], Path]]:
    """Give a file to write an archive into (a bundle by its ``suffix``), and its name once the block has ended well.

    Nothing half made ever lies under a final name, also when the process is killed: what it leaves (``.*.part``) is
    swept by the next maker. Raises FailbackError when it cannot be written (with ``disk is full`` in words), and
    RefusedError while another maker is at work here.
    """
    target = directory / wanted
    part = directory / f".{wanted}{_PART}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(directory):
            for left in directory.glob(f".*{suffix}{_PART}"):
                left.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                with os.fdopen(descriptor, "w+b") as stream:
                    yield stream, target
                    stream.flush()
                    os.fsync(stream.fileno())
                # A link refuses to take the place of what is there already; a rename would not.
                os.link(part, target)
            finally:
                with suppress(OSError):
                    part.unlink()
            _sync(directory)
    except FileExistsError as error:
        raise RefusedError(f"{target} is there already, and an archive is never written over") from error
    except OSError as error:
        raise FailbackError(
            f"the archive cannot be written to {directory}: {error.strerror}; nothing was left there. Make room"
            f" (df -h {directory}) or name another folder, then run the same command again"
        ) from error


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory / ".making", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(f"another archive is being made in {directory}: wait until it is done") from error
        yield
    finally:
        os.close(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
