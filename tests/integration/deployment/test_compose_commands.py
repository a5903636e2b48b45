"""The commands on hosts of our own: the code alone goes back, forth and forward, while clients ask all the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from compose_site import Site
from compose_world import Balancer, Clients, World
from failback import lock
from failback.deployment.compose import holding

from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="site")
def _site(tmp_path: Path, world: World, balancer: Balancer, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("RR_HOME", str(tmp_path / "home"))
    return Site(tmp_path, world, balancer)


def test_back_forth_and_forward_and_no_client_notices(world: World, balancer: Balancer, site: Site) -> None:
    with Clients(balancer.port) as clients:
        done = site("rollback", "--yes", "--reason", "orders fail")
        assert done.return_value == 0, done.stdout + str(done.exception)
        assert world.running() == {"web1": "r2", "web2": "r2"}
        assert "Done and proven: r2 serves shop-web." in done.stdout
        told = site.report()
        assert (told["deployment"]["from"], told["deployment"]["to"]) == ("r3", "r2")
        assert told["deployment"]["auto_assign"] is False
        assert {host.has("releases/r3") for host in world.hosts} == {True}, "what it came from is never removed"
        held = site("status")
        assert "r2 serves production" in held.stdout
        assert "until someone says so" in held.stdout

        nobody = site("undo", "--yes")
        assert isinstance(nobody.exception, UsageError), nobody.stdout
        back = site("undo", "--yes", "--to", "r3", "--reason", "it was the network")
        assert back.return_value == 0, back.stdout + str(back.exception)
        assert world.running() == {"web1": "r3", "web2": "r3"}
        assert not any(host.has("pinned.json") for host in world.hosts)
        assert "nothing to undo" in site("undo", "--yes").stdout
    assert clients.failed == []
    assert {build for _, build, _ in clients.answers} == {"r2", "r3"}
    waves = [one for one in store.find(site.home, None).entries() if one["kind"] == "intent"]
    assert not any("hold" in one["act"] for one in waves), "code alone needs no hold"


@pytest.mark.long
def test_promote_takes_the_newest_that_nobody_went_back_from(world: World, balancer: Balancer, site: Site) -> None:
    assert site("rollback", "--yes", "--to", "r1", "--reason", "both are bad").return_value == 0
    with Clients(balancer.port) as clients:
        done = site("promote", "--yes", "--reason", "r2 was good after all")
    assert done.return_value == 0, done.stdout + str(done.exception)
    assert clients.failed == []
    assert world.running() == {"web1": "r2", "web2": "r2"}


def test_a_hold_that_a_dead_run_left_is_ended_by_a_command(
    world: World, balancer: Balancer, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs and requests wait: the word of a person brings back what served, on record and under the lock."""
    path = store.lock_path(site.home, "hosts")
    path.parent.mkdir(parents=True)
    held = lock.acquire(path, site="hosts", run="dead", reason="a test")
    monkeypatch.setenv("RR_LOCK", str(path))
    monkeypatch.setenv("RR_EPOCH", str(held.epoch))
    monkeypatch.setenv("RR_RUN_DIR", str(site.home / "runs" / "dead"))
    provider = world.open(balancer, run="dead", lb_hold_limit=2)
    provider.hold(provider.find("r2"), "its database changes")
    assert holding.Held.of(provider.look()[0].notes) is not None
    for name in ("RR_LOCK", "RR_EPOCH", "RR_RUN_DIR"):
        monkeypatch.delenv(name)
    lock.release(path, held.epoch)
    refused = site("release", "--yes", "--reason", "nobody knows")
    assert isinstance(refused.exception, RefusedError), refused.stdout
    done = site("release", "--back", "--yes", "--reason", "the database was not touched: its table has no note")
    assert done.return_value == 0, done.stdout + str(done.exception)
    assert world.running() == {"web1": "r3", "web2": "r3"}
    assert not any(host.has("lock") for host in world.hosts)
