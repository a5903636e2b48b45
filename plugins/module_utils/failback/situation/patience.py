"""Do several looks at the same time, none for longer than the deadline: what does not answer is told, the rest is kept.

Each look has a daemon thread of its own. One that is late is left behind: it only reads, and it ends with the process.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Seen:
    """What a look came to: its answer, or the reason for which there is none."""

    answer: Any = None
    error: str = ""


def within(seconds: float, looks: Mapping[str, Callable[[], Any]]) -> dict[str, Seen]:
    """Carry out the looks side by side; return by name what each came to within so many seconds.

    A `FailbackError` of a look becomes its ``error``. Any other exception is a fault of ours and is raised.
    """
    found: dict[str, Seen] = {}
    faults: list[Exception] = []

    def look(name: str, work: Callable[[], Any]) -> None:
        try:
            found[name] = Seen(work())
        except FailbackError as error:
            found[name] = Seen(error=str(error))
        except Exception as error:  # noqa: BLE001 - raised again below, in the caller's thread
            faults.append(error)

    ends = monotonic() + seconds
    threads = [threading.Thread(target=look, args=item, daemon=True) for item in looks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends - monotonic()))
    if faults:
        raise faults[0]
    kept = dict(found)  # a late look may still write into the other one
    return {name: kept.get(name, Seen(error=f"no answer within {seconds:g} s")) for name in looks}
