"""A way that breaks, without a way."""

from __future__ import annotations

import io

import pytest
from failback.errors import UnreachableError
from failback.restore import source_reader
from failback.restore.source_reader import ATTEMPTS, ResumingReader

DATA = bytes(range(256)) * 10


class Breaking:
    """Gives some bytes, then breaks."""

    def __init__(self, at: int, most: int) -> None:
        self._data, self._left = io.BytesIO(DATA[at:]), most

    def read(self, size: int, /) -> bytes:
        if self._left <= 0:
            raise ConnectionResetError("cut")
        part = self._data.read(min(size, self._left))
        self._left -= len(part)
        return part

    def close(self) -> None:
        self._left = 0


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_reader, "PAUSES", (0.0,))


def test_every_byte_comes_once_and_in_order() -> None:
    reader = ResumingReader("x", len(DATA), lambda at: Breaking(at, 100))
    assert io.BufferedReader(reader).read() == DATA
    assert reader.resumed == len(DATA) // 100


def test_an_end_too_early_is_a_break() -> None:
    reader = ResumingReader("x", len(DATA) + 5, lambda at: Breaking(at, 10_000))
    with pytest.raises(UnreachableError, match="past byte 2560 of 2565: it ended too early"):
        reader.readall()


def test_it_gives_up_after_bounded_attempts() -> None:
    tries: list[int] = []

    def start(at: int) -> Breaking:
        tries.append(at)
        raise OSError("no way")

    with pytest.raises(UnreachableError, match="no way"):
        ResumingReader("x", 10, start, 3).read(1)
    assert tries == [3] * ATTEMPTS
