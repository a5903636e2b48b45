"""What an earlier, interrupted comparison has already proven: one line per equal chunk, in a file.

The file belongs to one plan: the same servers at the same positions, the same definitions and settings. Anything else
in its first line, and it is begun anew. Only equal chunks are kept; one that differed is looked at again. A line cut
short by a crash counts as not written.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import IO, TYPE_CHECKING, Any

from failback.compare.digests import Sums
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.compare.chunks import Bound, Chunk

_LINES_PER_SYNC = 32


class Ledger:
    """Remembers nothing without a path."""

    def __init__(self, path: Path | None, plan: Mapping[str, object]) -> None:
        """Open or begin the file. Raises FailbackError when it cannot be written."""
        self._plan = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
        self._equal: dict[str, Sums] = {}
        self._bounds: dict[str, list[Bound]] = {}
        self._file: IO[str] | None = None
        self._unsynced = 0
        if path is None:
            return
        try:
            self._load(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a" if self._equal or self._bounds else "w", encoding="utf-8")
            # A line cut short by a crash must not swallow the next one.
            self._write({"plan": self._plan} if self._file.mode == "w" else {})
        except OSError as error:
            raise FailbackError(f"cannot keep the comparison's progress in {path}: {error.strerror}") from error

    def proven(self, chunk: Chunk) -> Sums | None:
        """Return what both sides said of a chunk an earlier run proved equal."""
        return self._equal.get(_name(chunk))

    def bounds(self, label: str) -> Sequence[Bound] | None:
        """Return an earlier run's bounds of a table: chunks are the same only between the same bounds."""
        return self._bounds.get(label)

    def keep_bounds(self, label: str, bounds: Sequence[Bound]) -> None:
        """Keep the bounds of a table, once all are known."""
        if label not in self._bounds:
            self._write({"table": label, "bounds": list(bounds)})

    def keep_equal(self, chunk: Chunk, sums: Sums) -> None:
        """Keep that a chunk is equal."""
        self._write({"chunk": _name(chunk), "rows": sums.rows, "xor": sums.xor, "total": sums.total})

    def close(self) -> None:
        """Bring everything to disk."""
        if self._file is not None:
            self._sync()
            self._file.close()
            self._file = None

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        first, *entries = [_parsed(line) for line in path.read_text(encoding="utf-8", errors="replace").split("\n")]
        if first.get("plan") != self._plan:
            return
        for entry in entries:
            if "bounds" in entry:
                self._bounds[entry["table"]] = [tuple(bound) for bound in entry["bounds"]]
            elif "chunk" in entry:
                self._equal[entry["chunk"]] = Sums(entry["rows"], entry["xor"], entry["total"])

    def _write(self, entry: Mapping[str, object]) -> None:
        if self._file is None:
            return
        text = json.dumps(entry, separators=(",", ":")) if entry else ""
        self._file.write(f"{text}\n")
        self._unsynced += 1
        self._file.flush()
        if self._unsynced >= _LINES_PER_SYNC:
            self._sync()

    def _sync(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._unsynced = 0


def _parsed(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _name(chunk: Chunk) -> str:
    return json.dumps([chunk.table.label, chunk.low, chunk.high])
