"""The journal of a run: JSON lines, only ever appended, each carrying the digest of the line before.

A line is written under a lock and reaches the disk (fsync) before `append` returns, so an `intent` line is
on record before the act it announces. Three things can go wrong, and each has one decided answer:

- the process dies while it writes: the last line is torn. The next `append` closes it and writes a `seal`
  line that names its size; nothing before it is lost, and `verify` does not call it a problem.
- the disk is full: `append` raises `JournalError` and leaves the file as it was. For lines that tell what has
  already happened, a reserve made by `reserve` is given up first.
- somebody changes the file: `verify` says which line.

A run whose site keeps its record elsewhere has a file `store.json` beside its journal; `append` then returns once the
line is at that store, too (failback.store.seam).

A chain alone cannot show that the last lines were cut off. Whoever closes a run keeps `head` elsewhere (the
report does) and hands it to `verify`.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import appending
from failback.scrub import scrub_beside

if TYPE_CHECKING:
    from collections.abc import Iterator

GENESIS = "0" * 64
MARKER = "store.json"
RESERVE = "journal.reserve"
RESERVE_BYTES = 256 * 1024
_BLOCK = 8192
_OWN_KEYS = frozenset({"seq", "time", "kind", "prev"})


class JournalError(Exception):
    """The journal could not be written or read; nothing was added to it."""


@dataclass(frozen=True)
class Head:
    """Where a journal ends: how many lines, and the digest of the last one."""

    lines: int
    digest: str


def append(path: str | Path, kind: str, /, **fields: Any) -> dict[str, Any]:
    """Add one line and return it once it is on the disk.

    Raises `JournalError` when the line cannot be written (disk full, no permission); the file is then unchanged.
    """
    if clash := _OWN_KEYS & fields.keys():
        raise ValueError(f"a journal line sets {', '.join(sorted(clash))} itself")
    target = Path(path)
    with _opened(target) as descriptor:
        if (target.parent / MARKER).exists():
            from failback.store import seam  # noqa: PLC0415 - nearly no journal has one

            return seam.append(descriptor, target, kind, fields)
        return append_locked(descriptor, target, kind, fields)


def append_once(path: str | Path, kind: str, /, *, key: str, wait: float, **fields: Any) -> dict[str, Any] | None:
    """Add one line unless one with this ``key`` is there (None then); do not wait for the disk.

    For what must not hold up its caller: another writer is waited for ``wait`` s, and the line outlives the process,
    not a power cut before the next `sync`. Raises `JournalError` when it cannot be written.
    """
    target = Path(path)
    with _opened(target, wait) as descriptor:
        # Quotes inside a text are escaped, so this can only be the line's own key.
        sought = json.dumps({"key": key}, ensure_ascii=False, separators=(",", ":")).strip("{}").encode()
        if sought in os.pread(descriptor, os.fstat(descriptor).st_size, 0):
            return None
        return append_locked(descriptor, target, kind, {"key": key, **fields}, sync=False)


def sync(path: str | Path) -> None:
    """Wait until what was appended is on the disk. Raises `JournalError` when it cannot be brought there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        appending.sync_directory(Path(path).parent)
    except OSError as error:
        raise JournalError(f"the journal {path} does not reach the disk: {error.strerror}") from error


def reserve(directory: str | Path, size: int = RESERVE_BYTES) -> None:
    """Set `size` bytes aside, so that an outcome can still be written when the disk fills during the act.

    Raises `JournalError` when there is no such room: the moment to find out is before anything is done.
    """
    target = Path(directory) / RESERVE
    try:
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)
    except OSError as error:
        with suppress(OSError):
            target.unlink()
        raise JournalError(f"no room for the record in {target.parent}: {error.strerror}") from error


def read(path: str | Path) -> list[dict[str, Any]]:
    """All whole lines in order. A torn line is left out; `verify` tells about it."""
    entries = []
    for raw in _lines(Path(path)):
        entry = _parse(raw)
        if entry is not None:
            entries.append(entry)
    return entries


def head(path: str | Path) -> Head:
    """Return where the last whole line stands, as its number and digest."""
    lines, digest = 0, GENESIS
    for raw in _lines(Path(path)):
        if _parse(raw) is not None:
            lines, digest = lines + 1, _digest(raw)
    return Head(lines, digest)


def verify(path: str | Path, expected: Head | None = None) -> list[str]:
    """Say what is wrong with the journal, one sentence a problem; an empty list means it is whole.

    A torn line that was sealed, or that ends the file, is no problem. `expected` is the `head` that was kept elsewhere.
    """
    return verify_lines(list(_lines(Path(path))), expected)


