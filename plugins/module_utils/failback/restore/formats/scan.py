"""Cuts the text of a dump into comments, statements and runs of INSERTs, with flat memory.

What makes it fast: a raw line break is never inside a string of such a text (see ``sql_text``), so an INSERT ends at
the next ``;`` before a line break, which one search in C finds. What makes it flat: a statement longer than ``HUGE`` is
given in chunks, cut where no escape or prefix is cut in two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.restore.sql_text import NAME, QUALIFIED, SQL_WORD, open_at

if TYPE_CHECKING:
    from collections.abc import Iterator

HUGE = 24 << 20  # bytes of one statement that are held at once
_HEAD = re.compile(
    rb"(INSERT|REPLACE)\s+(IGNORE\s+)?INTO\s+("
    + QUALIFIED
    + rb")\s*(\(\s*"
    + NAME
    + rb"(?:\s*,\s*"
    + NAME
    + rb")*\s*\)\s*)?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_HEAD_MOST = 1 << 20  # bytes in which the head of an INSERT must be over
_BLANK = re.compile(rb"[ \t\r\n]*")
_CALM = re.compile(rb"[^\\'\"_(),;\r\n]{48}")  # a place where a chunk may end


@dataclass(frozen=True)
class Comment:
    """A line that begins with ``--``."""

    offset: int
    text: bytes


@dataclass(frozen=True)
class Statement:
    """One statement without its delimiter."""

    offset: int
    text: bytes
    delimiter: bytes


@dataclass(frozen=True)
class Run:
    """INSERT statements with the same head, or a chunk of one.

    ``body`` is from the first ``(`` to the last ``)``, the statements still joined by ``);`` + line break + ``head`` +
    ``(``. ``opens`` and ``closes`` say whether a statement begins and ends here, ``inside`` whether the chunk begins in
    a string.
    """

    offset: int
    head: bytes
    table: bytes
    columns: bytes
    replaces: bool
    body: bytes
    size: int
    opens: bool = True
    closes: bool = True
    inside: bool = False


@dataclass(frozen=True)
class Alien:
    """A line that stands where a statement must begin and is none."""

    offset: int
    text: bytes


@dataclass(frozen=True)
class Rest:
    """What is left at the end: a statement that does not end."""

    offset: int
    text: bytes


Event = Comment | Statement | Run | Alien | Rest


class Scanner:
    """One reading of one text."""

    def __init__(self, blocks: Iterator[bytes], huge: int = HUGE) -> None:
        self._blocks = blocks
        self._huge = huge
        self._text = bytearray()
        self._at = 0  # of the next event in _text
        self._base = 0  # offset of _text in the whole text
        self._over = False
        self._delimiter = b";"
        self._eol = b"\n"
        self._ends: dict[bytes, re.Pattern[bytes]] = {}

    @property
    def offset(self) -> int:
        """How many bytes of the text are done."""
        return self._base + self._at

    def events(self) -> Iterator[Event]:
        """Give everything in order."""
        self._need(1)
        if self._text.find(b"\n", 0, 1 << 16) == self._text.find(b"\r\n", 0, 1 << 16) + 1 > 0:
            self._eol = b"\r\n"  # written on Windows
        while True:
            self._skip_blank()
            if self._at >= len(self._text):
                return
            self._need(64)
            view = self._text
            if view.startswith((b"--", b"#"), self._at) or view.startswith(b"/*M!999999", self._at):
                yield Comment(self.offset, self._line())
            elif view[self._at : self._at + 10].upper() == b"DELIMITER ":
                self._delimiter = self._line().split(None, 1)[1].strip() or b";"
            elif self._delimiter == b";" and bytes(view[self._at : self._at + 7]).upper() in (b"INSERT ", b"REPLACE"):
                yield from self._insert()
            elif SQL_WORD.match(view, self._at):
                yield self._statement()
            else:
                yield Alien(self.offset, self._line()[:400])

    def _fill(self) -> bool:
        if self._over:
            return False
        block = next(self._blocks, None)
        if block is None:
            self._over = True
            return False
        if self._at:
            del self._text[: self._at]
            self._base += self._at
            self._at = 0
        self._text += block
        return True

    def _need(self, count: int) -> None:
        while len(self._text) - self._at < count and self._fill():
            pass

    def _skip_blank(self) -> None:
        while True:
            found = _BLANK.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or not self._fill():
                return

    def _find(self, wanted: bytes, limit: int) -> int:
        """Find ``wanted`` from the current place on, as a distance from it; -1: not there, -2: not within the limit."""
        start = 0
        while True:
            found = self._text.find(wanted, self._at + start)
            if found >= 0:
                return found - self._at
            start = max(0, len(self._text) - self._at - len(wanted))
            if start > limit:
                return -2
            if not self._fill():
                return -1

    def _take(self, count: int) -> bytes:
        taken = bytes(memoryview(self._text)[self._at : self._at + count])
        self._at += count
        return taken

    def _line(self) -> bytes:
        length = self._find(b"\n", self._huge)
        if length < 0:
            return self._take(min(len(self._text) - self._at, self._huge))
        return self._take(length + 1).rstrip(b"\r\n")

    def _statement(self) -> Event:
        offset, end = self.offset, self._delimiter + self._eol
        length = self._find(end, self._huge)
        if length >= 0:
            return Statement(offset, self._take(length + len(end))[: -len(end)].rstrip(), self._delimiter)
        rest = self._take(min(len(self._text) - self._at, self._huge))
        if length == -1 and rest.rstrip().endswith(self._delimiter):
            return Statement(offset, rest.rstrip()[: -len(self._delimiter)].rstrip(), self._delimiter)
        return Rest(offset, rest)

    def _insert(self) -> Iterator[Event]:
        head = _HEAD.match(self._text, self._at)
        while head is None and len(self._text) - self._at < _HEAD_MOST and self._fill():
            head = _HEAD.match(self._text, self._at)
        if head is None:
            yield self._statement()
            return
        raw, (verb, ignore, table, columns) = head.group(), (bytes(part or b"") for part in head.groups())
        make = {"head": raw, "table": table, "columns": columns, "replaces": bool(ignore) or verb.upper() == b"REPLACE"}
        del head
        yield from self._run(bytes(raw), make)

    def _run(self, head: bytes, make: dict[str, object]) -> Iterator[Event]:
        offset, end_mark = self.offset, b";" + self._eol
        if self._find(end_mark, self._huge) == -2:  # noqa: PLR2004 - see _find
            yield from self._chunks(head, make)
            return
        found = self._end_of(head).search(self._text, self._at)
        if found:
            end = found.end()
        else:
            last = self._text.rfind(end_mark, self._at)
            end = last + len(end_mark) if last >= 0 else len(self._text)
        del found
        size = end - self._at
        taken = self._take(size)
        closed = taken.rstrip()
        if not closed.endswith(b";"):
            yield Rest(offset, taken)
            return
        yield Run(offset=offset, body=closed[len(head) : -1].rstrip(), size=size, **make)  # type: ignore[arg-type]

    def _end_of(self, head: bytes) -> re.Pattern[bytes]:
        if head not in self._ends:
            if len(self._ends) > 64:  # noqa: PLR2004 - one is enough, some spare a compilation
                self._ends.clear()
            self._ends[head] = re.compile(rb";\r?\n(?!" + re.escape(head) + rb"\()")
        return self._ends[head]

    def _chunks(self, head: bytes, make: dict[str, object]) -> Iterator[Event]:
        """Give one statement that is too long in chunks."""
        offset, quote = self.offset, b"'"
        self._take(len(head))
        first = re.search(rb"['\"]", self._text[self._at : self._at + _HEAD_MOST])
        quote = first.group() if first else quote
        opens, inside = True, False
        while True:
            length = self._find(b";" + self._eol, self._huge // 2)
            if length >= 0:
                body = self._take(length + 1 + len(self._eol))[: -1 - len(self._eol)].rstrip()
                yield Run(
                    offset=offset,
                    body=body,
                    size=length + 2,
                    opens=opens,
                    inside=inside,
                    **make,  # type: ignore[arg-type]
                )
                return
            if length == -1:
                rest = self._take(len(self._text) - self._at)
                yield Rest(offset, bytes(head[:100]) + b"... " + rest[-1000:])
                return
            calm = None
            low = len(self._text) - (1 << 16)
            while calm is None and low > self._at:
                calm = _CALM.search(self._text, low)
                low -= 1 << 16
            if calm is None:  # no calm place in all of it: hold more
                self._huge *= 2
                continue
            cut = calm.start() + 24
            del calm
            body = self._take(cut - self._at)
            yield Run(
                offset=offset,
                body=body,
                size=len(body),
                opens=opens,
                closes=False,
                inside=inside,
                **make,  # type: ignore[arg-type]
            )
            inside ^= open_at(body, quote)
            opens = False
