"""Ask one door who serves until it is proven, or until its time is over. Only GET, of paths nobody asked before.

Times are seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import http
from failback.deployment import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.deployment.answers import BuildPlace

_POLL = 0.2


@dataclass(frozen=True)
class Wanted:
    """What must answer, and how surely. ``faulty``: the build that must not, "" where nobody knows it."""

    place: BuildPlace
    build: str
    faulty: str = ""
    times: int = 5
    within: float = 30.0
    timeout: float = 5.0


def settle(
    door: http.Door, wanted: Wanted, clock: Callable[[], float] = time.monotonic, *, silences: int = 0
) -> tuple[dict[str, Any], str]:
    """Ask until it answered rightly often enough in a row; a wrong answer begins the count anew.

    ``silences``: give up after so many requests of which none was answered; 0: never before its time is over.
    Returns what goes on record, and why it is not proven ("": it is).
    """
    begun = clock()
    right, builds, answered = 0, [], False
    while True:
        reply = http.ask(door, wanted.place.path, timeout=wanted.timeout, unique=True)
        problem = answers.served_problem(door.name, reply, wanted.place, wanted.build, wanted.faulty)
        builds.append(answers.build_of(reply, wanted.place) or f"status {reply.status}")
        right = 0 if problem else right + 1
        answered = answered or bool(reply.status)
        if right >= wanted.times or clock() - begun >= wanted.within:
            break
        if silences and not answered and len(builds) >= silences:
            break
        if problem:
            time.sleep(_POLL)
    told = {name: builds.count(name) for name in dict.fromkeys(builds)}
    if not problem and right < wanted.times:
        mixed = ", ".join(f"{name} ({count})" for name, count in told.items())
        problem = f"{door.name} does not answer with one build alone: {mixed}"
    seconds = round(clock() - begun, 2)
    found = {"door": door.name, "url": door.url, "answers": told, "right_in_a_row": right, "seconds": seconds}
    return found, problem
