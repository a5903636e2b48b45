"""Whether the account may restore a backup: found out when a plan is made, not behind a hold. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import grants
from failback.restore import aside, bookkeeping

if TYPE_CHECKING:
    from failback.deployment.database.model import Text
    from failback.mysql import Server

_ROWS: dict[str, tuple[str, ...]] = {
    f"{name} in it": (name,) for name in ("CREATE", "DROP", "ALTER", "SELECT", "INSERT", "UPDATE", "DELETE")
}
_SCHEMA: dict[str, tuple[str, ...]] = _ROWS | {
    f"{name} in it": (name,) for name in ("REFERENCES", "INDEX", "TRIGGER", "CREATE VIEW")
}
_SERVER: dict[str, tuple[str, ...]] = {
    "keep the load out of the binary log": ("SESSION_VARIABLES_ADMIN", "SYSTEM_VARIABLES_ADMIN", "SUPER")
}


def lacking(server: Server, schema: str) -> Text | None:
    """Say what the account lacks for a restore of this schema; None: nothing."""
    lines = [str(next(iter(row.values()))) for row in server.rows("SHOW GRANTS")]
    missing = missing_of(lines, schema)
    if not missing:
        return None
    named = "; ".join(f"{', '.join(sorted(names))} on {where}" for where, names in missing.items())
    return {
        "en": f"this account may not restore, it lacks: {named} (docs/permissions.md, releases)",
        "ko": f"이 계정에는 복원 권한이 부족합니다: {named} (docs/permissions.md, releases)",
    }


def missing_of(lines: list[str], schema: str) -> dict[str, set[str]]:
    """Name the privileges that are missing, by what they are missing on; pure."""
    found: dict[str, set[str]] = {}
    on_server = grants.lacking(grants.global_privileges(lines), _SERVER)
    if on_server:
        found["*.*"] = set(on_server.values())
    for where, name, needs in (
        (f"`{schema}`.*", schema, _SCHEMA),
        (f"`{bookkeeping.SCHEMA}`.*", bookkeeping.SCHEMA, _ROWS),
        (f"`{aside.PREFIX}%`.*", f"{aside.PREFIX}20260101000000_{schema}", _ROWS),
    ):
        if less := grants.lacking(grants.privileges_on(lines, name), needs):
            found[where] = set(less.values())
    return found
