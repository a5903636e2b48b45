"""Move aside what stands in the way of a restore: tables are renamed, never dropped, programs kept as text.

Tables go to a schema of their own with all their rows. Views, routines, triggers and events cannot be moved; their
statements are written into the table ``programs`` of that schema before they are dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.errors import RefusedError
from failback.mysql import quote_name, quote_text
from failback.restore.bookkeeping import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Server

PREFIX = "rollback_runner_aside_"
Item = tuple[str, str, str]
_SHOW = {
    "view": "SHOW CREATE VIEW",
    "procedure": "SHOW CREATE PROCEDURE",
    "function": "SHOW CREATE FUNCTION",
    "trigger": "SHOW CREATE TRIGGER",
    "event": "SHOW CREATE EVENT",
}


def move(server: Server, items: Sequence[Item], stamp: str) -> list[str]:
    """Move tables and programs aside; the schemas they went to. Raises RefusedError when other tables refer to them."""
    tables = [item for item in items if item[0] == "table"]
    _refuse_referred(server, tables)
    triggers = [("trigger", str(r["s"]), str(r["n"])) for item in tables for r in _triggers(server, item)]
    programs = [item for item in items if item[0] != "table"]
    programs = [*triggers, *(item for item in programs if item not in triggers)]
    made: list[str] = []
    for schema in sorted({item[1] for item in items}):
        moved = [name for _, inside, name in tables if inside == schema]
        target = _free(server, schema, stamp, moved)
        server.execute(f"CREATE DATABASE IF NOT EXISTS {quote_name(target)}")
        server.execute(
            f"CREATE TABLE IF NOT EXISTS {quoted(target, 'rollback_runner_programs')} (kind varchar(16), name"
            f" varchar(64),"
            " sql_mode text, definition longtext NOT NULL, PRIMARY KEY (kind, name))"
        )
        for kind, _, name in (item for item in programs if item[1] == schema):
            _keep_and_drop(server, target, kind, schema, name)
        if moved:
            renames = ", ".join(f"{quoted(schema, name)} TO {quoted(target, name)}" for name in moved)
            server.execute(f"RENAME TABLE {renames}")
        made.append(target)
    return made


def _free(server: Server, schema: str, stamp: str, moved: Sequence[str]) -> str:
    """Name a schema that has none of these tables yet: two restores may begin within one second."""
    number, target = 1, f"{PREFIX}{stamp}_{schema}"[:64]
    listed = ", ".join(quote_text(name) for name in moved) or "''"
    while server.number(
        f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=%s AND table_name IN ({listed})", (target,)
    ):
        number += 1
        target = f"{PREFIX}{stamp}_{number}_{schema}"[:64]
    return target


def _keep_and_drop(server: Server, target: str, kind: str, schema: str, name: str) -> None:
    row = server.row(f"{_SHOW[kind]} {quoted(schema, name)}")
    text = next((str(v) for k, v in row.items() if k.startswith("Create ") or k == "SQL Original Statement"), "")
    kept = quoted(target, "rollback_runner_programs")
    server.execute(f"REPLACE INTO {kept} VALUES (%s, %s, %s, %s)", (kind, name, str(row.get("sql_mode", "")), text))
    server.execute(f"DROP {kind.upper()} IF EXISTS {quoted(schema, name)}")


def _triggers(server: Server, table: Item) -> list[dict[str, object]]:
    return [
        dict(row)
        for row in server.rows(
            "SELECT trigger_schema AS s, trigger_name AS n FROM information_schema.triggers"
            " WHERE event_object_schema=%s AND event_object_table=%s",
            table[1:],
        )
    ]


def _refuse_referred(server: Server, tables: Sequence[Item]) -> None:
    """Refuse where a table that stays refers to one that goes: its key would follow."""
    if not tables:
        return
    moved = ", ".join(f"({quote_text(schema)}, {quote_text(name)})" for _, schema, name in tables)
    rows = server.rows(
        "SELECT constraint_schema AS s, table_name AS t, constraint_name AS c FROM"
        " information_schema.referential_constraints"
        f" WHERE (unique_constraint_schema, referenced_table_name) IN ({moved})"
        f" AND (constraint_schema, table_name) NOT IN ({moved})"
    )
    if rows:
        named = ", ".join(f"{row['c']!s} of {row['s']!s}.{row['t']!s}" for row in rows[:8])
        raise RefusedError(
            f"cannot move tables aside on {server.name}: foreign keys of tables that stay refer to them ({named})."
            " Restore those tables too, or drop these keys first"
        )
