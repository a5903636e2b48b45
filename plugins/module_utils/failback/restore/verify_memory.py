"""Remembers verifications of backups that have not changed since: reading terabytes twice proves nothing new.

Kept in one JSON file, by URL: the listing's digest (names, sizes, times of change or tags) and what was found. Only
sound backups are remembered; a changed listing, expectation or manifest forgets it.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import whole

if TYPE_CHECKING:
    from pathlib import Path

    from failback.restore.model import Source
    from failback.restore.verify import Verified
    from failback.restore.verify_facts import Expected

_FORM = 2


def listing_digest(source: Source, expected: Expected) -> str:
    """Give one digest for what lies there and what is asked of it; "" where a file has no mark of change."""
    entries = source.entries()
    if any(not entry.stamp for entry in entries):
        return ""
    asked = {key: value for key, value in asdict(expected).items() if key not in ("now", "max_age")}
    text = json.dumps([_FORM, asked, [[one.name, one.size, one.stamp] for one in entries]], default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def recall(memory: Path, source: Source, listing: str) -> dict[str, Any] | None:
    """Find what was found when the backup was read as it lies there now."""
    with suppress(OSError, ValueError, AttributeError):
        known = json.loads(memory.read_text(encoding="utf-8")).get(source.url)
        if known and listing and known["listing"] == listing:
            return {**known["found"], "remembered_from": known["at"]}
    return None


def remember(memory: Path, source: Source, listing: str, verified: Verified) -> None:
    """Keep a sound verification. Raises nothing: what is not remembered is read again."""
    if not listing or not verified.sound:
        return
    known: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        known = dict(json.loads(memory.read_text(encoding="utf-8")))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    known[source.url] = {"listing": listing, "at": at, "found": verified.as_evidence()}
    with suppress(OSError):
        whole.write(memory, (json.dumps(known, indent=1) + "\n").encode())
