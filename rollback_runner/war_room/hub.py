"""One look a second for everybody: draws the board in a thread of its own and tells the open pages what changed.

However many watch, the record is read once and each section is written once a language. A page that is slow gets the
newest state when it is ready, never a queue.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rollback_runner.war_room import pages

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.war_room.board import Board
    from rollback_runner.war_room.pages import Rendered
    from rollback_runner.war_room.reader import Reader

INTERVAL = 1.0
_SLOWEST = 10.0  # seconds between two looks at the most
_UNWATCHED = 5.0  # seconds between two looks while no page is open
_PATIENCE = 3.0  # seconds a page waits for a fresh look before it is shown what is known
_SHARE = 8.0  # looking and drawing take at most this part of one processor, and the looks become rarer before that
_log = logging.getLogger("war_room")


@dataclass
class Hub:
    """The shared state of all viewers."""

    reader: Reader
    interval: float = INTERVAL
    board: Board | None = None
    version: int = 0
    looked_at: float = 0.0
    broken: str = ""
    watchers: int = 0
    _rendered: dict[Language, Rendered] = field(default_factory=dict)
    _lines: dict[tuple[Language, str, str], bytes] = field(default_factory=dict)
    _looked: asyncio.Event = field(default_factory=asyncio.Event)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="war-room"))

    async def run(self) -> None:
        """Look again and again, until cancelled. A look that breaks is told and tried again."""
        loop = asyncio.get_running_loop()
        while True:
            began = time.perf_counter()
            try:
                changed = await loop.run_in_executor(self._pool, self._look)
                self.broken = ""
            except Exception as error:  # noqa: BLE001 - the page must outlive whatever it cannot read
                _log.exception("the record could not be looked at")
                changed, self.broken = False, f"{type(error).__name__}: {error}"
            self._looked.set()
            if changed:
                async with self._news:
                    self._news.notify_all()
            cost = time.perf_counter() - began
            usual = self.interval if self.watchers else max(self.interval, _UNWATCHED)
            self._wanted.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), min(_SLOWEST, max(usual, cost * _SHARE)))

    def wake(self) -> None:
        """Look again at once."""
        self._wanted.set()

    async def first(self) -> Board:
        """Return the board, waiting for the first look."""
        while self.board is None:
            if self.broken:
                raise RuntimeError(self.broken)
            await asyncio.sleep(0.02)
        return self.board

    async def fresh(self) -> Board:
        """Return the board as it is now: while nobody watched it may have grown old."""
        if time.time() - self.looked_at > 2 * self.interval:
            self._looked.clear()
            self._wanted.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._looked.wait(), _PATIENCE)
        return await self.first()

    async def news(self, version: int, patience: float) -> bool:
        """Wait until there is something newer than this version; False when there was nothing for so long."""
        if self.version != version:
            return True
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: self.version != version), patience)
            except TimeoutError:
                return False
        return True

    def rendered(self, language: Language) -> Rendered:
        """Return the page's sections; a language that nobody read yet is written now."""
        assert self.board is not None
        if language not in self._rendered:
            self._rendered[language] = pages.render(self.board, language)
        return self._rendered[language]

    def since(self, language: Language, known: dict[str, str]) -> bytes:
        """Write the sections that differ from those a page knows, as server-sent events, and note them as known."""
        found = self.rendered(language)
        parts = []
        for name, digest in found.digest.items():
            if known.get(name) != digest:
                known[name] = digest
                parts.append(self._line(found, name))
        return b"".join(parts)

    def people_mark(self) -> str:
        """Name the state that decides what a person is asked: when it changes, pages ask anew for their own items."""
        board = self.board
        return str(hash((board.incident, board.plan, board.waits, board.seats, board.open))) if board else ""

    def _line(self, found: Rendered, name: str) -> bytes:
        key = (found.language, name, found.digest[name])
        if key not in self._lines:
            self._lines = {k: v for k, v in self._lines.items() if k[:2] != key[:2]}
            data = json.dumps({"name": name, "html": found.html[name]}, ensure_ascii=False)
            self._lines[key] = f"event: section\ndata: {data}\n\n".encode()
        return self._lines[key]

    def _look(self) -> bool:
        """Draw the board, and the pages in the languages that are read. Runs in the thread."""
        board = self.reader.look()
        changed = self.board is None or replace(board, at=self.board.at) != self.board
        if changed:
            rendered = {language: pages.render(board, language) for language in self._rendered}
            self.board, self._rendered = board, rendered
            self.version += 1
        self.looked_at = time.time()  # last: pages say how old what they show is
        return changed
