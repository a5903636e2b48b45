"""One spelling for what servers and tools spell differently. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from failback.accounts import Grant, without_mark

if TYPE_CHECKING:
    from collections.abc import Iterator


def privileges(names: list[tuple[str, str]], on: str, *, option: bool, revoke: bool) -> Iterator[Grant]:
    """Name them singly. The right to grant belongs to each dynamic privilege (with underscores), else to the object."""
    for name, column in names:
        dynamic = "_" in name
        if option and not dynamic:
            yield Grant("privilege", "GRANT OPTION", on)
        if name != "USAGE":
            yield Grant("revoked" if revoke else "privilege", name, on, column, option=option and dynamic)


def quoted(name: str) -> str:
    """Quote one identifier as SHOW GRANTS does."""
    return "`" + name.replace("`", "``") + "`"


def attribute(value: dict[str, object]) -> str:
    """Spell an attribute in one way, the fence's mark left out; "" for none."""
    kept = without_mark(value)
    return json.dumps(kept, sort_keys=True, ensure_ascii=False) if kept else ""


NEW_ROLE = {"locked": "yes", "password expiry": "EXPIRED"}
# Spelled out by newer servers and left out by older ones and by people.
DEFAULTS = {
    "TLS": "NONE",
    "locked": "no",
    "password expiry": "DEFAULT",
    "password history": "DEFAULT",
    "password reuse": "DEFAULT",
    "password change needs the old one": "DEFAULT",
    "attribute": "",
    "max_queries_per_hour": "0",
    "max_updates_per_hour": "0",
    "max_connections_per_hour": "0",
    "max_user_connections": "0",
    "failed_login_attempts": "0",
    "password_lock_time": "0",
}
