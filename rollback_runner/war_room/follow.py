"""Reads files that grow, without reading anything twice, and tells when others changed.

Takes no lock: whoever writes the record must never wait for whoever shows it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BLOCK = 1 << 20  # bytes read at once; a file that is far behind is caught up within one look all the same


@dataclass
class Lines:
    """The lines of a JSON file that is only appended to; `fresh` gives those that are new and whole."""

    path: Path
    _offset: int = 0
    _rest: bytes = b""

    def fresh(self) -> list[dict[str, Any]]:
        """Return the lines added since the last call. A torn one waits for its end; what is no JSON is passed over."""
        found: list[dict[str, Any]] = []
        try:
            with self.path.open("rb") as stream:
                stream.seek(self._offset)
                while block := stream.read(_BLOCK):
                    self._offset += len(block)
                    *whole, self._rest = (self._rest + block).split(b"\n")
                    found += [line for raw in whole if (line := _parsed(raw)) is not None]
        except OSError:
            return found
        return found


@dataclass
class Changes:
    """Tells whether files differ from the last time they were looked at, by size and time."""

    _known: dict[str, tuple[tuple[str, int, int], ...]] = field(default_factory=dict)

    def since_last(self, name: str, paths: Iterable[Path]) -> bool:
        """Tell whether any of the files was made, changed or removed since this was last asked under this name."""
        mark = tuple(_mark(path) for path in paths)
        changed = self._known.get(name) != mark
        self._known[name] = mark
        return changed

    def forget(self, name: str) -> None:
        """Have the next question answered with yes."""
        self._known.pop(name, None)


def below(directory: Path, pattern: str) -> list[Path]:
    """List the files of a directory that match, in order; none where it cannot be read."""
    try:
        return sorted(path for path in directory.glob(pattern) if not path.name.startswith("."))
    except OSError:
        return []


def _mark(path: Path) -> tuple[str, int, int]:
    try:
        state = path.stat()
    except OSError:
        return str(path), -1, 0
    return str(path), state.st_size, state.st_mtime_ns


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
