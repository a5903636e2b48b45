"""Whether the account sees everything it is to compare: a table it may not see would be missing on both sides alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.compare.grant_diff import grant_facts
from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Server

_READS = ("SELECT", "ALL PRIVILEGES", "ALL")


def may_read_all(server: Server, schemas: Sequence[str]) -> None:
    """Raise RefusedError unless the account may read every table of the schemas."""
    roles = server.text("SELECT CURRENT_ROLE()")
    using = "" if roles in {"", "NONE"} else f" USING {roles}"
    lines = [str(next(iter(row.values()))) for row in server.rows(f"SHOW GRANTS FOR CURRENT_USER(){using}")]
    facts = grant_facts(lines)
    lacking = [name for name in schemas if not _reads(facts, name)]
    if lacking:
        raise RefusedError(
            f"{server.name} may not read all of {', '.join(lacking)}, and what it does not see it cannot compare:"
            " grant SELECT and SHOW VIEW on the schemas"
        )


def _reads(facts: set[str], schema: str) -> bool:
    quoted = schema.replace("`", "``")
    places = ("*.*", f"`{quoted}`.*", f"`{quoted.replace('_', chr(92) + '_')}`.*")
    return any(f"{privilege} on {place}" in facts for privilege in _READS for place in places)
