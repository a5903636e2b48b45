"""Order and waves: what is needed first, and never all hosts of a service at once."""

from __future__ import annotations

from typing import Any

import pytest
from failback.environment import order
from failback.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st


def entry(name: str, *needs: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "hosts": f"{name}_hosts", "container": name, "needs": list(needs), **more}


def names(*entries: dict[str, Any]) -> list[str]:
    return [one.name for one in order.services(entries)]


def test_what_is_needed_comes_first() -> None:
    assert names(entry("lb", "app"), entry("app", "db", "cache"), entry("cache"), entry("db")) == [
        "cache",
        "db",
        "app",
        "lb",
    ]


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([entry("a", "b"), entry("b", "a")], "in a circle"),
        ([entry("a", "x")], "needs x, which is no entry"),
        ([entry("a"), entry("a")], "names a twice"),
        ([entry("a", restart="often")], "not one of once, needed, never"),
        ([entry("a", wait=1)], "unknown key wait"),
        ([{"name": "a"}], "lacks hosts, container"),
        ([{**entry("a"), "needs": "b"}], "must be a list"),
    ],
)
def test_bad_entries_are_refused(entries: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        order.services(entries)


@given(st.integers(1, 30), st.integers(0, 40))
def test_some_always_go_on_serving_and_each_host_has_its_turn(count: int, at_once: int) -> None:
    hosts = [f"h{number}" for number in range(count)]
    waves = order.waves(order.services([entry("a", at_once=at_once)]), {"a_hosts": hosts})
    assert [host for wave in waves for host in wave.hosts] == hosts
    assert all(wave.alone == (count == 1) for wave in waves)
    assert count == 1 or all(len(wave.hosts) < count for wave in waves)
    assert at_once or count == 1 or all(len(wave.hosts) <= max(1, count // 2) for wave in waves)


def test_a_group_without_hosts_is_refused() -> None:
    with pytest.raises(ConfigError, match="the group a_hosts has no host"):
        order.waves(order.services([entry("a")]), {})


def test_placeholders_are_filled_for_each_host() -> None:
    (one,) = order.services([entry("a", ready_url="http://{address}:1/", server="{host}", container="{host}-a")])
    here = one.on("h1", "192.0.2.1")
    assert (here.container, here.ready_url, here.server) == ("h1-a", "http://192.0.2.1:1/", "h1")
