"""The stop-gap service on a real HAProxy: both ways, what clients see, beside a hold, after a cut, over a reload."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import stopgap_node
from daemons import wait_until
from lb_site import Clients
from run_tasks import local_host, play
from stopgap_node import ask, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lb_site import Node
    from run_tasks import Played


@pytest.fixture(name="stopgap")
def _stopgap(new_node: Callable[..., Node], tmp_path: Path) -> Node:
    return stopgap_node.start(new_node, tmp_path)


def put(work: Path, node: Node, *modes: str, check: bool = False) -> Played:
    tasks = [{"name": mode, "haproxy_stopgap": stopgap_node.arguments(node, mode=mode)} for mode in modes]
    return play(work, tasks, {"lb1": local_host()}, check=check)


def map_of(node: Node) -> Path:
    return node.stopgap_map  # type: ignore[attr-defined,no-any-return]


def test_the_page_and_back_again(stopgap: Node, tmp_path: Path) -> None:
    before = map_of(stopgap).read_bytes()
    with Clients(stopgap.port, 4) as kept_alive:
        played = put(tmp_path / "a", stopgap, "any", "page")
        assert played.rc == 0, played.messages
        assert played.of("any")["evidence"]["mode"] == "off"
        page = ask(stopgap)
        assert (page.status, page.headers["x-stopgap"], page.headers["retry-after"]) == (503, "page", "300")
        assert "점검 중입니다" in page.body
        assert ask(stopgap, "POST").status == 503
        told = "also on connections that were open"
        wait_until(lambda: any("503" in failure for failure in kept_alive.failures), lambda: told)
        again = put(tmp_path / "b", stopgap, "page")
        assert not again.of("page")["changed"]
        off = put(tmp_path / "c", stopgap, "off")
        assert off.rc == 0, off.messages
        assert off.of("off")["changed"]
    assert stopgap.get() == "aws-app1"
    assert map_of(stopgap).read_bytes() == before
    assert running(stopgap) == "off"
    assert not put(tmp_path / "d", stopgap, "off").of("off")["changed"]


def test_reading_only(stopgap: Node, tmp_path: Path) -> None:
    assert put(tmp_path / "a", stopgap, "read-only").rc == 0
    read = ask(stopgap)
    assert (read.status, read.headers["x-stopgap"]) == (200, "read-only")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = ask(stopgap, method, "/api/orders")
        assert answer.status == 503
        assert json.loads(answer.body)["error"] == "read_only"
        assert answer.headers["retry-after"] == "300"
    browser = ask(stopgap, "POST", "/cart", Accept="text/html,application/xhtml+xml")
    assert "지금은 조회만" in browser.body
    assert put(tmp_path / "b", stopgap, "page", "off").rc == 0
    assert stopgap.get() == "aws-app1"


def test_a_rehearsal_predicts_and_touches_nothing(stopgap: Node, tmp_path: Path) -> None:
    before = map_of(stopgap).read_bytes()
    played = put(tmp_path, stopgap, "page", check=True)
    found = played.of("page")
    assert found["changed"]
    assert found["after"] == {"running": "page", "file": "page"}
    assert (map_of(stopgap).read_bytes(), running(stopgap)) == (before, "off")


def test_it_survives_a_reload(stopgap: Node, tmp_path: Path) -> None:
    put(tmp_path / "a", stopgap, "page")
    tasks = [{"name": "reload", "haproxy_config": stopgap.file_arguments(side="idc")}]
    assert play(tmp_path / "b", tasks, {"lb1": local_host()}).rc == 0
    assert ask(stopgap).headers["x-stopgap"] == "page"
    put(tmp_path / "c", stopgap, "off")
    assert ask(stopgap).status == 200


def test_nothing_is_put_up_while_requests_are_held_and_off_is_never_refused(stopgap: Node, tmp_path: Path) -> None:
    stopgap.ask(f"experimental-mode on; set var proc.rr_hold int({int(time.time()) + 60})")
    for mode in ("page", "read-only"):
        played = put(tmp_path / mode, stopgap, mode)
        assert played.rc != 0
        assert "holds requests for a run" in played.messages
        assert played.of(mode)["refused"]
    rehearsed = put(tmp_path / "check", stopgap, "page", check=True)
    assert rehearsed.of("page")["refused"], "a rehearsal predicts the refusal"
    assert running(stopgap) == "off"
    assert put(tmp_path / "off", stopgap, "off").rc == 0
    stopgap.ask("experimental-mode on; set var proc.rr_hold int(0)")


@pytest.mark.parametrize("half", ["file", "process"])
def test_a_command_that_was_killed_in_the_middle_is_seen_and_taken_back(
    stopgap: Node, tmp_path: Path, half: str
) -> None:
    before = map_of(stopgap).read_bytes()
    spare = map_of(stopgap).with_name("rr_stopgap.map.stopgap-new")
    spare.write_text("mode pa", encoding="utf-8")  # killed while it wrote
    if half == "file":
        map_of(stopgap).write_bytes(before.replace(b"mode off", b"mode page"))
    else:
        stopgap.ask(f"set map {map_of(stopgap)} mode page")
    seen = put(tmp_path / "a", stopgap, "any").of("any")
    assert seen["evidence"]["mode"] == "half"
    assert "half" in seen["findings"][0]["key"]
    assert put(tmp_path / "b", stopgap, "off").rc == 0
    assert (map_of(stopgap).read_bytes(), running(stopgap)) == (before, "off")
    assert stopgap.get() == "aws-app1"
    put(tmp_path / "c", stopgap, "page", "off")
    assert not spare.exists()


def test_a_node_without_the_lines_is_named_with_what_it_lacks(new_node: Callable[..., Node], tmp_path: Path) -> None:
    node = stopgap_node.start(new_node, tmp_path, with_lines=False)
    looked = put(tmp_path / "a", node, "any").of("any")
    assert [one["severity"] for one in looked["findings"]] == ["blocker"] * 4
    assert "has not read" in looked["findings"][0]["sentence"]
    played = put(tmp_path / "b", node, "page")
    assert played.of("page")["refused"]
    assert node.get() == "aws-app1"
    map_of(node).write_text("mode sideways\n", encoding="utf-8")
    assert "exactly one line" in put(tmp_path / "c", node, "page").messages


def trial(work: Path, node: Node) -> dict[str, Any]:
    door = {"name": "lb1", "url": f"http://127.0.0.1:{node.port}"}
    tasks = [{"name": "try", "stopgap_trial": {"doors": [door], "read_path": "/"}}]
    return play(work, tasks, {"shop": local_host()}).of("try")


def test_it_is_proven_without_anybody_noticing(stopgap: Node, tmp_path: Path) -> None:
    with Clients(stopgap.port, 4) as others:
        found = trial(tmp_path / "a", stopgap)
    assert "findings" not in found
    assert others.failures == []
    assert found["evidence"]["lb1"]["write"]["status"] == 503
    put(tmp_path / "b", stopgap, "page")
    assert ask(stopgap, X_Stopgap_Trial="read-only").headers["x-stopgap"] == "page", (
        "the trial is no way round the page"
    )
    assert trial(tmp_path / "c", stopgap)["evidence"]["lb1"]["up"] == "page"


def test_a_door_that_does_not_answer_as_promised_is_found(new_node: Callable[..., Node], tmp_path: Path) -> None:
    node = stopgap_node.start(new_node, tmp_path, with_lines=False)
    said = " ".join(one["sentence"] for one in trial(tmp_path / "a", node)["findings"])
    assert "answers 200, not 503 with X-Stopgap: page" in said
    assert "when read-only is tried" in said


def test_a_run_takes_it_off_when_idc_serves_and_an_abort_leaves_it(stopgap: Node, tmp_path: Path) -> None:
    def verbs(work: str, *names: str) -> Played:
        tasks = [{"name": n, "ansible.builtin.import_role": {"name": "lb", "tasks_from": n}} for n in names]
        return play(tmp_path / work, tasks, {"lb1": stopgap_node.variables(stopgap)}, group="load_balancers")

    put(tmp_path / "a", stopgap, "page")
    assert verbs("b", "precheck", "hold").rc == 0
    assert ask(stopgap).headers["x-stopgap"] == "page", "the page stands in front of the hold: nobody waits"
    assert verbs("c", "release").rc == 0
    assert ask(stopgap).headers["x-stopgap"] == "page"
    played = verbs("d", "hold", "switch", "persist", "verify")
    assert played.rc == 0, played.messages
    assert played.of("Take a stop-gap")["changed"]
    assert stopgap.get() in {"idc-app1", "idc-app2"}
    assert not verbs("e", "switch").of("Take a stop-gap")["changed"]
