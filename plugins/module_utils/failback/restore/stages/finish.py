"""Stage finish: definitions compared, settings back and proven, the bookkeeping reduced to its result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, RefusedError
from failback.mysql import quote_text
from failback.restore import settings
from failback.restore.context import Context, StageResult, changed, unchanged
from failback.restore.definitions import differences

if TYPE_CHECKING:
    from failback.restore.bookkeeping import Run

_STAGES = ("schema", "data", "indexes", "foreign_keys", "programs")


def run(context: Context) -> StageResult:
    """Prove that the server is as it must be. Raises RefusedError while a stage is open, FailbackError otherwise."""
    started = time.monotonic()
    if context.check and context.book.run() is None:
        return changed({}, {}, {})
    going = context.going()
    recorded = {} if going.finished else context.book.settings()
    names = dict.fromkeys([*recorded, *settings.NEEDED, *settings.FAST], "")
    now = settings.read(context.admin, names)
    before: dict[str, object] = {"settings": now, "state": going.state}
    if going.finished and _closed(context, now):
        return unchanged(before, before, {"restored": going.told})
    if context.check:
        return changed(before, {"settings": {**now, **{k: v[0] for k, v in recorded.items()}}}, {})
    context.progress.begin("finish")
    evidence: dict[str, object] = {}
    if not going.finished:
        evidence = _settle(context, going, recorded)
        context.book.finish()
    if context.options.read_only and settings.read(context.admin, {"super_read_only": ""}) != {"super_read_only": "ON"}:
        with context.recorder.act("close the server for writes again", server=context.admin.name):
            settings.apply(context.admin, "super_read_only", "ON")
    after = settings.read(context.admin, names)
    if not _closed(context, after):
        raise FailbackError(f"{context.admin.name} is still open for writes: SET GLOBAL super_read_only=ON failed")
    evidence |= {"settings_before": now, "settings_after": after, "seconds": round(time.monotonic() - started, 3)}
    context.progress.end()
    return changed(before, {"settings": after, "state": "finished"}, evidence)


def _settle(context: Context, going: Run, recorded: dict[str, tuple[str, str]]) -> dict[str, object]:
    """Everything but the last look, while the bookkeeping still stands."""
    open_stages = [stage for stage in _STAGES if not going.told.get(stage)]
    if open_stages:
        raise RefusedError(
            f"the restore on {context.admin.name} is not done: {', '.join(open_stages)} must be run first; its settings"
            " stay as they are for it"
        )
    differ = differences(context)
    if differ:
        raise FailbackError(
            f"definitions on {context.admin.name} are not those of the backup: {'; '.join(differ[:5])}",
            {"differences": differ},
        )
    with context.recorder.act(
        "put the settings back", server=context.admin.name, former={k: v[0] for k, v in recorded.items()}
    ) as outcome:
        outcome["seen"] = settings.put_back(context.admin, recorded)
    evidence: dict[str, object] = {"definitions_compared": len(context.tables), "differences": []}
    evidence["gtid"] = _gtid(context)
    return evidence


def _closed(context: Context, now: dict[str, str]) -> bool:
    return not context.options.read_only or now.get("super_read_only") in {None, "ON"}


def _gtid(context: Context) -> str:
    """Tell the server which transactions the rows already hold, so that replication can go on from there."""
    gtid, admin = context.backup.position.gtid.replace("\n", ""), context.admin
    if not gtid or not context.options.set_gtid or not context.whole:
        return "not set: " + ("the backup tells none" if not gtid else "not the whole backup, or not wanted")
    if admin.text("SELECT @@GLOBAL.gtid_mode") != "ON":
        return "not set: gtid_mode is off on this server"
    lacking = admin.text("SELECT GTID_SUBTRACT(%s, @@GLOBAL.gtid_executed)", (gtid,)).replace("\n", "")
    if not lacking:
        return f"already there: {gtid}"
    with context.recorder.act("add the backup's GTID set to gtid_purged", server=admin.name, gtid=lacking):
        admin.execute(f"SET GLOBAL gtid_purged = {quote_text('+' + lacking)}")
    return f"added to gtid_purged: {lacking}"
