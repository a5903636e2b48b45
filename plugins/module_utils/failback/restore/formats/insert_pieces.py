"""Makes pieces of INSERT runs: rows for LOAD DATA where that is exact, whole statements where it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from failback.restore.formats.hold import HeldPiece, Hold, StatementPiece
from failback.restore.formats.insert_text import joined, loadable, quote_of, separator_of
from failback.restore.model import Dialect, Piece
from failback.restore.sql_text import NAME, unquote_name
from failback.restore.sql_text_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.restore.formats.scan import Run
    from failback.restore.model import Table

PIECE = 8 << 20  # bytes of text after which a piece is closed
# Exact for what a server can hold, dates with a zero day included; LOAD DATA LOCAL turns errors into warnings anyway.
SQL_MODE = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
# In these a character's second byte may be a backslash or a quote: only the server's own parser reads them.
BACKSLASH_CHARSETS = frozenset({"sjis", "cp932", "gbk", "big5", "gb18030"})


@dataclass(frozen=True)
class Reading:
    """How a dump wrote its values."""

    charset: str = "utf8mb4"
    time_zone: str = "+00:00"
    statements: bool = False


def names_in(columns: bytes) -> tuple[str, ...]:
    """Read a list of column names as it stands in a statement."""
    return tuple(unquote_name(name) for name in re.findall(NAME, columns))


def shape(table: Table, columns: tuple[str, ...], charset: str) -> tuple[str, tuple[str, ...], Mapping[str, str]]:
    """Tell the character set to read with, the columns in order and how each is stored.

    A table with binary columns is read as binary, since LOAD DATA would refuse or change bytes that are no text; its
    text columns of another character set than the dump's are converted by the server.
    """
    known = columns_of(table.create)
    used = columns or tuple(one.name for one in known if not one.generated and not one.invisible)
    facts = {one.name: one for one in known}
    chosen = [facts[name] for name in used if name in facts]
    if charset != "binary" and not any(one.binary for one in chosen):
        return charset, used, {}
    source = "utf8mb4" if charset == "binary" else charset
    convert = f"CONVERT({{}} USING {source})"
    expressions = {
        one.name: convert
        for one in chosen
        if one.kind == "json" or (charset != "binary" and one.charset and one.charset != charset)
    }
    return "binary", used, expressions


class InsertPieces:
    """Collects runs of one text; tables may follow each other, a piece has one."""

    def __init__(self, file: str, reading: Reading) -> None:
        self._file = file
        self._reading = reading
        self._open: HeldPiece | StatementPiece | None = None
        self._size = 0
        self._cut = False  # a chunk of a statement waits for the next one

    def feed(self, run: Run, table: Table) -> Iterator[Piece]:
        """Take a run; give the piece it completes."""
        if self._reading.statements or run.replaces:
            yield from self._feed_statements(run, table)
            return
        quote = quote_of(run.body) if run.opens or self._open is None else self._open.dialect.enclosed
        current = self._open
        separator = separator_of(run.body) or (current.dialect.lines_terminated if current else b"),(")
        charset, columns, expressions = shape(table, names_in(run.columns), self._reading.charset)
        dialect = Dialect(
            charset=charset,
            fields_terminated=b",",
            enclosed=quote,
            optionally=True,
            lines_terminated=separator,
            sql_mode=SQL_MODE,
            time_zone=self._reading.time_zone,
        )
        blank = HeldPiece("", table.schema, table.name, 0, columns, dialect, expressions)
        if self._cut and current is not None:
            blank = replace(blank, dialect=current.dialect)
        if current is not None and (isinstance(current, StatementPiece) or replace(current, id="", size=0) != blank):
            yield from self.close()
        if self._open is None:
            self._open = replace(blank, id=f"{self._file}@{run.offset}", held=Hold())
            self._size = 0
        assert isinstance(self._open, HeldPiece)
        body = joined(run.body, run.head, separator) if run.opens and run.closes else run.body
        body = loadable(body, quote, inside=run.inside)
        if run.opens:
            body = (separator if self._open.held.size else b"") + body[1:]
        self._open.held.add(body[:-1] if run.closes else body)
        self._size += run.size
        self._cut = not run.closes
        if run.closes and self._size >= PIECE:
            yield from self.close()

    def _feed_statements(self, run: Run, table: Table) -> Iterator[Piece]:
        dialect = Dialect(charset=self._reading.charset, sql_mode=SQL_MODE, time_zone=self._reading.time_zone)
        current = self._open
        same = isinstance(current, StatementPiece) and (current.schema, current.table) == (table.schema, table.name)
        if current is not None and not same:
            yield from self.close()
        if self._open is None:
            self._open = StatementPiece(
                f"{self._file}@{run.offset}", table.schema, table.name, 0, dialect=dialect, statements=True
            )
            self._size = 0
        assert isinstance(self._open, StatementPiece)
        head = run.head if run.opens else b""
        texts = [part for part in re.split(rb";\r?\n(?=" + re.escape(run.head) + rb"\()", head + run.body) if part]
        if not run.opens and self._open.texts:  # a chunk: put it to the statement it belongs to
            texts = [self._open.texts[-1] + texts[0], *texts[1:]]
            self._open = replace(self._open, texts=self._open.texts[:-1])
        self._open = replace(self._open, texts=(*self._open.texts, *texts))
        self._size += run.size
        if run.closes and self._size >= PIECE:
            yield from self.close()

    def close(self) -> Iterator[Piece]:
        """Give what is collected."""
        piece, self._open = self._open, None
        self._cut = False
        if piece is not None:
            yield replace(piece, size=self._size)
