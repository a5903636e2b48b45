"""Stage schema: everything refused that must be, settings recorded and changed, schemas and bare tables made."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from failback.errors import MySQLError, RefusedError
from failback.mysql import quote_name, quote_text, version_tuple
from failback.restore import aside, preflight, settings
from failback.restore.bookkeeping import SCHEMA, labels, quoted
from failback.restore.context import Context, StageResult, same_backup, unchanged
from failback.restore.pool import Pool

if TYPE_CHECKING:
    from failback.restore.model import Table
    from failback.restore.session import Session

_DATABASE = re.compile(r"CREATE\s+(?:DATABASE|SCHEMA)\b", re.IGNORECASE)


def run(context: Context) -> StageResult:
    """Prepare the server and make the tables. Raises RefusedError, DamagedError before anything is touched."""
    started = time.monotonic()
    run_here = context.book.run()
    if run_here is not None and run_here.backup != context.identity and context.options.restart:
        _discard(context)
        run_here = None
    if run_here is not None:
        same_backup(run_here, context.identity, context.backup.url)
    here = preflight.existing(context.admin, context.schemas)
    before = _state(context, here)
    if run_here is not None and run_here.finished:
        _refuse_gone(context, here)
        return unchanged(before, before, {"restored": run_here.told, "finished": True})
    found = preflight.examine(context)
    found.refuse(context.admin.name)
    if not context.options.replace:
        preflight.refuse_in_the_way(found.in_the_way, context.admin.name)
    folded = _folded(context, here)
    missing = [t for t in context.tables if _key(context, t) not in folded or _stands_aside(context, t, found)]
    occupied = _occupied(context)
    evidence: dict[str, object] = {
        "backup": _backup(context),
        "tables": len(context.tables),
        "indexes_later": sum(len(context.split[t.label].indexes) for t in context.tables),
        "foreign_keys_later": sum(len(context.split[t.label].foreign_keys) for t in context.tables),
        "remarks": found.remarks,
        "definers_missing": found.definers_missing,
        "fast_settings": "used: the server holds nothing else"
        if context.options.fast and not occupied
        else _why_slow(context, occupied),
    }
    changed = bool(missing) or run_here is None
    if context.check:
        evidence["would_move_aside"] = [list(item) for item in found.in_the_way]
        return StageResult(changed, before, {"tables": len(context.tables)}, evidence)
    evidence["settings"] = _prepare(context, fast=context.options.fast and not occupied)
    if found.in_the_way:
        with context.recorder.act(
            "move aside what stands in the way", items=[list(i) for i in found.in_the_way]
        ) as told:
            stamp = context.admin.text("SELECT DATE_FORMAT(NOW(), '%Y%m%d%H%i%s')")
            told["schemas"] = evidence["moved_aside_to"] = aside.move(context.admin, found.in_the_way, stamp)
            context.book.tell("moved_aside_to", told["schemas"])
    if missing:
        with context.recorder.act("create schemas and tables", tables=len(missing), server=context.admin.name):
            _create(context, missing)
    after = _state(context, preflight.existing(context.admin, context.schemas))
    evidence["seconds"] = round(time.monotonic() - started, 3)
    context.book.tell("schema", evidence)
    return StageResult(changed, before, after, evidence)


def _stands_aside(context: Context, table: Table, found: preflight.Preflight) -> bool:
    return any(
        (context.fold(schema), context.fold(name)) == (context.fold(table.schema), context.fold(table.name))
        for kind, schema, name in found.in_the_way
        if kind in {"table", "view"}
    )


def _prepare(context: Context, *, fast: bool) -> dict[str, object]:
    """Open the way for our own account, then record each setting and change it."""
    admin = context.admin
    wanted = {**settings.NEEDED, **(settings.FAST if fast else {})}
    now = settings.read(admin, wanted)
    changes = settings.plan(now, wanted)
    told: dict[str, object] = {"former": now, "changed": {c.name: c.ours for c in changes}}
    blocked = next((c for c in changes if c.name == "super_read_only"), None)
    if blocked is not None:  # nothing can be recorded on the server before this
        with context.recorder.act("lift super_read_only for the restore", server=admin.name, former="ON"):
            settings.apply(admin, blocked.name, blocked.ours)
    context.book.begin(context.identity, context.backup.url, _scope(context))
    for change in changes:
        context.book.remember_setting(change.name, change.former, change.ours)
    rest = [c for c in changes if c is not blocked]
    if rest:
        with context.recorder.act(
            "change settings for the restore",
            server=admin.name,
            former={c.name: c.former for c in rest},
            ours={c.name: c.ours for c in rest},
        ) as outcome:
            refused = {c.name: why for c in rest if c.name in settings.FAST and (why := settings.apply_fast(admin, c))}
            for change in rest:
                if change.name not in settings.FAST:
                    settings.apply(admin, change.name, change.ours)
            if refused:
                outcome["not_changed"] = told["not_changed"] = refused
    if fast:
        context.recorder.note(
            "restore_redo_log_off",
            server=admin.name,
            text="until the stage finish: if mysqld is killed, its data directory cannot be used again;"
            " rebuild the server and start the restore again",
        )
    return told


def _scope(context: Context) -> dict[str, object]:
    return {"schemas": list(context.options.schemas), "tables": list(context.options.tables)}


def _create(context: Context, missing: list[Table]) -> None:
    admin = context.admin
    admin.prepare(_defaults(context))
    present = {
        context.fold(str(row["s"])) for row in admin.rows("SELECT schema_name AS s FROM information_schema.schemata")
    }
    for schema in context.schemas:
        if context.fold(schema) in present:
            continue
        create = context.backup.schemas.get(schema) or f"CREATE DATABASE {quote_name(schema)}"
        if not _DATABASE.match(create.lstrip()):
            raise RefusedError(f"the backup's statement for the schema {schema} makes no schema: {create[:80]!r}")
        context.book.claim([("schema", schema, "")])
        admin.execute(create.rstrip().rstrip(";"))
    context.book.claim([("table", context.fold(t.schema), context.fold(t.name)) for t in missing])
    pool: Pool[Table] = Pool(lambda: _session(context), lambda s, t: _create_one(context, s, t), context.workers)
    pool.run(missing)


def _session(context: Context) -> Session:
    session = context.connect()
    session.prepare(_defaults(context))
    return session


def _defaults(context: Context) -> dict[str, str]:
    """Say what utf8mb4 alone means in the dump: utf8mb4_general_ci up to 5.7, utf8mb4_0900_ai_ci since 8.0."""
    version = context.backup.server_version
    old = version[:1].isdigit() and version_tuple(version) < (8, 0, 0)
    return {"default_collation_for_utf8mb4": "utf8mb4_general_ci"} if old else {}


def _create_one(context: Context, session: Session, table: Table) -> None:
    parts = context.split[table.label]
    mode = "NO_AUTO_VALUE_ON_ZERO,ANSI_QUOTES" if parts.ansi_quotes else "NO_AUTO_VALUE_ON_ZERO"
    session.prepare({"sql_mode": quote_text(mode)})
    session.use(table.schema)
    try:
        session.execute(parts.bare)
    except MySQLError as error:
        raise MySQLError(f"table {table.label} cannot be made: {error}", error.code, error.evidence) from error


def _state(context: Context, here: set[tuple[str, str, str]]) -> dict[str, object]:
    folded = _folded(context, here)
    stand = [t for t in context.tables if ("table", context.fold(t.schema), context.fold(t.name)) in folded]
    return {"tables": len(stand), "tables_missing": len(context.tables) - len(stand)}


def _key(context: Context, table: Table) -> tuple[str, str, str]:
    return ("table", context.fold(table.schema), context.fold(table.name))


def _folded(context: Context, here: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    return {(kind, context.fold(schema), context.fold(name)) for kind, schema, name in here}


def _occupied(context: Context) -> list[str]:
    """Tables that would be lost with the server."""
    ours = context.book.objects() if context.book.exists() else {}
    made = frozenset((schema, name) for kind, schema, name in ours if kind == "table")
    return settings.nothing_to_lose(context.admin, made)


def _why_slow(context: Context, occupied: list[str]) -> str:
    if not context.options.fast:
        return "not used: not wanted"
    return f"not used: the server holds {len(occupied)} other tables, {', '.join(occupied[:3])} among them"


def _refuse_gone(context: Context, here: set[tuple[str, str, str]]) -> None:
    folded = _folded(context, here)
    gone = [
        (t.schema, t.name)
        for t in context.tables
        if ("table", context.fold(t.schema), context.fold(t.name)) not in folded
    ]
    if gone:
        raise RefusedError(
            f"this backup was restored to {context.admin.name} before, and since then tables are gone: {labels(gone)}."
            f" Find out why; to restore again, drop the schema {SCHEMA} and give `replace: true`"
        )


def _discard(context: Context) -> None:
    """Drop what an unfinished restore of another backup made, and its bookkeeping."""
    run_here = context.book.run()
    if run_here is not None and run_here.finished:
        raise RefusedError(
            f"a finished restore of {run_here.url} is on {context.admin.name}; `restart` only drops an unfinished one."
            f" Drop the schema {SCHEMA} and give `replace: true`, which moves its tables aside"
        )
    if context.check:
        return
    recorded = context.book.settings()
    objects = sorted(context.book.objects())
    with context.recorder.act("drop what the unfinished restore made", objects=len(objects), server=context.admin.name):
        for kind in ("event", "trigger", "view", "procedure", "function", "table"):
            for _, schema, name in (item for item in objects if item[0] == kind):
                context.admin.execute(f"DROP {kind.upper()} IF EXISTS {quoted(schema, name)}")
        for _, schema, _name in (item for item in objects if item[0] == "schema"):
            if not preflight.existing(context.admin, [schema]):
                context.admin.execute(f"DROP DATABASE IF EXISTS {quote_name(schema)}")
        settings.put_back(context.admin, recorded)
        context.book.forget()


def _backup(context: Context) -> dict[str, object]:
    backup = context.backup
    return {
        "url": backup.url,
        "format": backup.format,
        "tool": backup.tool,
        "server_version": backup.server_version,
        "taken_at": backup.taken_at,
        "bytes": backup.size,
        "gtid": backup.position.gtid,
        "log_file": backup.position.log_file,
        "log_position": backup.position.log_position,
        "identity": context.identity,
    }