def verify_lines(raws: list[bytes], expected: Head | None = None) -> list[str]:
    """Do as `verify` does, with lines that were read; none ends with a newline."""
    problems: list[str] = []
    before, whole_before, seq = GENESIS, GENESIS, 0
    found = expected is None or expected.lines == 0
    torn_at = 0
    for number, raw in enumerate(raws, start=1):
        entry = _parse(raw)
        if entry is None:
            if number < len(raws):
                torn_at = number
            before = _digest(raw)
            continue
        if torn_at == number - 1 and torn_at and (entry["kind"] != "seal" or entry.get("after") != whole_before):
            problems.append(
                f"line {torn_at} is not readable and was not sealed: it was changed, or lines beside it were"
            )
        if entry["prev"] != before:
            problems.append(f"line {number} does not follow the line before it: a line was changed, removed or moved")
        if entry["seq"] != seq + 1:
            problems.append(
                f"line {number} carries number {entry['seq']}, expected {seq + 1}: lines are missing or moved"
            )
        seq = entry["seq"]
        before = whole_before = _digest(raw)
        found = found or (expected is not None and (expected.lines, expected.digest) == (seq, before))
    if not found and expected is not None:
        problems.append(
            f"line {expected.lines}, which the report names as the last, is not there: lines were cut off or changed"
        )
    return problems


@contextmanager
def _opened(target: Path, wait: float | None = None) -> Iterator[int]:
    """Open and lock a journal; another writer is waited for ``wait`` s at most (None: as long as it takes)."""
    try:
        with appending.alone(target, wait) as descriptor:
            yield descriptor
    except appending.HeldError as error:
        raise JournalError(f"the journal {target} is held by another writer") from error
    except appending.OpenError as error:
        raise JournalError(f"the journal {target} cannot be opened: {error.strerror}") from error


def append_locked(
    descriptor: int, target: Path, kind: str, fields: dict[str, Any], *, sync: bool = True
) -> dict[str, Any]:
    """Append to an open journal whose lock the caller holds."""
    size = os.fstat(descriptor).st_size
    entry, block = _block(_tail(descriptor, size), kind, scrub_beside(target, fields))
    _write(descriptor, target, size, block, may_use_reserve=kind != "intent", sync=sync)
    if size == 0 and sync:
        appending.sync_directory(target.parent)
    return entry


def continued(content: bytes, kind: str, fields: dict[str, Any], time: str = "") -> tuple[dict[str, Any], bytes]:
    """Return a line of this time (ISO 8601; "": now) as it stands at the end of a journal, and that journal with it."""
    entry, block = _block(content.splitlines(keepends=True), kind, fields, time)
    return entry, content + block


def _block(tail: list[bytes], kind: str, fields: dict[str, Any], time: str = "") -> tuple[dict[str, Any], bytes]:
    """Make the line that follows these, after a seal where the last of them is torn."""
    lead = b""
    if tail and not tail[-1].endswith(b"\n"):
        lead = b"\n"
    whole = [raw.rstrip(b"\n") for raw in tail]
    last = _parse(whole[-1]) if whole else None
    block = lead
    prev = _digest(whole[-1]) if whole else GENESIS
    seq = last["seq"] if last else 0
    if whole and last is None:
        before_torn = next(((raw, entry) for raw in reversed(whole[:-1]) if (entry := _parse(raw))), None)
        seq = before_torn[1]["seq"] if before_torn else 0
        after = _digest(before_torn[0]) if before_torn else GENESIS
        sealed = {"torn_bytes": len(whole[-1]), "after": after}
        _, raw = _entry(seq + 1, "seal", sealed, prev)
        block += raw + b"\n"
        seq, prev = seq + 1, _digest(raw)
    entry, raw = _entry(seq + 1, kind, fields, prev, time)
    return entry, block + raw + b"\n"


def _entry(seq: int, kind: str, fields: dict[str, Any], prev: str, time: str = "") -> tuple[dict[str, Any], bytes]:
    time = time or datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    entry = {"seq": seq, "time": time, "kind": kind, **fields, "prev": prev}
    return entry, json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def _write(descriptor: int, target: Path, size: int, block: bytes, **how: bool) -> None:
    try:
        appending.write(descriptor, block, sync=how["sync"])
    except OSError as error:
        # O_APPEND and the lock make the cut safe: nobody else has written behind us.
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        spare = target.parent / RESERVE
        if how["may_use_reserve"] and spare.exists():
            spare.unlink()
            _write(descriptor, target, size, block, may_use_reserve=False, sync=how["sync"])
            return
        raise JournalError(f"the journal {target} cannot be written: {error.strerror}") from error


def _tail(descriptor: int, size: int) -> list[bytes]:
    """Read the end of the file, from the last whole line before a possible torn one."""
    start, data = size, b""
    while start > 0:
        step = min(_BLOCK, start)
        start -= step
        data = os.pread(descriptor, step, start) + data
        lines = data.splitlines(keepends=True)
        if start == 0:
            return lines
        # The first piece may be half a line; one whole line that parses is all that is needed.
        if any(_parse(raw.rstrip(b"\n")) is not None for raw in lines[1:]):
            return lines[1:]
    return []


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            for raw in stream:
                yield raw.rstrip(b"\n")
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be read: {error.strerror}") from error


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not entry.keys() >= _OWN_KEYS:
        return None
    return entry


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
