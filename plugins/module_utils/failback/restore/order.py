"""In which order pieces are handed to the workers. Pure.

Two sessions that load into the same table wait for each other's page latches (and, with innodb_autoinc_lock_mode 0 or
1, for its counter). So among the pieces in sight the next one is of the table fewest pieces were taken from of late.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from failback.restore.model import Piece

SIGHT = 16  # pieces looked at ahead for each worker; a piece may hold its rows in memory, so not many
SIGHT_BYTES = 24 * 1024 * 1024


def interleaved(pieces: Iterable[Piece], workers: int) -> Iterator[Piece]:
    """Give the same pieces in an order in which neighbours are of different tables where possible."""
    waiting: list[Piece] = []
    recent: deque[tuple[str, str]] = deque(maxlen=max(1, workers - 1))
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += piece.size
        while waiting and (len(waiting) >= SIGHT * workers or size >= SIGHT_BYTES):
            chosen = _next(waiting, recent)
            size -= chosen.size
            yield chosen
    while waiting:
        yield _next(waiting, recent)


def _next(waiting: list[Piece], recent: deque[tuple[str, str]]) -> Piece:
    other = (index for index, piece in enumerate(waiting) if (piece.schema, piece.table) not in recent)
    chosen = waiting.pop(next(other, 0))
    recent.append((chosen.schema, chosen.table))
    return chosen
