"""Restore a backup into a server, stage by stage; each stage can be run again, and goes on where it was left.

Order: schema, data, indexes, foreign_keys, programs, finish (why indexes before foreign keys: decision 0003).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import ConfigError, FailbackError, RefusedError
from failback.mysql_errors import ER_UNKNOWN_THREAD
from failback.restore import bookkeeping
from failback.restore.context import Context, NoRecord, Options, Recorder, StageResult
from failback.restore.progress import Progress
from failback.restore.session import PROGRAM, Session
from failback.restore.stages import data, finish, foreign_keys, indexes, programs, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from failback.mysql import Login
    from failback.restore.model import Backup

STAGES: Mapping[str, Callable[[Context], StageResult]] = {
    "schema": schema.run,
    "data": data.run,
    "indexes": indexes.run,
    "foreign_keys": foreign_keys.run,
    "programs": programs.run,
    "finish": finish.run,
}
_GONE_TIMEOUT = 120.0  # seconds for a killed restore's sessions to roll back and end


@dataclass(frozen=True)
class Restored:
    """What all stages came to."""

    stages: Mapping[str, StageResult]
    seconds: float

    @property
    def changed(self) -> bool:
        """Whether any stage did something."""
        return any(result.changed for result in self.stages.values())


@contextmanager
def opened(  # noqa: PLR0913 - what a restore needs, each by name
    login: Login,
    backup: Backup,
    options: Options,
    *,
    progress: Progress | None = None,
    recorder: Recorder | None = None,
    check: bool = False,
    name: str = "IDC",
) -> Iterator[Context]:
    """Connect, be the only restore on the server, end what a killed one left running.

    Raises RefusedError for another server than meant, or one that another restore works on.
    """
    with Session.open(login, name=name) as admin:
        found = admin.text("SELECT @@server_uuid").lower()
        if login.server_uuid and login.server_uuid != found:
            raise RefusedError(
                f"{admin.name} is not the server that is meant: its server_uuid is {found}, the inventory says"
                f" {login.server_uuid}. Correct the address, or the inventory after a rebuild"
            )
        if not check:
            bookkeeping.take_lock(admin)
            end_leftovers(admin)
        yield Context(
            login=login,
            backup=backup,
            options=options,
            recorder=recorder or NoRecord(),
            progress=progress or Progress(),
            admin=admin,
            check=check,
            name=name,
        )


def run_stage(context: Context, stage: str) -> StageResult:
    """Run one stage. Raises ConfigError for a name that is none, and what the stage raises."""
    if stage not in STAGES:
        raise ConfigError(f"there is no restore stage {stage!r}; there are {', '.join(STAGES)}")
    if not context.check:
        _note_restart(context)
    return STAGES[stage](context)


def restore(
    login: Login,
    backup: Backup,
    options: Options | None = None,
    progress: Progress | None = None,
    recorder: Recorder | None = None,
) -> Restored:
    """Run all stages. Safe to repeat; a second run changes nothing. Raises failback.errors."""
    started = time.monotonic()
    with opened(login, backup, options or Options(), progress=progress, recorder=recorder) as context:
        done = {stage: run_stage(context, stage) for stage in STAGES}
    return Restored(done, round(time.monotonic() - started, 3))


def _note_restart(context: Context) -> None:
    """Put on record that the server was restarted: its settings are gone, the stage schema sets them anew."""
    run = context.book.run()
    if run is None or run.finished:
        return
    apart = context.admin.number(f"SELECT ABS(TIMESTAMPDIFF(SECOND, %s, {bookkeeping.STARTED}))", (run.server_started,))
    if apart > 2:  # noqa: PLR2004 - seconds; both clocks count whole ones
        context.recorder.note(
            "restore_server_restarted",
            server=context.admin.name,
            text="the server was restarted since the restore began: what was loaded is there, settings are set anew",
        )
        if context.admin.number("SELECT @@super_read_only"):
            return  # the stage schema opens the way, then this is noted again
        context.book.seen_started()


def end_leftovers(admin: Session) -> None:
    """End the sessions of a killed restore: a statement goes on at the server though nobody waits for it.

    We hold the lock, so no restore that still lives can have any. Raises FailbackError when they do not end.
    """
    query = (
        "SELECT DISTINCT processlist_id AS id FROM performance_schema.session_connect_attrs"
        " WHERE attr_name='program_name' AND attr_value=%s AND processlist_id <> CONNECTION_ID()"
    )
    limit = time.monotonic() + _GONE_TIMEOUT
    while ids := [int(str(row["id"])) for row in admin.rows(query, (PROGRAM,))]:
        if time.monotonic() > limit:
            raise FailbackError(
                f"sessions of a killed restore do not end on {admin.name}: {ids}; look at its processlist"
            )
        admin.execute_each([f"KILL {thread}" for thread in ids], tolerate={ER_UNKNOWN_THREAD})
        time.sleep(0.1)
