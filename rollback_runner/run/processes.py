"""Finds and ends what a run left behind.

A cancelled ansible-playbook leaves the processes of its running task alive: its workers lead sessions of their own
(ansible-core 2.19). They are known by RR_RUN_DIR in their environment, which each of them inherits.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def of_run(directory: Path) -> list[int]:
    """Return the processes of this machine that were started by the run in `directory`; never our own."""
    mark = f"RR_RUN_DIR={directory}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def end(directory: Path, *, patience: float = 5.0) -> int:
    """End them all and return how many there were. After `patience` seconds the rest is left to the kernel."""
    ended: set[int] = set()
    limit = time.monotonic() + patience
    while (left := of_run(directory)) and time.monotonic() < limit:
        for pid in left:
            ended.add(pid)
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    return len(ended)
