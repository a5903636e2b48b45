"""The doctor's look at the place where the record is kept. It writes one file there, and removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import lock
from failback.store import locks

from rollback_runner.content import home
from rollback_runner.errors import UsageError
from rollback_runner.record import elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CLOCKS = 30.0  # seconds by which the store's clock may differ


def checks(name: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """Look whether the site's store, if it has one, takes what is written, keeps conditions, and has our time."""
    try:
        place = elsewhere.find(name, home())
    except UsageError as error:
        problem = error.what
        yield "store", lambda: _no(problem)
        return
    if place is not None:
        yield f"store {place.store.where}", lambda: _probe(place)


def _no(problem: str) -> str:
    raise ValueError(problem)


def _probe(place: elsewhere.Place) -> str:
    found = place.store.probe()
    if abs(found.ahead) > _CLOCKS:
        raise ValueError(f"its clock is {found.ahead:+.0f} s from this machine's: correct the one that is wrong")
    try:
        held, _ = locks.current(place.store)
    except lock.LockError as error:
        raise ValueError(str(error)) from error
    return f"writes and answers in {found.seconds:.2f} s; {lock.describe(held) if held else 'nobody took the lock yet'}"
