"""The role lb over two nodes: all or none, one missing node, back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lb_site import Clients
from run_tasks import Played, play

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lb_site import Node

REACHED = {"name": "after", "ansible.builtin.debug": {"msg": "reached"}}


@pytest.fixture
def pair(new_node: Callable[..., Node]) -> dict[str, Node]:
    return {"lb1": new_node("lb1"), "lb2": new_node("lb2")}


def verb(name: str) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.import_role": {"name": "lb", "tasks_from": name}}


def run(work: Path, nodes: dict[str, Node], *verbs: str, changes: dict[str, dict[str, Any]] | None = None) -> Played:
    hosts = {name: {**node.variables(), **(changes or {}).get(name, {})} for name, node in nodes.items()}
    return play(work, [*(verb(name) for name in verbs), REACHED], hosts, group="load_balancers")


def reached(played: Played) -> set[str]:
    return {r["host"] for r in played.results if r["task"] == "after"}


def holds(node: Node) -> bool:
    return "value=<0>" not in node.ask("get var proc.rr_hold")


def serves(node: Node) -> set[str]:
    return {node.get() for _ in range(4)}


def test_the_whole_way_and_a_second_time(pair: dict[str, Node], tmp_path: Path) -> None:
    verbs = ("precheck", "hold", "switch", "persist", "verify")
    with Clients(pair["lb1"].port, 4) as one, Clients(pair["lb2"].port, 4) as two:
        first = run(tmp_path / "a", pair, *verbs)
    assert first.rc == 0, first.messages
    assert one.failures + two.failures == []
    for node in pair.values():
        assert serves(node) == {"idc-app1", "idc-app2"}
        assert not holds(node)
    again = run(tmp_path / "b", pair, "switch", "persist", "verify")
    assert again.rc == 0, again.messages
    assert not any(r["changed"] for r in again.results)


def test_release_goes_back_to_aws(pair: dict[str, Node], tmp_path: Path) -> None:
    run(tmp_path / "a", pair, "hold")
    played = run(tmp_path / "b", pair, "release")
    assert played.rc == 0, played.messages
    for node in pair.values():
        assert serves(node) == {"aws-app1"}
        assert node.config.read_text(encoding="utf-8") == node.original


def test_hold_on_every_node_or_on_none(pair: dict[str, Node], tmp_path: Path) -> None:
    played = run(tmp_path / "a", pair, "hold", changes={"lb2": {"lb_socket": "/run/nowhere.sock"}})
    assert played.rc != 0
    assert reached(played) == set()
    assert not holds(pair["lb1"])
    assert "load balancer lb2: /run/nowhere.sock" in played.messages


def test_a_node_that_fails_in_the_switch_keeps_no_other_waiting(pair: dict[str, Node], tmp_path: Path) -> None:
    run(tmp_path / "a", pair, "hold")
    played = run(tmp_path / "b", pair, "switch", changes={"lb2": {"lb_socket": "/run/nowhere.sock"}})
    assert played.rc != 0
    assert reached(played) == {"lb1"}
    assert serves(pair["lb1"]) == {"idc-app1", "idc-app2"}
    assert "load balancer lb2" in played.messages
    assert holds(pair["lb2"])
    assert run(tmp_path / "c", pair, "switch").rc == 0
    assert serves(pair["lb2"]) == {"idc-app1", "idc-app2"}


def test_an_unreachable_node_is_refused_unless_declared(pair: dict[str, Node], tmp_path: Path) -> None:
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
    played = run(tmp_path / "a", pair, "precheck", changes={"lb2": away})
    assert played.rc != 0
    assert reached(played) == set()
    assert "load balancer lb2 cannot be reached" in played.messages
    assert "lb_absent_ok" in played.messages
    declared = {"lb_absent_ok": {"lb2": "powered off since Monday"}}
    played = run(tmp_path / "b", pair, "precheck", "switch", changes={"lb1": declared, "lb2": away | declared})
    assert played.rc == 0, played.messages
    skipped = [r for r in played.results if r["host"] == "lb2" and "SWITCH-02" in r["task"]]
    assert {r["event"] for r in skipped} == {"runner_on_skipped"}
    assert "powered off since Monday" in " ".join(played.stdout.split())
    assert serves(pair["lb1"]) == {"idc-app1", "idc-app2"}


def test_a_declared_node_without_a_reason_is_refused(pair: dict[str, Node], tmp_path: Path) -> None:
    played = run(tmp_path / "a", pair, "precheck", changes={"lb2": {"lb_absent_ok": {"lb2": ""}}})
    assert played.rc != 0
    assert "without a reason" in played.messages
