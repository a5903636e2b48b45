"""Who came in, who was turned away, what was refused: ``access.jsonl`` beside the tokens. Never a token or a note."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "access.jsonl"
_LARGEST = 8 << 20  # bytes; then the file is put aside once, so that an attack cannot fill the disk


def note(directory: Path, kind: str, **fields: str) -> None:
    """Add a line. A full disk stops nobody from confirming an item: what cannot be noted is passed over."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": at, "kind": kind, **fields}, ensure_ascii=False)
    path = directory / FILE
    with suppress(OSError):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LARGEST:
            path.replace(path.with_suffix(".jsonl.1"))
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
