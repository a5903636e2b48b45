"""Whether the lock of a run that nobody carries on any more may be taken: playing a phase again is how it goes on.

A process of this machine is seen by itself. A job of AWX ran in a container that is gone; AWX knows whether it is over.
But AWX also calls a job over whose node it lost, while the container plays on: as long as the holder leaves signs of
life at the store, a person's word is needed, as for everybody.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from failback import awx_api, lock
from failback.approval.record import instant
from failback.errors import FailbackError

from rollback_runner.record import store
from rollback_runner.run import carry

if TYPE_CHECKING:
    from pathlib import Path

_OVER = frozenset({"successful", "failed", "error", "canceled"})
_PATIENCE = 10.0  # seconds
_QUIET = timedelta(seconds=60)  # three signs of life that were not given


def reason(home: Path, site: str, now: datetime | None = None) -> str | None:
    """Return why the lock may be taken; None when it is free, its holder lives, or nobody can tell."""
    gone = carry.takeover(home, site)
    if gone is not None:
        return gone
    path = store.lock_path(home, site)
    try:
        held = lock.mirror(path) or lock.read(path)
    except lock.LockError:
        return None  # acquiring it will say what is wrong
    if held is None or not held.held or not held.job or not _quiet(held, now or datetime.now(UTC)):
        return None
    try:
        status = str(awx_api.Api.of(os.environ, _PATIENCE).get(f"jobs/{held.job}/").get("status") or "")
    except FailbackError:
        return None  # the lock's own refusal says who holds it
    return f"AWX job {held.job} of run {held.run} is over ({status})" if status in _OVER else None


def _quiet(held: lock.Lock, now: datetime) -> bool:
    """Tell whether the holder gave no sign of life lately; a moment that cannot be read, or is to come, is one."""
    moments = [instant(one) for one in (held.time, held.beat) if one]
    return bool(moments) and all(one is not None and now - one >= _QUIET for one in moments)
