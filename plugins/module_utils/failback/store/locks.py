"""A site's lock at its store: one small file, changed only under the condition that it still is what was read.

What the holder's process does cannot be seen from another machine. So a sign of life with its moment lies beside the
lock (`lock.beat`) and is shown; nothing is concluded from it, and taking over needs a person's word.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from failback.lock import Lock, LockError, LockHeldError, as_dict
from failback.store.errors import MovedError

if TYPE_CHECKING:
    from failback.store.base import Store

KEY = "lock.json"
BEAT = "lock.beat"
_TRIES = 3


def current(store: Store) -> tuple[Lock | None, str]:
    """Read the lock and its version. Raises `LockError` when it is no lock, StoreError when it cannot be read."""
    content, version = store.read(KEY)
    if not version:
        return None, version
    try:
        return Lock(**json.loads(content)), version
    except (ValueError, TypeError) as error:
        raise LockError(f"the lock at {store.where} is not readable as a lock; look at it first") from error


def take(store: Store, wanted: Lock, version: str) -> None:
    """Put this lock in the place of the one at this version. Raises `LockHeldError` when another machine was faster."""
    try:
        store.put(KEY, (json.dumps(as_dict(wanted), ensure_ascii=False, indent=1) + "\n").encode(), version)
    except MovedError as error:
        found, _ = current(store)
        raise LockHeldError(found or wanted) from error


def give(store: Store, epoch: int, run: str) -> bool:
    """Give the lock back; False when it is another's by now."""
    for _ in range(_TRIES):
        found, version = current(store)
        if found is None or not found.held or (found.epoch, found.run) != (epoch, run):
            return False
        free = replace(found, held=False, time=_now())
        try:
            store.put(KEY, (json.dumps(as_dict(free), ensure_ascii=False, indent=1) + "\n").encode(), version)
        except MovedError:
            continue
        return True
    return False


def beat(store: Store, epoch: int) -> None:
    """Leave a sign of life."""
    store.put(BEAT, json.dumps({"epoch": epoch, "time": _now()}).encode(), None)


def last_beat(store: Store, epoch: int) -> str:
    """Return the moment of the holder's last sign of life, or ""."""
    try:
        found = json.loads(store.read(BEAT)[0] or b"{}")
    except ValueError:
        return ""
    return str(found.get("time", "")) if found.get("epoch") == epoch else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
