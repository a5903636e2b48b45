"""Two hundred open pages: each is told what happened, and the record is read once for all of them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import made_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_up import Served

VIEWERS = 200
PATIENCE = 40.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with made_up.served(made_up.make(tmp_path_factory.mktemp("room"))) as found:
        yield found


async def _watch(port: int, cookie: str, wanted: bytes, ready: asyncio.Semaphore) -> bool:
    """Open the stream of a page; return whether the wanted text came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
    writer.write(request.encode())
    seen = b""
    try:
        while wanted not in seen:
            block = await reader.read(65536)
            if not block:
                return False
            if b"event: beat" in block:
                ready.release()
            seen = seen[-len(wanted) :] + block
        return True
    finally:
        writer.close()


def _reads(pid: int) -> int:
    """Count the bytes a process has read from files and elsewhere so far."""
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return int(next(line.partition(":")[2] for line in lines if line.startswith("rchar")))


async def _crowd(served: Served, count: int, sentence: str) -> int:
    """Open so many pages, have something happen, and return how much was read for it."""
    cookie = served.enter(served.made.token(label=f"wall {count}"))
    ready = asyncio.Semaphore(0)
    wanted = sentence.encode()
    watching = [asyncio.create_task(_watch(served.port, cookie, wanted, ready)) for _ in range(count)]
    async with asyncio.timeout(PATIENCE):
        for _ in range(count):
            await ready.acquire()
        before = _reads(served.pid)
        served.made.task(sentence, "AWS-02")
        assert all(await asyncio.gather(*watching))
    return _reads(served.pid) - before


def test_all_are_told_and_the_record_is_read_once(served: Served) -> None:
    (served.made.run / "evidence.bin").write_bytes(b"")
    alone = asyncio.run(_crowd(served, 1, "Wait until one has heard"))
    many = asyncio.run(_crowd(served, VIEWERS, "Wait until all have heard"))
    # What 200 pages send when they open is read too; the record itself is not read once more for any of them.
    assert many < alone + VIEWERS * 512 + (1 << 20)


def test_a_crowd_with_one_token_is_held_off(served: Served) -> None:
    cookie = served.enter(served.made.token("kim"))

    async def open_many() -> list[bytes]:
        found, kept = [], []
        for _ in range(24):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: {cookie}\r\n\r\n".encode())
            kept.append(writer)
            async with asyncio.timeout(PATIENCE):
                found.append(await reader.readline())
        return found

    answers = asyncio.run(open_many())
    assert sum(b"200" in line for line in answers) == 20
    assert sum(b"503" in line for line in answers) == 4
