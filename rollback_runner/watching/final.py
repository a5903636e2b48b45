"""FINAL of each database pair, once IDC was opened: read from the journals of the incident's runs.

Before the promotion the run itself guards RDS, and an abort opens it again; from the promotion on nobody may write to
it any more, whatever happens.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_KINDS = frozenset({"final", "promoted"})


class Finals:
    """Knows FINAL by host of the group databases; looks again only at journals that grew."""

    def __init__(self, home: Path, incident: Path) -> None:
        self._runs = home / "runs"
        self._incident = incident
        self._since = _begun(incident)
        self._sizes: dict[Path, int] = {}
        self._kept: dict[Path, list[dict[str, Any]]] = {}

    def of(self, host: str) -> dict[str, Any] | None:
        """Return FINAL (``gtid``, ``log_file``, ``log_position``) if IDC was opened for this pair, else None."""
        self._look()
        return final((entry for path in sorted(self._kept) for entry in self._kept[path]), host)

    def _look(self) -> None:
        for path in self._runs.glob("*/journal.jsonl"):
            try:
                seen = path.stat()
                if seen.st_mtime < self._since or self._sizes.get(path) == seen.st_size or path.parent.is_symlink():
                    continue
                entries = journal.read(path)
            except (OSError, journal.JournalError):
                continue
            self._sizes[path] = seen.st_size
            options = entries[0].get("options", {}) if entries else {}
            belongs = str(options.get("incident") or "").endswith("/".join(("", *self._incident.parts[-2:])))
            if belongs and not options.get("check"):
                self._kept[path] = [entry for entry in entries if entry["kind"] in _KINDS]


def _begun(incident: Path) -> float:
    """Read when an incident began from its name, less an hour for clocks; 0 where it has another name."""
    try:
        return datetime.strptime(incident.name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() - 3600
    except ValueError:
        return 0.0


def final(entries: Iterable[Mapping[str, Any]], host: str) -> dict[str, Any] | None:
    """Find FINAL of a host in the lines of its runs, oldest first. Pure."""
    noted: dict[str, Any] | None = None
    promoted: str | None = None
    for entry in entries:
        if entry.get("host") != host:
            continue
        if entry["kind"] == "final" and isinstance(entry.get("final"), dict):
            noted = dict(entry["final"])
        elif entry["kind"] == "promoted" and entry.get("final"):
            promoted = str(entry["final"])
    if promoted is None:
        return None
    # The place in the log saves a search; it counts only where it belongs to this very FINAL.
    return noted if noted is not None and noted.get("gtid") == promoted else {"gtid": promoted}
