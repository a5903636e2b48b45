"""Releases on two hosts with engines of their own, behind a real HAProxy, with clients that ask all the time."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import compose_world
import pytest
import role_play
import yaml
from daemons import wait_until
from failback import lock
from failback.deployment.compose import balancer, changing, holding
from failback.errors import FailbackError, RefusedError
from failback.http import Door, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from compose_world import Balancer, World
    from failback.deployment.compose.provider import ComposeProvider
    from failback.deployment.model import Request


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = compose_world.World(tmp_path_factory.mktemp("compose"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def lb(world: World, tmp_path: Path) -> Iterator[Balancer]:
    world.lay()
    started = compose_world.Balancer(tmp_path / "lb1", world)
    yield started
    started.stop()


def switch(provider: ComposeProvider, to: str, kind: str = "rollback") -> Request:
    return provider.switch(provider.find(to), kind, "orders fail", lambda _said: None)


def dies(act: Callable[[], object]) -> None:
    """Carry it out in a process that is gone in the middle, as if killed: nothing is tidied up."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, "it did not die where it should"


def vanish(*_: object, **__: object) -> None:
    os._exit(9)


def test_goes_back_wave_by_wave_and_nobody_notices(world: World, lb: Balancer) -> None:
    provider = world.open(lb)
    before = provider.project()
    assert (before.live, before.beside, before.moving, before.auto_assign) == ("r3", (), "", None)
    with compose_world.Clients(lb.port) as clients:
        asked = switch(provider, "r2")
    assert (asked.kind, asked.to, asked.since, asked.ended, asked.by) == ("rollback", "r2", "r3", "succeeded", "run-1")
    assert not clients.failed
    assert {build for _, build, _ in clients.answers} == {"r2", "r3"}
    assert world.running() == {"web1": "r2", "web2": "r2"}
    after = provider.project()
    assert (after.live, after.beside, after.auto_assign) == ("r2", (), False)
    assert after.last_request == asked
    for host in world.hosts:
        assert host.run("readlink", f"{compose_world.DIRECTORY}/current") == "releases/r2"
        line = json.loads(host.read("served.jsonl").splitlines()[-1])
        assert (line["id"], line["from"], line["kind"], line["by"]) == ("r2", "r3", "rollback", "run-1")
        assert json.loads(host.read("pinned.json"))["from"] == "r3"
        assert not host.has("lock")
    assert switch(provider, "r2").ended == "skipped"
    # A promotion goes the same way, and takes the pin away.
    assert switch(provider, "r3", "promote").ended == "succeeded"
    assert provider.project().auto_assign is None
    assert [one.id for one in provider.deployments()] == ["r3", "r2", "r1"]
    assert len(provider.find("r3").served) == 2


