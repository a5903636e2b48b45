"""RDS's binary logs from the cut-over to FINAL, fetched as they are and kept with their digests."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from failback.binlog import archive, events, stream
from failback.errors import DamagedError, RefusedError
from failback.restore.source import open_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from failback.gtid import GtidSet
    from failback.mysql import Login, Server

RAW = "raw"


@dataclass(frozen=True)
class Listed:
    """One binary log of RDS's as it lists them."""

    name: str
    size: int


def listed(server: Server) -> list[Listed]:
    """List RDS's binary logs, oldest first."""
    return [Listed(str(row["Log_name"]), int(str(row["File_size"]))) for row in server.rows("SHOW BINARY LOGS")]


def choose(login: Login, logs: list[Listed], cutover: GtidSet, final: GtidSet) -> list[Listed]:
    """Keep the files that hold what lies between. Raises RefusedError when the oldest begins after the cut-over."""
    missing = final - cutover
    for index in range(len(logs) - 1, -1, -1):
        previous = _previous(login, logs[index].name)
        if not previous & missing:
            return logs[index:]
    raise RefusedError(
        "RDS has purged binary logs from after the cut-over: "
        + (f"its oldest, {logs[0].name}, begins later" if logs else "it has none")
        + ". What was in them can only come from a snapshot of RDS"
    )


def _previous(login: Login, name: str) -> GtidSet:
    source = stream.from_file(login, name, name="RDS")
    try:
        for event in source:
            if event.kind == events.PREVIOUS_GTIDS:
                return events.previous_gtids(event)
    finally:
        source.close()  # type: ignore[attr-defined]  # a generator: its connection goes with it
    raise DamagedError(f"{name} on RDS does not say which transactions came before it")


def fetch(login: Login, logs: list[Listed], folder: Path) -> list[dict[str, object]]:
    """Write the files; one that is there whole from an earlier run is kept. Give name, size and SHA-256 of each."""
    raw = folder / RAW
    raw.mkdir(parents=True, exist_ok=True, mode=0o700)
    rest = list(logs)
    while len(rest) > 1 and (raw / rest[0].name).exists() and (raw / rest[0].name).stat().st_size == rest[0].size:
        rest.pop(0)  # finished on RDS and here: only the newest one can still grow
    if rest:
        _write(login, rest[0].name, raw)
    return [_digest(raw / item.name) for item in logs]


def _write(login: Login, first: str, raw: Path) -> None:
    """Follow the stream from file to file; half a file has another name."""
    name = ""
    handle: BinaryIO | None = None
    try:
        for event in stream.from_file(login, first, name="RDS"):
            if event.kind == events.ROTATE and event.artificial:
                following = events.rotate(event)
                if handle is not None and following != name:
                    _finish(handle, raw / name)
                    handle = None
                if handle is None:
                    name = following
                    handle = (raw / f"{name}.part").open("wb")
                    handle.write(events.MAGIC)
            elif not event.artificial and handle is not None:
                handle.write(event.raw)
        if handle is not None:
            _finish(handle, raw / name)
            handle = None
    finally:
        if handle is not None:
            handle.close()


def _finish(handle: BinaryIO, target: Path) -> None:
    handle.flush()
    os.fsync(handle.fileno())
    handle.close()
    part = target.with_name(f"{target.name}.part")
    part.chmod(0o600)
    part.replace(target)


def _digest(path: Path) -> dict[str, object]:
    digest = hashlib.sha256()
    with path.open("rb") as stream_:
        while block := stream_.read(1 << 20):
            digest.update(block)
    return {"name": path.name, "size": path.stat().st_size, "sha256": digest.hexdigest()}


def write_index(folder: Path, files: list[dict[str, object]], facts: Mapping[str, object]) -> None:
    """Put the index beside the files."""
    path = folder / RAW / archive.INDEX
    path.write_text(json.dumps({"version": 1, **facts, "files": files}, indent=2) + "\n", encoding="utf-8")
    path.chmod(0o600)


def verify(folder: Path, cutover: GtidSet, final: GtidSet) -> archive.Verified:
    """Prove the kept files: no gap from the cut-over to FINAL, digests as in the index. Raises RefusedError."""
    return archive.verify(open_source(str(folder / RAW)), cutover, final)
