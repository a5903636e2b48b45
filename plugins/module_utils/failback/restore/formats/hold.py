"""Keeps the bytes of a piece until they are loaded: in memory, and in a file without a name once they are many."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from failback.restore.model import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 20
SPILL = 32 << 20  # bytes of one piece that stay in memory


class Hold:
    """Bytes that can be read again and again."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.size = 0

    def add(self, data: bytes) -> None:
        """Put bytes at the end."""
        self.size += len(data)
        if self._file is None and self.size > SPILL:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the piece
            self._file.writelines(self._parts)
            self._parts = []
        if self._file is None:
            self._parts.append(data)
        else:
            self._file.write(data)

    def blocks(self) -> Iterator[bytes]:
        """Give all bytes, about a megabyte at a time."""
        if self._file is None:
            for part in self._parts:
                yield from (part[low : low + BLOCK] for low in range(0, len(part), BLOCK))
            return
        self._file.flush()
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            yield block


@dataclass(frozen=True)
class HeldPiece(Piece):
    """Rows that were read already."""

    held: Hold = field(default_factory=Hold, repr=False, compare=False)

    def blocks(self) -> Iterator[bytes]:
        """Give the data; may be called again after a failure."""
        return self.held.blocks()


@dataclass(frozen=True)
class StatementPiece(Piece):
    """Whole statements that were read already, each one block, without a semicolon at its end."""

    texts: tuple[bytes, ...] = field(default=(), repr=False, compare=False)

    def blocks(self) -> Iterator[bytes]:
        """Give the statements; may be called again after a failure."""
        return iter(self.texts)
