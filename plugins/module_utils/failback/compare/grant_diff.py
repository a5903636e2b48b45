"""What two accounts may do differently, from the lines of SHOW GRANTS. Pure.

Lines are taken apart, since servers order and split them differently: one privilege on one object is one fact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ON = re.compile(r"(?P<verb>GRANT|REVOKE) (?P<list>.+?) ON (?P<object>.+?) (?:TO|FROM) (?P<to>.+)", re.DOTALL)
_ROLE = re.compile(r"GRANT (?P<list>.+?) TO (?P<to>.+)", re.DOTALL)
_COMMA = re.compile(r",(?![^()]*\))")  # not inside a list of columns
_QUOTED = re.compile(r"'((?:[^'\\]|\\.|'')*)'@'((?:[^'\\]|\\.|'')*)'")
_OPTION = " WITH GRANT OPTION"
_ADMIN = " WITH ADMIN OPTION"


def grant_facts(lines: Sequence[str]) -> set[str]:
    """Take the lines of one account apart. Raises FailbackError for a line that is no grant."""
    found: set[str] = set()
    for line in lines:
        text = _QUOTED.sub(r"`\1`@`\2`", line.strip())
        option = _OPTION if text.endswith(_OPTION) else _ADMIN if text.endswith(_ADMIN) else ""
        match = _ON.fullmatch(text) or _ROLE.fullmatch(text)
        if match is None:
            raise FailbackError(f"not a line of SHOW GRANTS: {text[:200]!r}")
        groups = match.groupdict()
        names = [" ".join(name.split()) for name in _COMMA.split(groups["list"])]
        if "object" not in groups:
            found |= {f"role {name}{option}" for name in names}
            continue
        revoked = "" if groups["verb"] == "GRANT" else "not "
        place = " ".join(groups["object"].split())
        for name in names:
            found |= {f"{revoked}{piece} on {place}" for piece in _by_column(name) if piece != "USAGE"}
        if option:
            found.add(f"GRANT OPTION on {place}")
    return found


def _by_column(name: str) -> list[str]:
    """SELECT (`a`, `b`) is two facts."""
    privilege, bracket, columns = name.partition("(")
    if not bracket:
        return [privilege.strip().upper()]
    return [f"{privilege.strip().upper()} ({column.strip()})" for column in columns.rstrip(") ").split(",")]


def grant_differences(
    idc: Mapping[str, Sequence[str]], aws: Mapping[str, Sequence[str]], against: str = "RDS"
) -> list[str]:
    """Compare accounts ({account: lines of SHOW GRANTS}); one sentence for each fact that only one side has."""
    found = []
    for account in sorted(idc.keys() | aws.keys()):
        if account not in idc or account not in aws:
            found.append(f"account {account} exists only on {'IDC' if account in idc else against}")
            continue
        left, right = grant_facts(idc[account]), grant_facts(aws[account])
        found += [f"account {account}: {fact} only on IDC" for fact in sorted(left - right)]
        found += [f"account {account}: {fact} only on {against}" for fact in sorted(right - left)]
    return found
