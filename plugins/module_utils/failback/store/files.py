"""The files of a site in RR_HOME: which there are, and how one that arrives is written."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import appending, journal, whole
from failback.store import model
from failback.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Found:
    """A file here: its digest (sha256, hex), size in bytes and mtime in ns."""

    digest: str
    size: int
    stamp: int

    def known(self, version: str) -> model.Known:
        """Return what is kept of it once it is the same at the store."""
        return model.Known(self.digest, version, self.size, self.stamp)


def found(home: Path, site: str, index: Mapping[str, model.Known]) -> dict[str, Found]:
    """Find the site's files. One whose size and time are as they were is not read again."""
    here = {}
    for key in _keys(home, site):
        one = look(home, key, index.get(key))
        if one is not None:
            here[key] = one
    closed = f"incidents/{site}/current"
    if closed in index and closed not in here and (home / closed).parent.is_dir():
        here[closed] = Found(hashlib.sha256(b"").hexdigest(), 0, 0)  # the incident was closed
    return here


def look(home: Path, key: str, known: model.Known | None) -> Found | None:
    """Look at one file; None when there is none."""
    path = home / key
    try:
        stat = path.lstat()
        if path.is_symlink():
            return Found(hashlib.sha256(content(home, key)).hexdigest(), stat.st_size, stat.st_mtime_ns)
        if known is not None and (known.size, known.stamp) == (stat.st_size, stat.st_mtime_ns):
            return Found(known.digest, stat.st_size, stat.st_mtime_ns)
        sha = hashlib.sha256()
        with path.open("rb") as stream:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                sha.update(chunk)
    except OSError:
        return None
    return Found(sha.hexdigest(), stat.st_size, stat.st_mtime_ns)


def content(home: Path, key: str) -> bytes:
    """Read one file; a link as the name it leads to, b"" when there is nothing."""
    path = home / key
    try:
        return f"{path.readlink().name}\n".encode() if path.is_symlink() else path.read_bytes()
    except OSError:
        return b""


def write(home: Path, key: str, data: bytes, form: model.Form | None) -> None:
    """Write a file that arrived, whole or not at all. Raises StoreError."""
    path = home / key
    try:
        if form != "link":
            whole.write(path, data)
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = data.decode().strip()
        if not name:
            path.unlink(missing_ok=True)
        elif "/" not in name and not name.startswith("."):
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.symlink_to(name)
            fresh.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be written: {error}") from error


def grow(home: Path, key: str, ours: bytes, data: bytes) -> None:
    """Continue a journal with what the store has more, unless somebody wrote here meanwhile. Raises StoreError."""
    path = home / key
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with appending.alone(path) as descriptor:
            if appending.content(descriptor) != ours:
                raise StoreError(f"{path} was written to while it was continued from the store: run it again")
            appending.write(descriptor, data[len(ours) :])
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error


def rejoin(home: Path, key: str, ours: bytes, data: bytes) -> bool:
    """Put ``data`` in the place of ``ours`` in a journal that others here write to; False when they did meanwhile.

    Its beginning, as far as both have it, is not touched. Raises StoreError.
    """
    path = home / key
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with appending.alone(path) as descriptor:
            if appending.content(descriptor) != ours:
                return False
            if data.startswith(ours):
                appending.write(descriptor, data[len(ours) :])
            else:
                start = next(number for number, (a, b) in enumerate(zip(ours, data, strict=False)) if a != b)
                appending.overwrite(path, start, data[start:])
            return True
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error


def _keys(home: Path, site: str) -> Iterator[str]:
    for shelf in model.OF_SITES:
        yield from _below(home, home / shelf / site, site)
    for shelf in model.OF_RUNS:
        with suppress(OSError):
            for run in sorted(os.scandir(home / shelf), key=lambda entry: entry.name):
                if run.is_dir(follow_symlinks=False) and _is_of(home / shelf / run.name, site):
                    yield from _below(home, home / shelf / run.name, site)


def _below(home: Path, folder: Path, site: str) -> Iterator[str]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*names, *(one for one in folders if one == "current")):
            key = os.path.relpath(os.path.join(base, name), home)  # noqa: PTH118 - os.walk gives text
            form = model.form(key, site)
            # A link is followed by nobody: only the open incident is one.
            if form is not None and ((form == "link") == (home / key).is_symlink()):
                yield key


def _is_of(run: Path, site: str) -> bool:
    """Tell whose run it is: by its marker, else by the first line of its journal."""
    with suppress(OSError, ValueError):
        return bool(json.loads((run / journal.MARKER).read_text(encoding="utf-8")).get("site") == site)
    with suppress(OSError, ValueError), (run / "journal.jsonl").open("rb") as stream:
        return bool(json.loads(stream.readline()).get("site") == site)
    return False
