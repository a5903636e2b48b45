"""What an account may do, from the lines of SHOW GRANTS. Pure."""

from __future__ import annotations

import re

_GLOBAL = re.compile(r"GRANT (?P<list>.+) ON \*\.\* TO ", re.IGNORECASE)


def global_privileges(lines: list[str]) -> set[str]:
    """Read the privileges on *.*, upper case; "ALL PRIVILEGES" stands for every static one."""
    found: set[str] = set()
    for line in lines:
        match = _GLOBAL.match(line)
        if match:
            found.update(name.strip().upper() for name in match["list"].split(","))
    return found - {"USAGE"}


_SCOPED = re.compile(
    r"(?P<verb>GRANT|REVOKE) (?P<list>.+) ON (?P<schema>\*|`(?:[^`]|``)+`)\.(?P<table>\*|`(?:[^`]|``)+`) (?:TO|FROM) ",
    re.IGNORECASE,
)
_COLUMNS = re.compile(r"\s*\([^)]*\)")


def privileges_on(lines: list[str], schema: str, table: str = "") -> set[str]:
    """Read what holds on a table, or on all of a schema: global, schema and table grants, less partial revokes.

    A grant on columns counts as one on the table. A schema's name may be a pattern (MySQL manual, GRANT statement).
    """
    found: set[str] = set()
    taken: set[str] = set()
    for line in lines:
        match = _SCOPED.match(line)
        if not match or not _covers(match["schema"], schema, pattern=match["table"] == "*"):
            continue
        if match["table"] != "*" and not (table and _covers(match["table"], table, pattern=False)):
            continue
        names = {name.strip().upper() for name in _COLUMNS.sub("", match["list"]).split(",")}
        (found if match["verb"].upper() == "GRANT" else taken).update(names)
    return found - taken - {"USAGE"}


def _covers(granted: str, name: str, *, pattern: bool) -> bool:
    if granted == "*":
        return True
    plain = granted[1:-1].replace("``", "`")
    if not pattern:
        return plain == name
    parts = re.findall(r"\\.|.", plain)
    wild = {"%": ".*", "_": "."}
    return (
        re.fullmatch("".join(wild.get(part) or re.escape(part.removeprefix("\\")) for part in parts), name) is not None
    )


# One need is met by any of its alternatives.
_STATIC_ONLY = re.compile(r"[A-Z]+(?: [A-Z]+)*")


def lacking(have: set[str], needs: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return what for is lacking which privilege; ALL PRIVILEGES covers names without an underscore."""
    static = "ALL PRIVILEGES" in have or "ALL" in have

    def met(alternatives: tuple[str, ...]) -> bool:
        return any(name in have or (static and _STATIC_ONLY.fullmatch(name)) for name in alternatives)

    return {what: " or ".join(names) for what, names in needs.items() if not met(names)}


# What the tool's account needs on RDS, and what for.
RDS_NEEDS: dict[str, tuple[str, ...]] = {
    "read accounts and schemas": ("SELECT",),
    "see every session and transaction": ("PROCESS",),
    "lock accounts": ("CREATE USER",),
    "disable events": ("EVENT",),
    "read positions": ("REPLICATION CLIENT", "SUPER"),
    "decode the binary log": ("REPLICATION SLAVE",),
    "see prepared transactions": ("XA_RECOVER_ADMIN", "SUPER"),
    "kill sessions by mysql.rds_kill": ("EXECUTE",),
}

# And on IDC.
IDC_NEEDS: dict[str, tuple[str, ...]] = {
    "read schemas": ("SELECT",),
    "see sessions": ("PROCESS",),
    "make IDC writable": ("SYSTEM_VARIABLES_ADMIN", "SUPER"),
    "run the replication channel": ("REPLICATION_SLAVE_ADMIN", "SUPER"),
    "read positions": ("REPLICATION CLIENT", "SUPER"),
    "remove the replication channel": ("RELOAD",),
    "raise counters while IDC is read-only": ("CONNECTION_ADMIN", "SUPER"),
}

# On IDC where a scheduled event belongs to another account.
DEFINER_NEEDS: dict[str, tuple[str, ...]] = {
    "enable events of other accounts": ("SET_ANY_DEFINER", "SET_USER_ID", "SUPER"),
}

# On each schema of the service on IDC.
SCHEMA_NEEDS: dict[str, tuple[str, ...]] = {"raise counters": ("ALTER",), "enable events": ("EVENT",)}
