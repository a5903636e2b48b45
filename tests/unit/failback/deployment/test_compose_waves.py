"""The order in which hosts change over, and which releases may go."""

from __future__ import annotations

from dataclasses import replace

from failback.deployment.compose import retention, waves
from failback.deployment.compose.release import Release
from failback.deployment.compose.settings import WebHost
from failback.deployment.compose.standing import Served, Standing
from hypothesis import given
from hypothesis import strategies as st

HOSTS = [WebHost(f"web{n}", f"192.0.2.{n}", f"web{n}", "shop") for n in range(1, 7)]
NAMES = [one.name for one in HOSTS]


def named(plan: list[waves.Wave]) -> list[tuple[str, bool]]:
    return [(one.names, one.held) for one in plan]


def test_one_after_another() -> None:
    assert named(waves.plan(HOSTS[:3], [], NAMES[:3], 1)) == [("web1", False), ("web2", False), ("web3", False)]


def test_those_that_do_not_serve_go_first_and_those_that_are_done_not_at_all() -> None:
    assert named(waves.plan(HOSTS[:4], ["web1"], ["web1", "web2", "web4"], 2)) == [
        ("web3", False),
        ("web2, web4", False),
    ]


def test_nobody_left_to_serve_means_that_requests_wait() -> None:
    assert named(waves.plan(HOSTS[:1], [], ["web1"], 1)) == [("web1", True)]
    assert named(waves.plan(HOSTS[:2], [], ["web1", "web2"], 2)) == [("web1, web2", True)]


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.integers(1, 8))
def test_each_host_once_and_never_all_servers_at_once(done: set[str], serving: set[str], size: int) -> None:
    plan = waves.plan(HOSTS, done, serving, size)
    assert sorted(one.name for wave in plan for one in wave.hosts) == sorted(set(NAMES) - done)
    for wave in plan:
        assert wave.held or not serving or serving - set(wave.servers)


RELEASES = [f"r{n}" for n in range(9)]


def host(live: str, served: list[str], name: str = "web1") -> Standing:
    releases = {one: Release(one, created=f"2026-11-0{number}") for number, one in enumerate(RELEASES, start=1)}
    lines = [Served(f"2026-11-22T00:00:{number:02d}Z", one) for number, one in enumerate([*served, live])]
    return Standing(name, live, live, "", releases, {}, lines, None, None)


@given(st.sampled_from(RELEASES), st.lists(st.sampled_from(RELEASES), max_size=12), st.integers(0, 4))
def test_the_live_one_and_the_one_before_it_never_go(live: str, served: list[str], keep: int) -> None:
    seen = host(live, served)
    gone = retention.removable(seen, keep)
    before = next((one for one in reversed(served) if one != live), None)
    assert live not in gone
    assert before not in gone
    assert len(RELEASES) - len(gone) >= max(keep, 2)


def test_after_a_rollback_the_next_one_back_stays_too() -> None:
    seen = host("r2", ["r0", "r1", "r2", "r3"])
    assert retention.removable(seen, 2) == ["r0", "r4", "r5", "r6"]


def test_nothing_goes_from_a_host_that_is_not_in_order() -> None:
    seen = host("r8", [])
    assert retention.removable(seen, 2)
    assert retention.removable(replace(seen, problem="cut short"), 2) == []
    assert retention.removable(replace(seen, lock={"run": "x"}), 2) == []


def test_every_host_keeps_the_same() -> None:
    first, second = host("r8", []), host("r8", ["r1"], "web2")
    found = retention.across([first, second], 2)
    assert found["web1"] == found["web2"] == ["r0", "r2", "r3", "r4", "r5", "r6"]
