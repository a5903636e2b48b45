"""Taking the site's lock for a run, and clearing away what a dead run left on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import lock

from rollback_runner.errors import LockedError, RecordError
from rollback_runner.record import elsewhere, store
from rollback_runner.run import ansible_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def acquire(  # noqa: PLR0913 - what a lock says of its holder
    home: Path,
    site: str,
    run_id: str,
    *,
    reason: str,
    takeover: str | None,
    swept: Callable[[int, str], None],
    job: int = 0,
) -> int:
    """Take the lock and return the run's epoch. `swept` is told how many processes of which run were ended.

    `job` is the number of the AWX job that takes it, 0 for none.

    Raises `LockedError` when another run holds it, `RecordError` when it cannot be kept.
    """
    path = store.lock_path(home, site)
    elsewhere.may_act(home, site)
    try:
        before = lock.read(path)
        marker = elsewhere.marker(home, site)
        held = lock.acquire(path, site=site, reason=reason, run=run_id, takeover=takeover, job=job, marker=marker)
    except lock.LockHeldError as error:
        step = "rollback-runner resume" if error.lock.stale else "wait for it, or ask its holder"
        if error.lock.foreign:
            step += '; only if that machine is gone for good: rollback-runner resume --break-lock "REASON"'
        raise LockedError(f"{error}.", next_step=f'{step}; --break-lock "REASON" takes it by force') from error
    except lock.LockError as error:
        step = "rollback-runner store status" if elsewhere.of(home, site) else "df -h; ls -l " + str(path.parent)
        raise RecordError(f"{error}; nothing was done.", next_step=step) from error
    if before is not None and before.held:
        left = ansible_run.sweep(store.runs_directory(home) / before.run)
        if left:
            swept(left, before.run)
    return held.epoch
