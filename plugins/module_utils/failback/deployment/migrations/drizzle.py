"""Drizzle's migrations at a commit: 0.x with its journal, v1 with a folder each. Pure.

Source of facts: drizzle-orm 0.45.4 and 1.0.0-rc.5 (migrator), drizzle-kit 0.31.11. The hash is the SHA-256 of the
file's text; ``created_at`` is the journal's ``when`` (0.x) or the 14 digits of the folder's name as UTC (v1). 0.x
applies what is newer than the newest row and never reads a hash; v1 applies every name that is not in the table, and
refuses a folder that still has a journal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from failback.deployment.migrations.files import File, Shelf, line_ends
from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

JOURNAL = "meta/_journal.json"
_STAMP = 14  # digits of a v1 folder's name


def shelf(commit: str, directory: str, files: Mapping[str, bytes]) -> Shelf:
    """Read a commit's migrations; ``files`` by their path inside the directory. Raises RefusedError."""
    if JOURNAL in files:
        return _journal(commit, directory, files)
    return _folders(commit, directory, files)


def digests(content: bytes) -> frozenset[str]:
    """Return the hashes that Drizzle may have written for a file: it hashes the text, read as UTF-8."""
    return frozenset(hashlib.sha256(one.decode("utf-8", "replace").encode()).hexdigest() for one in line_ends(content))


def _journal(commit: str, directory: str, files: Mapping[str, bytes]) -> Shelf:
    place = f"{directory}/{JOURNAL} at {commit[:12]}"
    journal = _json(files[JOURNAL], place)
    found: list[File] = []
    odd: list[str] = []
    before: bytes | None = None
    chain: str | None = None
    try:
        entries = [(int(one["idx"]), int(one["when"]), str(one["tag"])) for one in journal["entries"]]
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError(
            f"{place} is not a journal of drizzle-kit ({error!r}): look at it before going on"
        ) from error
    for number, (idx, when, tag) in enumerate(entries):
        content = files.get(f"{tag}.sql")
        snapshot = files.get(f"meta/{tag.split('_', 1)[0]}_snapshot.json") or files.get(f"meta/{idx:04d}_snapshot.json")
        if content is None:
            odd.append("lost_file")
        found.append(
            File(
                name=tag,
                path=f"{directory}/{tag}.sql",
                content=content or b"",
                digests=digests(content) if content is not None else frozenset(),
                order=(when, number),
                when=when,
                snapshot=snapshot,
                before=before if number else b"{}",
            )
        )
        mine, parent = _chain(snapshot)
        if chain and parent and parent != chain:
            odd.append("chain")
        before, chain = snapshot, mine or chain
    return Shelf(commit, tuple(found), "0.x", tuple(dict.fromkeys(odd)))


def _folders(commit: str, directory: str, files: Mapping[str, bytes]) -> Shelf:
    names = sorted(path.split("/")[0] for path in files if path.count("/") == 1 and path.endswith("/migration.sql"))
    found: list[File] = []
    before: bytes | None = b"{}"
    for number, name in enumerate(names):
        content = files[f"{name}/migration.sql"]
        snapshot = files.get(f"{name}/snapshot.json")
        found.append(
            File(
                name=name,
                path=f"{directory}/{name}/migration.sql",
                content=content,
                digests=digests(content),
                order=(number,),
                when=stamp(name),
                snapshot=snapshot,
                before=before,
            )
        )
        before = snapshot
    return Shelf(commit, tuple(found), "v1" if found else "")


def stamp(name: str) -> int:
    """Return a v1 folder's time in milliseconds, 0 when its name does not begin with one."""
    try:
        at = dt.datetime.strptime(name[:_STAMP], "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return 0
    return int(at.timestamp()) * 1000


def _chain(snapshot: bytes | None) -> tuple[str, str]:
    """Return id and prevId of a snapshot, "" for what it does not say."""
    if snapshot is None:
        return "", ""
    try:
        read = json.loads(snapshot)
    except ValueError:
        return "", ""
    return (str(read.get("id") or ""), str(read.get("prevId") or "")) if isinstance(read, dict) else ("", "")


def _json(content: bytes, place: str) -> dict[str, Any]:
    try:
        read = json.loads(content)
    except ValueError as error:
        raise RefusedError(f"{place} is no JSON ({error}): look at it before going on") from error
    if not isinstance(read, dict):
        raise RefusedError(f"{place} is not a journal of drizzle-kit: look at it before going on")
    return read
