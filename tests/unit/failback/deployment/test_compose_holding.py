"""A hold that an earlier run began: its note is never lost, and what served before is not let back by itself."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest
from failback.deployment.compose import holding
from failback.deployment.compose.holding import Held
from failback.deployment.compose.locking import Taken
from failback.errors import FailbackError, RefusedError

EARLIER = Held("r2", {"web1": "r3"}, ["s1"], "run-1")


class Place:
    """One host and one node that cannot hold. ``notes`` are those of the host's lock, None where it is free."""

    def __init__(self, hold: Held | None) -> None:
        self.run = "run-2"
        self.notes: dict[str, Any] | None = {"hold": asdict(hold)} if hold else None
        self.settings = SimpleNamespace(hosts=[SimpleNamespace(name="web1", server="s1")])
        self.act = lambda _what, **_fields: nullcontext({})
        self.opened: list[str] = []

    def look(self) -> list[Any]:
        return [SimpleNamespace(host="web1", live="r3", problem="", notes=self.notes or {})]

    def look_all(self, _release: str) -> tuple[list[Any], dict[str, Any]]:
        return self.look(), {"lb1": {"states": {"s1": "maint" if self.notes else "ready"}}}

    def unfit(self, *_seen: object) -> list[str]:
        return []

    def balancer(self) -> Any:
        def cannot() -> None:
            raise FailbackError("lb1: cannot hold")

        return SimpleNamespace(hold=cannot, open=self.opened.append, absent={})

    def locks(self) -> Any:
        def take(_why: str) -> Taken:
            self.notes = self.notes or {}
            return Taken(self.notes)

        def note(**notes: Any) -> None:
            self.notes = {**(self.notes or {}), **notes}

        def give() -> list[str]:
            self.notes = None
            return []

        return SimpleNamespace(take=take, note=note, give=give)


def test_a_hold_that_cannot_begin_leaves_nothing() -> None:
    place: Any = Place(None)
    with pytest.raises(RefusedError, match="Nothing was stopped"):
        holding.hold(place, "r2", "the reversal of 0002")
    assert place.notes is None


def test_a_hold_that_cannot_begin_anew_keeps_word_of_what_was_closed() -> None:
    place: Any = Place(EARLIER)
    with pytest.raises(RefusedError, match="An earlier run closed the servers and stopped the application"):
        holding.hold(place, "r2", "the reversal of 0002")
    assert Held.of(place.notes) == EARLIER


def test_what_another_run_held_stays_held() -> None:
    place: Any = Place(EARLIER)
    found = holding.release(place, back=True, own=True)
    assert found["changed"] is False
    assert "requests stay held for r2" in found["stays"]
    assert Held.of(place.notes) == EARLIER
    assert not place.opened


def test_a_hold_without_its_run_is_another_runs() -> None:
    place: Any = Place(Held("r2", {"web1": "r3"}, ["s1"]))
    assert "unknown" in holding.release(place, back=True, own=True)["stays"]
