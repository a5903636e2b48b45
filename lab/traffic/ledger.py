"""The ledger: one JSON-lines file a client, on disk before a request leaves and after its answer came.

A last line that a crash cut short is dropped when read; its write then counts as unknown.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.shop.outcome import Outcome


@dataclass(frozen=True)
class Attempt:
    """One write on its way: what it is called, and when it set out."""

    token: str
    started: int


class Ledger:
    """The file of one client. `kind` is http, sql or sampler; a sampler's `side` is the one it writes to."""

    def __init__(self, folder: Path, client: str, kind: str, side: str = "") -> None:
        self.client = client
        self.counts: Counter[str] = Counter()
        self._file = os.open(folder / f"{client}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._line({"event": "start", "client": client, "kind": kind, "side": side, "pid": os.getpid()})

    def intend(self) -> Attempt:
        """Put a new write on record, before anything of it is sent."""
        attempt = Attempt(str(uuid.uuid4()), time.monotonic_ns())
        self._line({"event": "intent", "token": attempt.token})
        return attempt

    def settle(self, attempt: Attempt, outcome: Outcome, **details: Any) -> None:
        """Put on record how a write ended. `details`: server_uuid, code, message, status."""
        seconds = (time.monotonic_ns() - attempt.started) / 1e9
        self._line({"event": str(outcome), "token": attempt.token, "seconds": round(seconds, 6), **details})
        self.counts[str(outcome)] += 1

    def note(self, event: str, **details: Any) -> None:
        """Put something on record that is no write: a connection opened, a read that failed."""
        self._line({"event": event, **details})

    def close(self) -> None:
        """End the file with a line that says that its client stopped in order."""
        self._line({"event": "stop"})
        os.close(self._file)

    def _line(self, content: dict[str, Any]) -> None:
        line = {**content, "wall": time.time_ns(), "mono": time.monotonic_ns()}
        os.write(self._file, (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode())
        os.fdatasync(self._file)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of one client's file. Raises ValueError for a broken line that is not the last."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            if number != len(lines):
                raise ValueError(f"{path}, line {number}: not a line of a ledger: {error}") from error
