"""Whether the lock of a run that nobody carries on any more may be taken: playing a phase again is how it goes on.

A process of this machine is seen by itself. A job of AWX ran in a container that is gone; AWX knows whether it is over.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from failback import awx_api, lock
from failback.errors import FailbackError

from rollback_runner.record import store
from rollback_runner.run import carry

if TYPE_CHECKING:
    from pathlib import Path

_JOB = re.compile(r"AWX job (\d+)")
_OVER = frozenset({"successful", "failed", "error", "canceled"})
_PATIENCE = 10.0  # seconds


def reason(home: Path, site: str) -> str | None:
    """Return why the lock may be taken; None when it is free, its holder lives, or nobody can tell."""
    gone = carry.takeover(home, site)
    if gone is not None:
        return gone
    try:
        held = lock.read(store.lock_path(home, site))
    except lock.LockError:
        return None  # acquiring it will say what is wrong
    job = _JOB.search(held.reason) if held is not None and held.held else None
    if held is None or job is None:
        return None
    try:
        status = str(awx_api.Api.of(os.environ, _PATIENCE).get(f"jobs/{job[1]}/").get("status") or "")
    except FailbackError:
        return None  # the lock's own refusal says who holds it
    return f"AWX job {job[1]} of run {held.run} is over ({status})" if status in _OVER else None
