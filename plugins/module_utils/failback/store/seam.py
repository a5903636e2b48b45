"""Where the journal and the lock meet the store: the only two things that are there before anything is done.

A marker file names the store, so that any process finds it, forked workers and those started after a crash as well:
`store.json` in a run's directory, `SITE.lock.store.json` beside the lock. It holds no secret. `append` writes a line
here and then brings it to the store, with all before it that the store lacks; who announces an act waits for that. So
the store has a beginning of what is here, whatever was lost or killed on the way: a question or an answer that got
lost is made good by the next line, since the store takes what it lacks and finds the rest equal.

When the store is silent or says no, what announces an act is refused (`outcome`: not begun), unless stopping would do
more harm (`model.may_go_on`); what tells of something that happened is kept here, with a line `store_lost`.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from failback import appending, journal, lock, whole
from failback.errors import FailbackError
from failback.store import locks, model, open_store
from failback.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from failback.store.base import Store
    from failback.store.settings import Settings

LOST = "store.lost"  # in a run's directory, since the store is silent
_PAUSE = 30.0  # seconds without a question once the store was silent and the run goes on without it


def marker(settings: Settings) -> bytes:
    """Write what a marker file says of a store."""
    return (json.dumps(settings.as_dict(), ensure_ascii=False, indent=1) + "\n").encode()


def mark(target: Path, settings: Settings) -> None:
    """Name the store in a marker file. Raises OSError."""
    whole.write(target, marker(settings))


def mark_run(locks_directory: Path, run: Path) -> None:
    """Have a run's journal kept at the store that holds the lock it runs under, if one does. Raises OSError."""
    for marker in locks_directory.glob(f"*.lock.{journal.MARKER}"):
        with suppress(lock.LockError):
            held = lock.read(marker.with_name(marker.name.removesuffix(f".{journal.MARKER}")))
            if held is not None and held.held and held.run == run.name:
                whole.write(run / journal.MARKER, marker.read_bytes())


def store_of(marker: Path) -> Store:
    """Open the store that a marker names. Raises StoreError when the marker cannot be read."""
    try:
        return _opened(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{marker}, which names the store, cannot be read: {error}") from error


def append(descriptor: int, target: Path, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Append to an open journal whose lock the caller holds, and bring it to the store.

    Raises `JournalError` when the line announces something and the store cannot be told: it must not be begun. A run
    whose first line fails leaves none.
    """
    have = appending.content(descriptor)
    entry = journal.append_locked(descriptor, target, kind, fields)
    if kind in model.TAG_ALONG:
        return entry
    must = model.must_be_there(kind, have)
    if not must and lost_lately(target.parent):
        _say_lost(descriptor, target)
        return entry
    whole_file = appending.content(descriptor)
    sent = model.told_up_to(have)
    try:
        store = store_of(target.parent / journal.MARKER)
        store.extend("/".join(target.parts[-3:]), whole_file[:sent], whole_file[sent:])
    except FailbackError as error:
        _refuse(descriptor, target, entry, fields, error) if must else _keep(descriptor, target, error)
        return entry
    if (target.parent / LOST).exists():
        (target.parent / LOST).unlink(missing_ok=True)
        journal.append_locked(descriptor, target, "store_back", {"note": "the store has everything up to here"})
    return entry


def _refuse(
    descriptor: int, target: Path, entry: dict[str, Any], fields: dict[str, Any], error: FailbackError
) -> NoReturn:
    """Say that what was announced is not begun. Nobody hears of a run that did not begin."""
    if entry["kind"] == "begin":
        os.ftruncate(descriptor, 0)
    else:
        told = {key: fields[key] for key in ("act", "plugin", "host", "task") if key in fields}
        _keep(descriptor, target, error)
        journal.append_locked(descriptor, target, "outcome", told | {"ok": False, "error": f"not begun: {error}"})
    raise journal.JournalError(f"{error}; what the store does not know of is not begun") from error


def _keep(descriptor: int, target: Path, error: FailbackError) -> None:
    lost(target.parent, error)
    _say_lost(descriptor, target)


def _say_lost(descriptor: int, target: Path) -> None:
    """Put on record, once, that from here on lines are kept here alone."""
    have = appending.content(descriptor)
    said = [entry["kind"] for entry in model.lines(have) if entry.get("kind") in {"store_lost", "store_back"}]
    if said[-1:] == ["store_lost"]:
        return
    with suppress(OSError, journal.JournalError):
        why = (target.parent / LOST).read_text(encoding="utf-8").strip()
        journal.append_locked(descriptor, target, "store_lost", {"reason": why})


def lost_lately(directory: Path) -> bool:
    """Tell whether a run that goes on without its silent store asked it a moment ago."""
    try:
        return time.time() - (directory / LOST).stat().st_mtime < _PAUSE
    except OSError:
        return False


@lru_cache(maxsize=8)
def _opened(text: str) -> Store:
    found = json.loads(text)
    return open_store(found, str(found["site"]))


def lock_of(target: Path, named: bytes | None = None) -> SeamLock:
    """Open the lock that is kept at the store: the one its marker names, or `named`. Raises `LockError`."""
    try:
        there = store_of(lock.seam_marker(target)) if named is None else _opened(named.decode())
        return SeamLock(target, there)
    except FailbackError as error:
        raise lock.LockError(str(error)) from error


class SeamLock:
    """The lock at the store, in the words of failback.lock. Every method raises `LockError`."""

    def __init__(self, target: Path, store: Store) -> None:
        self._target, self._store = target, store
        self._version = ""

    def current(self) -> lock.Lock | None:
        """Read it, and tell whose it is. One that was given back here while the store was silent is free."""
        try:
            found, self._version = locks.current(self._store)
            if found is None or not found.held:
                return found
            ours, given_back = lock.took(self._target, found)
            if ours:
                return replace(found, held=not given_back)
            return replace(found, foreign=True, beat=locks.last_beat(self._store, found.epoch))
        except (FailbackError, journal.JournalError) as error:
            raise lock.LockError(f"the lock cannot be read: {error}") from error

    def take(self, wanted: lock.Lock) -> None:
        """Take it, if it still is what `current` read. Raises `LockHeldError` when another machine was faster."""
        try:
            locks.take(self._store, wanted, self._version)
        except FailbackError as error:
            raise lock.LockError(f"the lock cannot be taken: {error}") from error

    def give(self, epoch: int, run: str) -> bool:
        """Give it back; False when it is another's, or the store is silent (the log here remembers)."""
        try:
            return locks.give(self._store, epoch, run)
        except (FailbackError, lock.LockError):
            return False

    def seen(self, path: Path) -> lock.Lock | None:
        """Read the lock for an act. A store that is silent counts as a no, unless stopping would do more harm."""
        here = lock.read(path)
        run = path.parents[1] / (here.run if here is not None else "-")
        if lost_lately(run) and may_go_on(run):
            return here
        try:
            return locks.current(self._store)[0]
        except FailbackError as error:
            if not may_go_on(run):
                raise lock.LockError(f"it cannot be known whether this run still holds the lock: {error}") from error
            lost(run, error)
            return here


def lost(directory: Path, error: FailbackError) -> None:
    """Note that the store was silent to a run that goes on all the same."""
    with suppress(OSError):
        whole.write(directory / LOST, (str(error) + "\n").encode())


def may_go_on(directory: Path) -> bool:
    """Tell whether a run goes on although the store is silent, by its journal."""
    try:
        return model.may_go_on((directory / "journal.jsonl").read_bytes())
    except OSError:
        return False
