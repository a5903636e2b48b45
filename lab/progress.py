"""Progress lines: what the lab is doing, and how long it took when that was noticeable."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Shorter steps are not worth a line.
NOTICEABLE_SECONDS = 2.0


def say(line: str) -> None:
    """Write one progress line to standard error, which keeps standard output for results."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def step(title: str, *, announce: bool = False) -> Iterator[None]:
    """Time one step; `announce` says its name before it starts, for steps known to be long."""
    started = time.monotonic()
    if announce:
        say(f"{title} ...")
    yield
    seconds = time.monotonic() - started
    if announce or seconds >= NOTICEABLE_SECONDS:
        say(f"{title}: {seconds:.1f} s")
