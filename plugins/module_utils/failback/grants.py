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
}
