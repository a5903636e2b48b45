"""Judges what a backup is against what the site needs: databases, versions, age, character set. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from failback.restore.model import Finding
from failback.restore.sql_text_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.restore.model import Backup, Severity
    from failback.restore.verify_text import TextJudge

_VERSION = re.compile(r"(\d+)\.(\d+)")
_FUTURE = timedelta(hours=1)
# Unchanged series: 8.0 and 8.4 are two, the innovation releases of 9 are one.
_LAST_SPLIT_MAJOR = 8


@dataclass(frozen=True)
class Expected:
    """What the site needs; what is empty is not judged. ``max_age`` in seconds, ``time_zone`` of the dumping host.

    An older backup is better than none where binary logs lead from it to the cut-over, so it is a warning, unless
    ``refuse_older``.
    """

    schemas: tuple[str, ...] = ()
    server_version: str = ""
    max_age: float = 0
    refuse_older: bool = False
    time_zone: str = "UTC"
    now: datetime | None = None


def judge_facts(backup: Backup, judge: TextJudge, expected: Expected) -> list[Finding]:
    """Compare; every difference that matters is a finding."""
    return [
        *_schemas(backup, expected),
        *_strangers(backup, judge, expected),
        *_versions(backup, expected),
        *_age(backup, expected),
        *_charset(backup, judge),
    ]


def _schemas(backup: Backup, expected: Expected) -> Iterator[Finding]:
    held = {table.schema for table in backup.tables}
    known = sorted(set(backup.schemas) | held)
    if not backup.tables and not expected.schemas:
        yield Finding("fatal", "", "creates no table: it is not the backup of a database", "use another backup")
    for schema in expected.schemas:
        if schema not in held:
            what = f"has no table of the database {schema}; it holds {', '.join(known) or 'none'}"
            yield Finding("fatal", "", what, "correct the source: this is another database's backup")
    others = sorted(held - set(expected.schemas))
    if expected.schemas and others:
        yield Finding("warning", "", f"also holds {', '.join(others)}, which the restore leaves alone")


def _strangers(backup: Backup, judge: TextJudge, expected: Expected) -> Iterator[Finding]:
    for file, state in judge.states.items():
        for name in dict.fromkeys(state.dropped):
            if name not in state.schemas:
                what = f"drops the database {name} and does not create it again: it was changed, or is of another kind"
                yield Finding("fatal", file, what, "use another backup")
        for name in dict.fromkeys(state.used):
            if expected.schemas and name not in expected.schemas and name not in state.schemas:
                yield Finding(
                    "fatal", file, f"turns to the database {name}, which it does not create", "use another backup"
                )
    del backup


def series(version: str) -> tuple[int, int]:
    """Give what decides whether a dump is newer than a server: (8, 0), (8, 4), (9, 0)."""
    found = _VERSION.search(version)
    if not found:
        return (0, 0)
    major, minor = int(found.group(1)), int(found.group(2))
    return (major, minor if major <= _LAST_SPLIT_MAJOR else 0)


def _versions(backup: Backup, expected: Expected) -> Iterator[Finding]:
    made, target = backup.server_version, expected.server_version
    if "mariadb" in f"{made} {backup.tool}".lower() and "mariadb" not in target.lower():
        yield Finding(
            "fatal", "", f"was made on MariaDB ({made or backup.tool}), the server is MySQL", "use another backup"
        )
        return
    if made and target and series(made) > series(target):
        what = f"was made on MySQL {made}, the server is the older {target}: it may not understand all of it"
        yield Finding("fatal", "", what, "use a backup of this or an older release, or a server of that release")
    tool = re.search(r"Distrib (\S+)", backup.tool)
    if tool and made and series(tool.group(1)) != (0, 0) and series(tool.group(1)) < series(made):
        what = f"was made by mysqldump {tool.group(1)}, older than the server it read ({made})"
        yield Finding(
            "warning", "", f"{what}: it may lack what it did not know", "compare definitions after the restore"
        )


def taken(taken_at: str, time_zone: str) -> datetime | None:
    """Give the moment of a backup; its text has the dumping host's own time without a zone."""
    try:
        found = datetime.fromisoformat(taken_at)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(time_zone))


def _age(backup: Backup, expected: Expected) -> Iterator[Finding]:
    now = expected.now or datetime.now(UTC)
    moment = taken(backup.taken_at, expected.time_zone)
    if moment is None:
        if expected.max_age:
            yield Finding("warning", "", "does not say when it was taken: its age cannot be judged")
        return
    age = now - moment
    if age < -_FUTURE:
        yield Finding(
            "warning", "", f"says that it was taken in the future ({backup.taken_at}): a clock or a zone is wrong"
        )
    if expected.max_age and age > timedelta(seconds=expected.max_age):
        days = f"{age.total_seconds() / 86400:.1f} days"
        what = (
            f"was taken {backup.taken_at}, {days} ago; at most {expected.max_age / 86400:.1f} days are meant to be lost"
        )
        severity: Severity = "fatal" if expected.refuse_older else "warning"
        yield Finding(severity, "", what, "use a newer backup, or bring it up to the cut-over by binary logs")


def _charset(backup: Backup, judge: TextJudge) -> Iterator[Finding]:
    """Name a dump in a narrow character set: what that set has no sign for is lost."""
    for file, state in judge.states.items():
        names = {"utf8": "utf8mb3"}.get(state.names, state.names)
        if names in ("", "utf8mb4", "binary", "utf16", "utf32", "gb18030") or not state.filled | set(judge.rows):
            continue
        for table in backup.tables:
            if (table.schema, table.name) not in state.tables:
                continue
            lost = [one.name for one in columns_of(table.create) if one.charset not in ("", names, "ascii")]
            if lost:
                what = f"is written in {names}, but {table.label}.{lost[0]} holds another character set"
                yield Finding(
                    "fatal", file, f"{what}: signs that {names} lacks were replaced by ?", "dump again in utf8mb4"
                )
                break
