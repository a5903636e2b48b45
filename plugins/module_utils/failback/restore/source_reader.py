"""A file that is read over a way that may break: where it breaks, reading goes on from the byte reached."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Protocol

from failback.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 5  # in a row without one byte more
PAUSES = (0.1, 0.5, 1.0, 2.0)  # seconds before the second attempt, the third ...


class Part(Protocol):
    """An open way to the bytes from some offset on. ``read`` raises OSError where the way breaks."""

    def read(self, size: int, /) -> bytes:
        """Read at most this many bytes; none at the end."""

    def close(self) -> None:
        """Let go of it."""


class ResumingReader(io.RawIOBase):
    """Reads up to ``size`` bytes in all. An end before that counts as a break.

    Raises UnreachableError after ``ATTEMPTS`` without progress, with the last reason.
    """

    def __init__(self, name: str, size: int, start: Callable[[int], Part], offset: int = 0) -> None:
        super().__init__()
        self._name, self._size, self._start, self._offset = name, size, start, offset
        self._part: Part | None = None
        self.resumed = 0  # how often the way broke and was found again

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed: any writable buffer
        """Fill the buffer as far as one read reaches."""
        data = self._next(min(len(buffer), self._size - self._offset))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, wanted: int) -> bytes:
        if wanted <= 0:
            return b""
        reason = "it ended too early"
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSES[min(attempt, len(PAUSES)) - 1])
                self.resumed += 1
            try:
                if self._part is None:
                    self._part = self._start(self._offset)
                data = self._part.read(wanted)
            except OSError as error:
                reason = str(error) or type(error).__name__
                data = b""
            if data:
                self._offset += len(data)
                return data
            self._drop()
        raise UnreachableError(
            f"{self._name} cannot be read past byte {self._offset} of {self._size}: {reason}. Bring the way to it up"
            " and run again, or use another source"
        )

    def _drop(self) -> None:
        part, self._part = self._part, None
        if part is not None:
            try:
                part.close()
            except OSError:
                return

    def close(self) -> None:
        """Let go of the way too."""
        self._drop()
        super().close()
