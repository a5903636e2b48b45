"""Makes pieces of files that hold rows as LOAD DATA reads them: cut between rows, some megabytes each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.restore.formats.hold import HeldPiece, Hold
from failback.restore.formats.insert_pieces import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.restore.model import Dialect, Piece


def line_pieces(file: str, blocks: Iterator[bytes], blank: Piece) -> Iterator[Piece]:
    """Cut a file's text; ``blank`` says all about a piece but its id, size and data.

    A row ends at a line terminator that is not escaped. Where fields are enclosed, or rows end in something unusual,
    the file is one piece: then only the server knows where a row ends.
    """
    held, start, at = Hold(), 0, 0
    cuttable = not blank.dialect.enclosed and blank.dialect.lines_terminated == b"\n"
    for block in blocks:
        cut = last_row_end(block, held) if cuttable and held.size + len(block) >= PIECE else 0
        if cut:
            held.add(block[:cut])
            yield _piece(file, start, held, blank)
            held, start = Hold(), at + cut
            if cut < len(block):
                held.add(block[cut:])
        else:
            held.add(block)
        at += len(block)
    if held.size:
        yield _piece(file, start, held, blank)


def _piece(file: str, start: int, held: Hold, blank: Piece) -> HeldPiece:
    return HeldPiece(
        id=f"{file}@{start}",
        schema=blank.schema,
        table=blank.table,
        size=held.size,
        columns=blank.columns,
        dialect=blank.dialect,
        expressions=blank.expressions,
        held=held,
    )


def last_row_end(block: bytes, held: Hold) -> int:
    """Give the place behind the last row that ends in a block; 0 when none surely does."""
    end = len(block)
    while (end := block.rfind(b"\n", 0, end)) >= 0:
        run = end
        while run and block[run - 1] == 0x5C:  # noqa: PLR2004 - a backslash
            run -= 1
        if run == 0 and held.size and end:
            return 0  # the backslashes may go on in the block before: cut later
        if run == 0 and held.size:
            return 0
        if (end - run) % 2 == 0:
            return end + 1
    return 0


def count_lines(block: bytes, dialect: Dialect) -> tuple[int, int]:
    """Count the rows that end in a text and the field separators in it; for rows that are not enclosed."""
    if b"\\" in block:
        block = block.replace(b"\\\\", b"")
        return (
            block.count(dialect.lines_terminated) - block.count(b"\\" + dialect.lines_terminated),
            block.count(dialect.fields_terminated) - block.count(b"\\" + dialect.fields_terminated),
        )
    return block.count(dialect.lines_terminated), block.count(dialect.fields_terminated)
