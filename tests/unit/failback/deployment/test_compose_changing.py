"""A change-over that fails at each of its steps: what is put back, what is left, and what is said of it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from failback.deployment.compose.changing import Changing
from failback.deployment.compose.settings import Settings, WebHost
from failback.deployment.compose.waves import plan
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOSTS = (WebHost("web1", "192.0.2.1", "s1", "shop"), WebHost("web2", "192.0.2.2", "s2", "shop"))


class Stage:
    """Hosts and one node as a dictionary each; ``fails`` names the steps that go wrong: (step, host or server)."""

    def __init__(self, *fails: tuple[str, str]) -> None:
        self.fails, self.notes = set(fails), {}
        self.runs: dict[str, str] = {"web1": "r3", "web2": "r3"}
        self.out: set[str] = set()
        self.steps: list[str] = []

    def ask(self, host: WebHost, request: Mapping[str, Any]) -> dict[str, Any]:
        self.steps.append(f"{host.name} {request['release']}")
        self.runs[host.name] = request["release"]
        return {"problem": "not ready"} if ("move", f"{host.name} {request['release']}") in self.fails else {}

    def take(self, servers: Sequence[str]) -> dict[str, Any]:
        if any(("take", one) in self.fails for one in servers):
            raise FailbackError("lb1: cannot take")
        self.out |= set(servers)
        return {}

    def give(self, servers: Mapping[str, Sequence[str]]) -> None:
        self.out -= set(servers["lb1"])

    def hold(self) -> dict[str, Any]:
        if ("hold", "lb1") in self.fails:
            raise FailbackError("lb1: cannot hold")
        self.steps.append("hold")
        return {}

    def open(self, servers: Sequence[str]) -> dict[str, Any]:
        self.steps.append(f"open {' '.join(servers)}")
        return {}

    def note(self, **notes: Any) -> None:
        if ("note", "") in self.fails:
            raise RefusedError("the lock is not ours any more")
        self.notes |= notes

    def change(self, size: int = 1, serving: Sequence[str] = ("s1", "s2")) -> tuple[str, bool]:
        settings = Settings("shop", "/srv/shop", HOSTS, (), (), "http://{address}/readyz")
        line = {"time": "2026-11-22T10:00:00Z", "kind": "rollback"}
        this: Any = self
        ours = {"lb1": ["s1", "s2"]}
        changing = Changing(
            settings, self.ask, this, this, lambda _what, **_fields: nullcontext({}), lambda _said: None, line, ours
        )
        ended = changing.waves(plan(HOSTS, [], serving, size), "r2", {"web1": "r3", "web2": "r3"})
        return ended.problem, ended.settled


def test_each_host_in_its_turn() -> None:
    stage = Stage()
    assert stage.change() == ("", True)
    assert stage.steps == ["web1 r2", "web2 r2"]
    assert stage.out == set()


def test_the_first_host_fails_and_the_second_is_never_touched() -> None:
    stage = Stage(("move", "web1 r2"))
    problem, settled = stage.change()
    assert (problem, settled) == ("web1: not ready. Every host runs again what it ran before", True)
    assert stage.steps == ["web1 r2", "web1 r3"]
    assert stage.out == set()


def test_the_second_host_fails_and_the_first_goes_back_too() -> None:
    stage = Stage(("move", "web2 r2"))
    assert stage.change()[1] is True
    assert stage.steps == ["web1 r2", "web2 r2", "web2 r3", "web1 r3"]
    assert stage.runs == {"web1": "r3", "web2": "r3"}
    assert stage.out == set()


def test_a_host_that_does_not_come_back_stays_out_and_is_named() -> None:
    stage = Stage(("move", "web2 r2"), ("move", "web2 r3"))
    problem, settled = stage.change()
    assert settled is False
    assert "Not everything is back where it was: web2: not ready" in problem
    assert stage.out == {"s2"}
    assert stage.notes == {"taken": {"lb1": ["s1", "s2"]}} or "s2" in stage.notes["taken"]["lb1"]


def test_what_could_not_be_taken_out_is_not_touched() -> None:
    stage = Stage(("take", "s2"))
    problem, settled = stage.change()
    assert problem == "lb1: cannot take. Every host runs again what it ran before"
    assert settled is True
    assert stage.steps == ["web1 r2", "web1 r3"]


def test_all_at_once_only_behind_a_hold() -> None:
    stage = Stage()
    assert stage.change(size=2) == ("", True)
    assert stage.steps[0] == "hold"
    assert stage.steps[-1] == "open s1 s2"
    refused = Stage(("hold", "lb1"))
    assert refused.change(size=2) == ("lb1: cannot hold. Every host runs again what it ran before", True)
    assert refused.steps == []


def test_whose_lock_went_does_nothing_more() -> None:
    stage = Stage(("note", ""))
    with pytest.raises(RefusedError, match="not ours any more"):
        stage.change()
    assert stage.steps == []
