"""What is known of a source of backups, and what is wanted of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_MOST_SAID = 5  # findings of one kind that are told one by one


@dataclass(frozen=True)
class Look:
    """One source after it was read to its end; sizes are bytes, ``taken_at`` is as the backup says it.

    ``problem`` is why it could not be read, ``kind`` which sort of no that is: missing, unreachable, key_missing,
    key_wrong, tool_missing, damaged, manifest.
    """

    name: str
    url: str
    kind: str = ""
    problem: str = ""
    next_step: str = ""
    format: str = ""
    digest: str = ""
    bytes: int = 0
    seconds: float = 0.0
    tables: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    uncounted: tuple[str, ...] = ()
    taken_at: str = ""
    gtid: str = ""
    server_version: str = ""
    tool: str = ""
    vouched: bool = False
    encrypted: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    remembered_from: str = ""

    @property
    def sound(self) -> bool:
        """Whether it was read to its end and nothing forbids to restore from it."""
        return not self.problem

    @property
    def total(self) -> int:
        """Rows that were counted."""
        return sum(self.rows.values())


def of_evidence(name: str, url: str, found: Mapping[str, Any], encrypted: tuple[str, ...] = ()) -> Look:
    """Take over what a verification told (``Verified.as_evidence``)."""
    sides: dict[str, list[str]] = {"fatal": [], "warning": []}
    for one in found["findings"]:
        sides[one["severity"]].append(f"{one['file']} {one['text']}".strip())
    fatal = sides["fatal"]
    problem = "; ".join(fatal[:_MOST_SAID])
    if len(fatal) > _MOST_SAID:
        problem += f"; and {len(fatal) - _MOST_SAID} more"
    return Look(
        name=name,
        url=url,
        kind="damaged" if fatal else "",
        problem=problem,
        next_step="take another copy of it, or use another backup" if fatal else "",
        format=str(found["format"]),
        digest=str(found["sha256"]),
        bytes=int(found["bytes"]),
        seconds=float(found["seconds"]),
        tables=int(found["tables"]),
        rows={str(label): int(count) for label, count in found.get("rows_by_table", {}).items()},
        uncounted=tuple(found.get("uncounted", ())),
        taken_at=str(found["taken_at"]),
        gtid=str(found["gtid"]),
        server_version=str(found["server_version"]),
        tool=str(found["tool"]),
        vouched=bool(found["vouched_by_manifest"]),
        encrypted=encrypted,
        remarks=tuple(sides["warning"]),
        remembered_from=str(found.get("remembered_from", "")),
    )


@dataclass(frozen=True)
class Chain:
    """Whether binary logs lead from a backup to the cut-over; ``transactions`` lie between the two.

    ``from_rds``: the archive does not lead there (``problem``), but the binary logs RDS itself still has do.
    """

    transactions: int = 0
    files: int = 0
    bytes: int = 0
    kind: str = ""  # binlog_chain, binlogs_missing, binlogs_unreachable, binlogs_of_rds
    problem: str = ""
    next_step: str = ""
    from_rds: bool = False


@dataclass(frozen=True)
class Wishes:
    """What the site asks of its backups. Ages and budgets in seconds; what is 0 or empty is not judged."""

    now: datetime
    time_zone: str = "UTC"
    rpo: float = 0.0
    refuse_older: float = 0.0
    least_share: float = 0.0
    proof_age: float = 0.0
    budget: float = 0.0
    cutover: GtidSet = field(default_factory=GtidSet)
    aws_uuid: str = ""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a source. ``fatal``: it cannot be used. Otherwise a warning, or with ``small`` a note."""

    kind: str
    sentence: str
    next_step: str = ""
    fatal: bool = False
    small: bool = False
