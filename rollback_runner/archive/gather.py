"""What belongs into an archive: the files of an incident and its runs, found without following anything.

Every file is opened by its own name inside a folder that is open already, never through a link, and only if it is a
regular file: a link, a pipe or a device that somebody put there is left out and told. Files that still grow (journals,
figures) are taken up to their last whole line at one moment.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from failback import journal, scrub
from failback.errors import FailbackError

from rollback_runner.archive.manifest import MOST_FILES, LeftOut, RunState, safe
from rollback_runner.record import incident_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.record import store

# What serves the machine while it works and tells nothing afterwards.
_WORKING = frozenset({scrub.LIST, journal.RESERVE})
_WORKING_FOLDERS = frozenset({"companions"})
_GROWING = (".jsonl", ".log")
_BLOCK = 64 << 10


@dataclass(frozen=True)
class Source:
    """One file to be taken in: its name in the archive, and where it is found."""

    name: str
    folder: Path
    path: str


@dataclass(frozen=True)
class Gathered:
    """What was found. ``runs`` are the incident's, oldest first."""

    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...]
    runs: tuple[store.Run, ...]
    secret_files: tuple[str, ...]


def gather(home: Path, site: str, incident: Path) -> Gathered:
    """Find everything of an incident. Raises FailbackError when a folder of it cannot be read."""
    runs = tuple(incident_runs.runs_of(home, incident.name, site))
    left: list[LeftOut] = []
    sources = list(_below(incident, "incident", left))
    for run in runs:
        sources += _below(run.directory, f"runs/{run.id}", left)
    if len(sources) > MOST_FILES:
        raise FailbackError(f"{len(sources)} files belong to the incident, more than an archive can hold")
    named = (name for run in runs for name in _listed(run.directory / scrub.LIST))
    return Gathered(tuple(sources), tuple(left), runs, tuple(sorted(set(named))))


def state_of(run: store.Run) -> RunState:
    """Say how a run stands: its status where it came to its own end, and where its journal ends.

    A run that ended says itself where: lines that were cut off since are missed then.
    """
    report = run.read_report()
    if report:
        told = report["journal"]
        return RunState(run.id, str(report["status"]), int(told["lines"]), str(told["digest"]))
    try:
        head = journal.head(run.journal)
    except journal.JournalError:
        head = journal.Head(0, journal.GENESIS)
    return RunState(run.id, "", head.lines, head.digest)


@contextmanager
def opened(source: Source) -> Iterator[tuple[IO[bytes], int, int]]:
    """Open a file: its stream, how many bytes of it count, and when it was written (seconds since 1970).

    Raises FailbackError when it is no regular file any more, or went away.
    """
    descriptor = _open_below(source)
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        size = found.st_size
        if source.name.endswith(_GROWING):
            size = _whole_lines(descriptor, size)
        yield stream, size, max(0, int(found.st_mtime))


def _below(top: Path, name: str, left: list[LeftOut]) -> Iterator[Source]:
    """Walk a folder; what is no regular file is noted in ``left``."""

    def broken(error: OSError) -> None:
        raise FailbackError(f"{error.filename} cannot be read: {error.strerror}; nothing of it can be left out unseen")

    for here, folders, files, descriptor in os.fwalk(top, onerror=broken, follow_symlinks=False):
        inside = os.path.relpath(here, top)
        prefix = "" if inside == "." else f"{inside}/"
        for folder in sorted(folders):
            if folder in _WORKING_FOLDERS:
                left.append(LeftOut(_shown(f"{name}/{prefix}{folder}"), "serves the machine while it works"))
            elif stat.S_ISLNK(os.lstat(folder, dir_fd=descriptor).st_mode):
                left.append(LeftOut(_shown(f"{name}/{prefix}{folder}"), "is a symbolic link"))
        folders[:] = sorted(set(folders) - _WORKING_FOLDERS)
        for file in sorted(files):
            why = _why_not(file, descriptor, f"{name}/{prefix}{file}")
            if why:
                left.append(LeftOut(_shown(f"{name}/{prefix}{file}"), why))
            else:
                yield Source(f"{name}/{prefix}{file}", top, f"{prefix}{file}")


def _why_not(file: str, folder: int, name: str) -> str:
    if file in _WORKING or file.startswith("."):
        return "serves the machine while it works"
    try:
        mode = os.lstat(file, dir_fd=folder).st_mode
    except OSError:
        return "went away while it was looked at"
    if not stat.S_ISREG(mode):
        kinds = ((stat.S_ISLNK, "symbolic link"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
        return f"is a {next((word for test, word in kinds if test(mode)), 'device')}"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is no text"
    return "" if safe(name) else "its name is too long or has characters that names cannot have everywhere"


def _open_below(source: Source) -> int:
    """Open a file part by part, so that no folder on the way can have become a link meanwhile."""
    *folders, file = source.path.split("/")
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        here = os.open(source.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                inner = os.open(folder, flags | os.O_DIRECTORY, dir_fd=here)
                os.close(here)
                here = inner
            # A pipe would wait for a writer.
            descriptor = os.open(file, flags | os.O_NONBLOCK, dir_fd=here)
        finally:
            os.close(here)
    except OSError as error:
        raise FailbackError(f"{source.folder}/{source.path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FailbackError(f"{source.folder}/{source.path} is no regular file any more")
    return descriptor


def _whole_lines(descriptor: int, size: int) -> int:
    """Return how many bytes end with a whole line; all of them when there is no line break at all."""
    at = size
    while at > 0:
        start = max(0, at - _BLOCK)
        block = os.pread(descriptor, at - start, start)
        cut = block.rfind(b"\n")
        if cut >= 0:
            return start + cut + 1
        at = start
    return size


def _listed(path: Path) -> list[str]:
    with suppress(OSError):
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return []


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()[:1024]
