"""The record of an incident's approvals: ``approvals.jsonl``, a journal whose lines hold together by digests.

Kinds of lines: ``approval`` and ``revocation`` (the text that was signed, and its signature), ``begun`` (something was
destroyed for the first time under this plan), ``went_back`` (RDS serves again), ``promoted``, ``break_glass``.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import journal
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "approvals.jsonl"
_TAIL = 64 * 1024  # bytes; longer than any line of a run's journal but the rarest
_PEOPLE = "people.jsonl"
_OF_PEOPLE = frozenset({"approval", "revocation"})


@dataclass(frozen=True)
class Record:
    """The record as it was read at one moment. ``problems`` says where its lines do not hold together."""

    path: Path
    lines: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]

    def begun(self, plan: str) -> datetime | None:
        """Return when something was first destroyed under this plan, unless all of it was taken back since."""
        found: datetime | None = None
        for line in self.lines:
            if line["kind"] == "went_back":
                found = None
            elif line["kind"] == "begun" and line.get("plan") == plan and found is None:
                found = moment_of(line)
        return found

    @property
    def promoted(self) -> bool:
        """True when IDC was made writable: nothing stops what closes RDS any more."""
        return any(line["kind"] == "promoted" for line in self.lines)

    @property
    def open(self) -> bool:
        """True when something was destroyed, under whatever plan, and not taken back."""
        return bool(self.lines) and any(line["kind"] == "begun" for line in self.lines[self._last("went_back") + 1 :])

    def _last(self, kind: str) -> int:
        return max((number for number, line in enumerate(self.lines) if line["kind"] == kind), default=-1)


def read(incident: Path) -> Record:
    """Read the record; an empty one when nobody signed yet. Raises `FailbackError` when it cannot be read."""
    path = incident / NAME
    if not path.exists():
        return Record(path, (), ())
    try:
        return Record(path, tuple(journal.read(path)), tuple(journal.verify(path)))
    except journal.JournalError as error:
        raise FailbackError(str(error)) from error


def add(incident: Path, kind: str, **fields: object) -> None:
    """Put a line on record. Raises `FailbackError` when it cannot be written; nothing was done then.

    Where the site has a store, what a person signed is on record once it is there: others may act by it at once.
    """
    if kind in _OF_PEOPLE and incidents.store_marker(incident).exists():
        from failback.store import said  # noqa: PLC0415 - nearly no site has one

        said.add(incident, NAME, kind, fields)
        return
    try:
        journal.append(incident / NAME, kind, **fields)
    except journal.JournalError as error:
        raise FailbackError(f"{error}; nothing was put on record") from error


def newest(incident: Path) -> tuple[str, datetime] | None:
    """Find the latest moment on record: in the incident, the newest run, and the times of those files.

    A clock that was set back is behind it.
    """
    return max(_moments(incident), key=lambda found: found[1], default=None)


def moment_of(line: dict[str, Any]) -> datetime | None:
    """Return the moment of a journal's line, or None when it has none that can be read."""
    return instant(line.get("time"))


def instant(text: object) -> datetime | None:
    """Read an ISO 8601 moment with a zone; None for anything else."""
    with suppress(ValueError, TypeError):
        found = datetime.fromisoformat(str(text))
        return found if found.tzinfo else None
    return None


def _moments(incident: Path) -> Iterator[tuple[str, datetime]]:
    run = _newest_run(incident)
    journals = [incident / NAME, incident / _PEOPLE, *([run / "journal.jsonl"] if run else [])]
    for path in journals:
        when = moment_of(_last_line(path))
        if when is not None:
            yield f"the last line of {path}", when
    for path in (*journals, incident / "plan.json", incident / "plan.json.sig"):
        with suppress(OSError):
            yield f"the file {path}", datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _newest_run(incident: Path) -> Path | None:
    """Find the newest run beside RR_HOME/incidents/SITE/ID: their names begin with their moment."""
    named = os.environ.get("RR_RUN_DIR", "")
    if named:
        return Path(named)
    base = incident.parent.parent.parent / "runs"
    with suppress(OSError):
        names = [entry.name for entry in os.scandir(base) if entry.name[:1].isdigit()]
        return base / max(names) if names else None
    return None


def _last_line(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError), path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - _TAIL))
        for raw in reversed(stream.read().splitlines()):
            with suppress(ValueError):
                found = json.loads(raw)
                if isinstance(found, dict) and "time" in found:
                    return found
    return {}
