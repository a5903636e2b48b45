"""What is noted beside the figures: when watching began and ended, what was missed, which limits were broken.

The file is a journal (`failback.journal`): lines hold together and are on the disk before anything is told of them.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "notes.jsonl"
# The source whose gap is one of everything: nobody was watching.
SAMPLER = "sampler"
_SILENT_AFTER = 3.0  # intervals without a beat until the sampler counts as gone
_LEAST_SILENCE = 10.0  # seconds; a busy machine is late now and then


@dataclass(frozen=True)
class Gap:
    """A span in which a source gave nothing. ``host`` is "" where every host is meant; ``until`` None: it lasts."""

    figure_source: str
    host: str
    since: float
    until: float | None
    why: str


@dataclass(frozen=True)
class Breach:
    """A limit that was broken for longer than a site tolerates.

    ``value`` is the worst that was seen, ``limit`` what was allowed, ``baseline`` what is usual (None: not known),
    ``level`` the step of the ladder it was raised at; ``ended`` None: it lasts.
    """

    figure: str
    host: str
    began: float
    ended: float | None
    value: float
    limit: float
    baseline: float | None
    level: int


@dataclass(frozen=True)
class Notes:
    """Everything noted, gaps and breaches in the order they began."""

    gaps: tuple[Gap, ...] = ()
    breaches: tuple[Breach, ...] = ()
    began: float | None = None
    ended: float | None = None
    interval: float = 0.0


def path(incident: Path) -> Path:
    """Return where the notes are."""
    return incident / "figures" / FILE


def read(incident: Path, now: float | None = None) -> Notes:
    """Read the notes; a sampler that fell silent shows as a gap that lasts. Never raises for what is missing."""
    try:
        entries = journal.read(path(incident))
    except journal.JournalError:
        return Notes()
    found = derive(entries)
    beat = _beat(incident)
    moment = time.time() if now is None else now
    patience = max(_LEAST_SILENCE, _SILENT_AFTER * found.interval)
    if found.began is None or found.ended is not None or beat is None or moment - beat < patience:
        return found
    silent = Gap(SAMPLER, "", beat, None, "the sampler gives no sign of life")
    return replace(found, gaps=(*found.gaps, silent))


def derive(entries: Iterable[Mapping[str, Any]]) -> Notes:
    """Put beginnings and ends together; a line that was changed by hand and says nothing now is passed over. Pure."""
    found = _Found()
    for entry in entries:
        with suppress(KeyError, TypeError, ValueError):
            found.take(entry)
    return Notes(
        tuple(sorted(found.gaps.values(), key=lambda gap: gap.since)),
        tuple(sorted(found.breaches.values(), key=lambda breach: breach.began)),
        found.began,
        found.ended,
        found.interval,
    )


@dataclass
class _Found:
    """What the lines said so far."""

    gaps: dict[tuple[str, str, float], Gap] = field(default_factory=dict)
    breaches: dict[tuple[str, str, float], Breach] = field(default_factory=dict)
    began: float | None = None
    ended: float | None = None
    interval: float = 0.0

    def take(self, entry: Mapping[str, Any]) -> None:
        """Take one line. Raises `KeyError`, `TypeError` or `ValueError` for one that lacks something."""
        kind = str(entry.get("kind"))
        if kind in {"gap_began", "gap_ended"}:
            gap = Gap(
                str(entry["source"]), str(entry["host"]), float(entry["since"]), _number(entry.get("until")),
                str(entry.get("why") or ""),
            )  # fmt: skip
            key = (gap.figure_source, gap.host, gap.since)
            self.gaps[key] = replace(gap, why=gap.why or (self.gaps[key].why if key in self.gaps else ""))
        elif kind in {"breach_began", "breach_raised", "breach_ended"}:
            breach = Breach(
                str(entry["figure"]), str(entry["host"]), float(entry["began"]), _number(entry.get("ended")),
                float(entry["value"]), float(entry["limit"]), _number(entry.get("baseline")), int(entry["level"]),
            )  # fmt: skip
            self.breaches[breach.figure, breach.host, breach.began] = breach
        elif kind == "watch_began":
            at, self.interval = float(entry["at"]), float(entry["interval"])
            self.began = at if self.began is None else self.began
            self.ended = None
        elif kind == "watch_ended":
            self.ended = float(entry["at"])


def write(incident: Path, kind: str, **fields: Any) -> None:
    """Note something. Raises `journal.JournalError` when it cannot be kept."""
    target = path(incident)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise journal.JournalError(f"{target.parent} cannot be made: {error.strerror}") from error
    journal.append(target, kind, **fields)


def note_gap(incident: Path, gap: Gap) -> None:
    """Note that a gap began, or ended when it carries its end."""
    kind = "gap_began" if gap.until is None else "gap_ended"
    write(incident, kind, source=gap.figure_source, host=gap.host, since=gap.since, until=gap.until, why=gap.why)


def note_breach(incident: Path, breach: Breach, kind: str) -> None:
    """Note a breach as ``breach_began``, ``breach_raised`` (a higher level) or ``breach_ended``."""
    write(incident, kind, **vars(breach))


def append_whole(target: Path, block: bytes) -> None:
    """Append a block of whole lines, or leave the file as it was. Raises `OSError`.

    A line that a killed process left torn is closed first, so that it costs itself only.
    """
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        lead = b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""
        rest = memoryview(lead + block)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _beat(incident: Path) -> float | None:
    try:
        return (incident / "companions" / f"{SAMPLER}.beat").stat().st_mtime
    except OSError:
        return None


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
