"""The strategy restore: the backup of that moment comes back by the restore engine, and what stood there stays aside.

Nothing is destroyed: tables that stand in the way are renamed into a schema of their own, rows and all, so that what
was written since the backup can still be fetched from there by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.backup.look import look
from failback.deployment.database import note
from failback.errors import DamagedError, RefusedError
from failback.restore import bookkeeping, engine
from failback.restore.context import Options
from failback.restore.progress import Progress
from failback.restore.recognise import read_backup
from failback.restore.verify_facts import Expected

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.deployment.database.guard import Standing
    from failback.deployment.migrations.gate import Gate
    from failback.mysql import Login, Server
    from failback.restore.context import Recorder
    from failback.restore.model import Source


@dataclass(frozen=True)
class Wanted:
    """The backup as it was chosen: what it is, and where."""

    name: str
    url: str
    digest: str


def refuse_followers(standing: Standing) -> None:
    """Refuse where others follow: the engine loads without the binary log, so they would keep the newer rows."""
    if standing.followers:
        raise RefusedError(
            f"{standing.followers} replica(s) follow this server, and a restore does not go through its binary log:"
            " stop them and build them anew afterwards, or take another way"
        )


def restore(  # noqa: PLR0913, PLR0917 - everything the restore is about
    server: Server,
    login: Login,
    gate: Gate,
    wanted: Wanted,
    opener: Callable[[str], Source],
    recorder: Recorder,
    *,
    check: bool,
) -> dict[str, Any]:
    """Bring the backup back. Safe to repeat; a killed one goes on. Raises failback.errors.

    The backup is read to its end first: one that changed since it was chosen is refused, as is one that is damaged.
    """
    seen = look({"name": wanted.name, "url": wanted.url}, opener, Expected(schemas=(gate.schema,)))
    if not seen.sound:
        raise DamagedError(f"the backup {wanted.name} must not be restored from: {seen.problem}")
    if wanted.digest and seen.digest != wanted.digest:
        raise RefusedError(
            f"the backup {wanted.name} is not the one that was confirmed: it was written again since. Look again"
        )
    backup = read_backup(opener(wanted.url), default_schema=gate.schema)
    options = Options(
        schemas=(gate.schema,),
        fast=False,
        replace=True,
        digest=seen.digest,
        read_only=False,
        set_gtid=False,
    )
    if not check:
        _forget_finished(server, recorder)
    stages: dict[str, Any] = {}
    with engine.opened(
        login, backup, options, recorder=recorder, progress=Progress(), check=check, name=server.name
    ) as context:
        for stage in engine.STAGES:
            if check and stage != "schema":
                break
            stages[stage] = engine.run_stage(context, stage).evidence
    if not check:
        note.end(server, gate.schema)
    return {"stages": stages, "backup": {"name": wanted.name, "digest": seen.digest, "taken_at": seen.taken_at}}


def under_way(server: Server, schema: str) -> str:
    """Give the url of the backup that a restore of this schema was begun from and has not ended; "" for none."""
    run = bookkeeping.Book(server).run()
    if run is None or run.finished:
        return ""
    mine = server.number(f"SELECT COUNT(*) FROM {bookkeeping.SCHEMA}.objects WHERE schema_name=%s", (schema,))
    meant = run.scope.get("schemas") or []
    return run.url if mine or (isinstance(meant, list) and schema in meant) else ""


def _forget_finished(server: Server, recorder: Recorder) -> None:
    """Take away the note of a restore that was finished earlier: it is not this one. One that was cut off goes on."""
    book = bookkeeping.Book(server)
    last = book.run()
    if last is not None and last.finished:
        with recorder.act("forget the note of an earlier restore", backup=last.url, server=server.name):
            book.forget()
