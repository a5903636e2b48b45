"""Looks into the command line and the environment of every process that begins while it watches."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INTERVAL = 0.05  # seconds between two looks


@dataclass
class Watched:
    """What was seen: the names of all programs, and each place a secret was found in (never the secret)."""

    programs: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    looks: int = 0


@contextmanager
def processes(secrets: Mapping[str, bytes]) -> Iterator[Watched]:
    """Watch until the block ends. Processes that were there before are not looked at.

    All that begins counts, not only what is below the command: what it starts on the lab's hosts and in their
    containers runs on this machine too, and ssh leaves its parent.
    """
    seen, stop, before = Watched(), threading.Event(), _running()
    watcher = threading.Thread(target=_watch, args=(secrets, before, seen, stop), daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def search(secrets: Mapping[str, bytes], content: bytes, where: str) -> set[str]:
    """Say which secrets stand in this content."""
    return {f"{name} in {where}" for name, value in secrets.items() if value in content}


def _watch(secrets: Mapping[str, bytes], before: set[tuple[str, str]], seen: Watched, stop: threading.Event) -> None:
    while not stop.wait(INTERVAL):
        seen.looks += 1
        for pid, _ in _running() - before:
            arguments, environment = _read(pid, "cmdline"), _read(pid, "environ")
            program = Path(arguments.split(b"\0", 1)[0].decode(errors="replace")).name
            seen.programs.add(program)
            seen.found |= search(secrets, arguments, f"the command line of {program}")
            seen.found |= search(secrets, environment, f"the environment of {program}")


def _running() -> set[tuple[str, str]]:
    """Every process with its start time: a number is used again, the pair is not."""
    running = set()
    for path in Path("/proc").glob("[0-9]*"):
        fields = _read(path.name, "stat").rpartition(b")")[2].split()
        if len(fields) > 19:
            running.add((path.name, fields[19].decode()))  # starttime, proc(5)
    return running


def _read(pid: str, name: str) -> bytes:
    try:
        return (Path("/proc") / pid / name).read_bytes()
    except OSError:
        return b""  # it is gone, or was never ours to read
