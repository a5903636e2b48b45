"""Turns SIGINT, SIGTERM and SIGHUP into a request to stop, once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def watched(cancel: threading.Event, tell: Callable[[], None]) -> Iterator[None]:
    """Set `cancel` and call `tell` at the first signal. Only the main thread may listen; elsewhere nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not cancel.is_set():
            cancel.set()
            tell()

    before = {number: signal.signal(number, stop) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
