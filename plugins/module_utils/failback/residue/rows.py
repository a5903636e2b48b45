"""One thing that differs from before, and who owns it. Pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OURS = "rollback-runner"
UNKNOWN = "unknown"
_BACKUP = re.compile(r"^(?P<file>.+)\.before-(?P<run>[A-Za-z0-9_.:-]+)$")
_HALF = (".candidate", ".stopgap-new")


@dataclass(frozen=True)
class Row:
    """``owner`` is who made it: this tool (and which run), the site, or unknown. ``undo`` says when and how it goes."""

    what: str
    where: str
    before: str
    now: str
    owner: str
    undo: str
    meant: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


def of_files(known: Iterable[str], files: Sequence[Mapping[str, Any]], host: str) -> list[Row]:
    """Say what lies beside the files that the site knows: copies from before, and what was begun and not finished."""
    names = set(known)
    found = []
    for one in files:
        path = str(one["path"])
        if path in names:
            continue
        name = PurePosixPath(path).name
        match = _BACKUP.match(name)
        if match:
            text = f"{one['bytes']} bytes, the file as it was"
            found.append(
                Row(
                    f"copy of {match['file']}",
                    f"{host}:{path}",
                    "not there",
                    text,
                    f"{OURS}, run {match['run']}",
                    "delete it when nobody needs the file as it was",
                )
            )
        elif name.endswith(_HALF):
            found.append(
                Row(
                    "a write that was cut off",
                    f"{host}:{path}",
                    "not there",
                    f"{one['bytes']} bytes",
                    OURS,
                    "the next run finishes or replaces it; delete it once all is settled",
                    meant=False,
                )
            )
    return found


def of_rds(locked: int, noted: Sequence[str], events: Sequence[str], read_only: str, where: str) -> list[Row]:
    """Say what the fence left on RDS: meant to stay until RDS itself goes."""
    stays = "stays as long as RDS: opening it would give two databases that take writes"
    found = []
    if locked:
        found.append(Row("locked accounts", where, "open", f"{locked} locked", OURS, stays))
    if events:
        found.append(Row("disabled events", where, "enabled", ", ".join(events[:5]), OURS, stays))
    if read_only in {"1", "ON"}:
        found.append(Row("read_only in the parameter group", where, "not set", read_only, OURS, stays))
    found += [Row("network rule", where, "open", f"closed, noted in {note}", OURS, stays) for note in noted]
    return found


def of_idc(channels: Sequence[Mapping[str, Any]], scheduler: str, before: str, where: str) -> list[Row]:
    """Say what is different on IDC MySQL from what the baseline has."""
    found = [
        Row(
            "replication channel",
            where,
            "not there",
            str(one["channel"]),
            OURS if one["channel"] == "rollback_runner" else UNKNOWN,
            "idc_mysql settle removes ours; another one is the database team's",
            meant=False,
        )
        for one in channels
    ]
    if before and scheduler != before:
        # A baseline of a site that has moved already has it off; the promotion turns it on (SWITCH-01).
        ours = scheduler == "ON"
        undo = "stays: events run where the service is" if ours else f"SET PERSIST event_scheduler = {before}"
        found.append(Row("event_scheduler", where, before, scheduler, OURS if ours else UNKNOWN, undo, meant=ours))
    return found


def findings(rows: Iterable[Row]) -> list[Finding]:
    """Make what nobody meant to leave a warning, and the rest notes."""
    found = []
    for row in rows:
        said = f"{row.what} at {row.where}: {row.now} (before: {row.before}); made by {row.owner}"
        severity = "note" if row.meant and row.owner != UNKNOWN else "warning"
        key = f"residue:{row.what.replace(' ', '-')}:{row.where}"
        found.append(Finding(severity, key, said, row.undo))  # type: ignore[arg-type]  # one of the three words
    return found
