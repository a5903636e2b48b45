"""How big the backups of a site were before, kept beside its state: what half of the usual size is measured by.

One JSON file a database, ``HOST.sizes.json``: by source the last looks that differ, newest last. Only sound backups are
remembered, so a bad one never becomes the usual one by itself.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.backup import shelf
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from failback.backup.model import Look

KEPT = 30  # looks a source
_RECENT = 10  # of them that say what is usual


@dataclass(frozen=True)
class Usual:
    """What is usual, and how that is known."""

    bytes: float
    rows: float
    tables: Mapping[str, float]
    backups: int
    siblings: bool = False  # of other sources of now, where there is no earlier look

    @property
    def basis(self) -> str:
        """Say what it was measured by."""
        what = "other source" if self.siblings else "earlier backup"
        return f"{self.backups} {what}{'s' if self.backups != 1 else ''}"


def path_of(directory: Path, host: str) -> Path:
    """Name the file of one database."""
    return directory / f"{shelf.word(host)}.sizes.json"


def read(directory: Path, host: str) -> dict[str, list[dict[str, Any]]]:
    """Read what was seen before, by source. Raises FailbackError when the file is no such record."""
    path = path_of(directory, host)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): [dict(one) for one in looks] for name, looks in found["sources"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FailbackError(f"{path} cannot be read ({error}): take it away, sizes are learned again") from error


def remember(directory: Path, host: str, looks: Iterable[Look], at: str) -> None:
    """Add the sound looks; one of a backup that is known already takes its place. Raises FailbackError."""
    try:
        known = read(directory, host)
    except FailbackError:
        known = {}  # it was told already, and nothing could be learned from it any more
    for look in looks:
        if not look.sound:
            continue
        seen = {"at": at, "digest": look.digest, "bytes": look.bytes, "rows": dict(look.rows)}
        others = [one for one in known.get(look.name, []) if one.get("digest") != look.digest]
        known[look.name] = [*others, seen][-KEPT:]
    shelf.write(path_of(directory, host), {"sources": known})


def usual(look: Look, known: Sequence[Mapping[str, Any]], siblings: Sequence[Look]) -> Usual | None:
    """Say what is usual for a source: by its earlier backups, else by the other sources of now; None: nobody knows.

    Bytes are compared within one source or one format only: packing and format decide them.
    """
    earlier = [one for one in known if one.get("digest") != look.digest][-_RECENT:]
    if earlier:
        rows = [dict(one.get("rows") or {}) for one in earlier]
        labels = {label for one in rows for label in one}
        return Usual(
            bytes=statistics.median(float(one["bytes"]) for one in earlier),
            rows=statistics.median(float(sum(one.values())) for one in rows),
            tables={label: statistics.median(float(one.get(label, 0)) for one in rows) for label in labels},
            backups=len(earlier),
        )
    others = [one for one in siblings if one.name != look.name and one.sound and one.total and not one.uncounted]
    if not others or not look.total:
        return None
    same = [float(one.bytes) for one in others if one.format == look.format]
    return Usual(
        bytes=statistics.median(same) if same else 0.0,
        rows=statistics.median(float(one.total) for one in others),
        tables={},
        backups=len(others),
        siblings=True,
    )