def test_a_run_that_died_while_a_host_was_out_is_finished_by_the_next(
    world: World, lb: Balancer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock.json"
    monkeypatch.setenv("RR_LOCK", str(path))
    word: str | None = None
    for epoch, place in enumerate(((changing.Changing, "move"), (balancer.Balancer, "give")), start=1):
        held = lock.acquire(path, site="lab", run=f"run-{epoch}", reason="test", takeover=word)
        monkeypatch.setenv("RR_EPOCH", str(held.epoch))
        word = "it died"
        with monkeypatch.context() as patched:
            patched.setattr(*place, vanish)
            dies(lambda run=f"run-{epoch}": switch(world.open(lb, run=run), "r2"))
        assert balancer.serving(world.open(lb).balancer().look(), ["web1", "web2"]) == ["web2"]
    held = lock.acquire(path, site="lab", run="run-3", reason="test", takeover="it died")
    monkeypatch.setenv("RR_EPOCH", str(held.epoch))
    asked = switch(world.open(lb, run="run-3"), "r2")
    assert asked.ended == "succeeded"
    assert "it was held by" in asked.problem
    assert world.running() == {"web1": "r2", "web2": "r2"}
    assert balancer.serving(world.open(lb).balancer().look(), ["web1", "web2"]) == ["web1", "web2"]
    # The run that was thought dead wakes up: it may do nothing any more.
    monkeypatch.setenv("RR_EPOCH", "1")
    with pytest.raises(RefusedError, match="will not change"):
        switch(world.open(lb, run="run-1"), "r3")


def test_requests_wait_while_the_database_changes(world: World, lb: Balancer) -> None:
    provider = world.open(lb)
    with compose_world.Clients(lb.port) as clients:
        wait_until(lambda: bool(clients.answers), lambda: "nobody is served")
        found = provider.hold(provider.find("r2"), "the reversal of 0002")
        answered = len(clients.answers)
        time.sleep(0.3)
        assert len(clients.answers) == answered, "somebody was served while the database changes"
        assert not any(build in compose_world.RELEASES for build in world.running().values())
        assert found["held"]["closed"] == ["web1", "web2"]
        assert switch(provider, "r2").ended == "succeeded"
        assert len(clients.answers) == answered, "the hold ended before it was released"
        assert provider.release()["live"] == "r2"
        wait_until(lambda: len(clients.answers) > answered + 4, lambda: "nobody is served after the hold")
    assert not clients.failed
    assert {build for began, build, _ in clients.answers[answered:]} == {"r2"}
    assert provider.release() == {"changed": False}
    assert not any(host.has("lock") for host in world.hosts)


def test_one_host_alone_changes_over_while_requests_wait(world: World, tmp_path: Path) -> None:
    world.lay()
    alone = compose_world.Balancer(tmp_path / "alone", world, hosts=1)
    try:
        provider = world.open(alone, compose_hosts=["web1"])
        with compose_world.Clients(alone.port) as clients:
            assert switch(provider, "r2").ended == "succeeded"
            served = len(clients.answers)
            wait_until(lambda: len(clients.answers) > served, lambda: "nobody is served afterwards")
        assert not clients.failed
    finally:
        alone.stop()


def test_old_releases_go_but_never_one_that_is_wanted(world: World, lb: Balancer, tmp_path: Path) -> None:
    for host in world.hosts:
        host.run("cp", "-r", f"{compose_world.DIRECTORY}/releases/r1", f"{compose_world.DIRECTORY}/releases/r0")
        told = json.loads(host.read("releases/r0/release.json")) | {"id": "r0", "created": "2026-10-01T00:00:00Z"}
        host.write("releases/r0/release.json", json.dumps(told))
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(world.inventory(lb)), encoding="utf-8")
    body = {"deployment_retention": {"keep": 2}}
    rehearsed = role_play.task(tmp_path, body | {"check_mode": True}).results[0]
    assert rehearsed["evidence"]["removed"] == {"web1": ["r0"], "web2": ["r0"]}
    assert all(host.has("releases/r0") for host in world.hosts)
    done = role_play.task(tmp_path, body).results[0]
    assert (done["changed"], done["after"]) == (True, rehearsed["after"])
    assert not any(host.has("releases/r0") for host in world.hosts)
    assert role_play.task(tmp_path, body).results[0]["changed"] is False
    assert all(host.has("releases/r1") for host in world.hosts)


def test_a_wave_that_fails_puts_every_host_back(world: World, lb: Balancer) -> None:
    world.hosts[1].write("host.env", "CRASH=r2\n")
    provider = world.open(lb)
    with compose_world.Clients(lb.port) as clients:
        asked = switch(provider, "r2")
    assert asked.ended == "failed"
    assert "web2: it does not get ready" in asked.problem
    assert "web is exited (exit code 3) and said last: no such table: customers" in asked.problem
    assert "Every host runs again what it ran before" in asked.problem
    assert not clients.failed
    assert world.running() == {"web1": "r3", "web2": "r3"}
    assert provider.project().moving == ""
    assert not any(host.has("lock") or host.has("pinned.json") for host in world.hosts)
    assert balancer.serving(provider.balancer().look(), ["web1", "web2"]) == ["web1", "web2"]


