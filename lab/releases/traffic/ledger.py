"""The ledger: one line for every request, written when its answer came (or did not)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One request. Times are seconds since 1970; `status` 0: no answer came, and `error` says why.

    `build` is what the answer carried: "" where somebody else than the application answered.
    """

    door: str
    kind: str  # order, read
    began: float
    ended: float
    status: int
    build: str = ""
    error: str = ""
    token: str = ""
    product: int = 0
    quantity: int = 0
    email: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether the application said that it has the order."""
        return self.kind == "order" and self.status in {200, 201}


class Ledger:
    """One client's file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream: TextIO = path.open("a", encoding="utf-8")

    def write(self, entry: Entry) -> None:
        """Add a line."""
        self._stream.write(json.dumps(asdict(entry)) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def read(folder: Path) -> list[Entry]:
    """Read every client's file, in the order in which answers came."""
    return sorted(_entries(folder), key=lambda entry: entry.ended)


def _entries(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.glob("client-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Entry(**json.loads(line))
