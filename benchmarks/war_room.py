"""What the war room costs while a run goes on, with no page open and with 200: processor, memory, lateness."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tidy_when_ended
from rollback_runner.content import ROOT

sys.path.insert(0, str(ROOT / "tests" / "integration" / "war_room"))
import made_up

if TYPE_CHECKING:
    from made_up import Served

SECONDS = 20.0
VIEWERS = 200
_TICKS = os.sysconf("SC_CLK_TCK")


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) // 1024 if found else 0


async def _viewer(port: int, cookie: str, late: dict[bytes, list[float]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode())
    try:
        while block := await reader.read(1 << 20):
            for written in re.findall(rb"Step written at ([\d.]+)", block):
                late.setdefault(written, []).append(time.time() - float(written))
    finally:
        writer.close()


async def _measure(served: Served, count: int) -> None:
    """Have a step begin every second, and see what the server takes for it and when the last page knows."""
    cookie = served.enter(served.made.token(label=f"wall {count}"))
    late: dict[bytes, list[float]] = {}
    watching = [asyncio.create_task(_viewer(served.port, cookie, late)) for _ in range(count)]
    await asyncio.sleep(4)
    late.clear()
    began, used = time.monotonic(), _processor(served.pid)
    while time.monotonic() - began < SECONDS:
        served.made.task(f"Step written at {time.time():.3f}", "AWS-02")
        await asyncio.sleep(1)
    share = (_processor(served.pid) - used) / (time.monotonic() - began)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    last = sorted(max(found[:count]) for found in late.values() if len(found) >= count)
    told = f", news on the last page after {last[len(last) // 2]:.2f} s (worst {last[-1]:.2f} s)" if last else ""
    print(f"{count:>4} pages: {share:.1%} of one processor, {_memory(served.pid)} MB{told}")


def main() -> None:
    """Measure both, one after the other, on one server."""
    with tempfile.TemporaryDirectory() as home, made_up.served(made_up.make(Path(home))) as served:
        for count in (0, 1, VIEWERS):
            asyncio.run(_measure(served, count))


if __name__ == "__main__":
    tidy_when_ended()
    main()