def test_tried_beside_what_serves_and_refused_before_anything_moves(world: World, lb: Balancer, tmp_path: Path) -> None:
    provider = world.open(lb)
    with provider.trial(provider.find("r2")) as address:
        assert ask(Door("trial", address), "/", timeout=5).json() == {"build": "r2"}
        assert world.running() == {"web1": "r3", "web2": "r3"}
    assert world.hosts[0].run("docker", "ps", "-a", "--format", "{{.Names}}") == "shop-web-1"
    with world.open(lb, compose_trial_port=0).trial(provider.find("r2")) as address:
        assert address == ""

    other = compose_world.Balancer(tmp_path / "lb2", world, "lb2", holds=False)
    both = world.open(lb, other)
    with pytest.raises(RefusedError, match="not every load balancer can hold requests"):
        both.hold(both.find("r2"), "the reversal of 0002")
    assert not provider.balancer().look()["lb1"]["hold_until"]
    assert not any(host.has("lock") for host in world.hosts)
    other.stop()
    with pytest.raises(FailbackError, match=r"lb2: .*admin\.sock"):
        switch(both, "r2")

    text = world.hosts[0].read("releases/r2/compose.yml")
    world.hosts[0].write("releases/r2/compose.yml", text.replace(world.images["r2"], "shop:latest"))
    world.hosts[1].run("docker", "rmi", "-f", world.images["r2"])
    try:
        found = provider.find("r2")
        assert found.candidate is False
        assert f"web2 lacks the image {world.images['r2']} of r2" in found.unsound
        with pytest.raises(RefusedError, match="production stays on r3: web2 lacks the image") as refused:
            switch(provider, "r2")
        assert "web1: compose.yml and release.json of r2 differ in web" in str(refused.value)
    finally:
        world.load(world.hosts[1])
    assert world.running() == {"web1": "r3", "web2": "r3"}


def test_a_link_that_lies_is_seen_and_a_lock_is_broken_only_by_a_word(world: World, lb: Balancer) -> None:
    world.compose(world.hosts[1], "r1")
    seen = world.open(lb).project()
    assert (seen.live, seen.beside) == ("r3", ("r1",))
    assert "web2: it runs r1, but its link `current` says r3" in seen.moving
    owner = {"run": "deploy-7", "by": "ci", "since": "2026-11-22T08:00:00Z", "why": "release r4"}
    world.hosts[1].write("lock/owner.json", json.dumps(owner))
    words = "web2 is locked by ci \\(run deploy-7\\) since 2026-11-22T08:00:00Z: release r4"
    assert "release r4" in world.open(lb).project().moving
    with pytest.raises(RefusedError, match=words):
        switch(world.open(lb), "r2")
    # Somebody takes it between the look and the act: nothing of ours stays behind.
    with pytest.raises(RefusedError, match=words):
        world.open(lb).locks().take("race")
    assert not world.hosts[0].has("lock")
    asked = switch(world.open(lb, compose_break_lock="the pipeline was killed"), "r2")
    assert asked.ended == "succeeded"
    assert "the lock on web2 was taken over" in asked.problem
    assert not world.hosts[1].has("lock")
    assert world.running() == {"web1": "r2", "web2": "r2"}


def test_a_hold_outlives_its_run_and_behind_it_nothing_is_put_back(
    world: World, lb: Balancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(holding, "_stop", vanish)
        dies(lambda: world.open(lb).hold(world.open(lb).find("r2"), "the reversal of 0002"))
    provider = world.open(lb)
    provider.hold(provider.find("r2"), "the reversal of 0002")
    with pytest.raises(RefusedError, match="the hold for r2 stays: web1 runs r3"):
        provider.release()
    world.hosts[1].write("host.env", "CRASH=r2\n")
    asked = switch(provider, "r2")
    assert asked.ended == "failed"
    assert "Nothing was put back" in asked.problem
    with pytest.raises(FailbackError, match="web1 serve again, but web2: it does not get ready"):
        provider.release()
    # The database was not changed after all, so a person lets both go back to what they ran.
    assert provider.release(back=True)["live"] == "r3"
    assert world.running() == {"web1": "r3", "web2": "r3"}
    assert balancer.serving(provider.balancer().look(), ["web1", "web2"]) == ["web1", "web2"]
    assert not any(host.has("lock") for host in world.hosts)
