"""The load balancer plugins against a real HAProxy."""

from __future__ import annotations

import stat
import threading
import time
from typing import TYPE_CHECKING, Any

from daemons import wait_until
from lb_site import CONFIG, Clients, InFlight
from run_tasks import Played, play

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lb_site import App, Node


def run(node: Node, work: Path, *tasks: dict[str, Any], check: bool = False) -> Played:
    named = [{"name": f"{number} {next(iter(task))}", **task} for number, task in enumerate(tasks)]
    return play(work, named, {"lb1": node.variables()}, check=check)


def test_eight_keep_alive_clients_are_held_through_a_switch_and_none_fails(node: Node, tmp_path: Path) -> None:
    with Clients(node.port) as clients:
        played = run(
            node,
            tmp_path / "play",
            {"haproxy_hold": node.arguments(state="held", side="idc")},
            {"ansible.builtin.pause": {"seconds": 1}},
            {"haproxy_servers": node.arguments(side="idc", release=True)},
            {"haproxy_config": node.file_arguments(side="idc")},
            {"haproxy_agree": node.arguments(side="idc", window=0.5, released=True)},
        )
        assert played.rc == 0, played.messages
        served = len(clients.answers)
        wait_until(lambda: len(clients.answers) > served + 8, lambda: f"nobody is served: {clients.failures[-3:]}")
    assert clients.failures == []
    assert clients.longest > 1.0, "nobody was held"
    hold = played.of("haproxy_hold")
    assert hold["evidence"]["in_flight_after"] == 0
    assert hold["evidence"]["drained"]
    assert hold["after"]["held"]
    switch = played.of("haproxy_servers")
    assert switch["before"]["serving"] == "aws"
    assert switch["after"] == {
        "states": {"aws-app1": "maint", "idc-app1": "ready", "idc-app2": "ready"},
        "serving": "idc",
        "held": False,
    }
    # Between the hold's end of draining and the release nobody is served; afterwards only IDC serves.
    last_aws = max(begun + seconds for begun, seconds, name in clients.answers if name == "aws-app1")
    first_idc = min(begun + seconds for begun, seconds, name in clients.answers if name != "aws-app1")
    assert first_idc - last_aws > 1.0
    share = played.of("haproxy_agree")["evidence"]["share"]
    assert share["idc"] > 0
    assert share["aws"] == 0


def test_drain_waits_for_a_slow_request(node: Node, apps: dict[str, App], tmp_path: Path) -> None:
    def end_once_held() -> None:
        wait_until(lambda: "value=<0>" not in node.ask("get var proc.rr_hold"), lambda: "nobody was held")
        time.sleep(1)
        request.end()

    with InFlight(node, apps["aws-app1"]) as request:
        threading.Thread(target=end_once_held).start()
        played = run(node, tmp_path / "play", {"haproxy_hold": node.arguments(state="held", drain_timeout=30)})
    evidence = played.of()["evidence"]
    assert request.answers == ["aws-app1"]
    assert evidence["drain"]["first"] == 1
    assert evidence["in_flight_after"] == 0


def test_drain_ends_at_its_deadline_and_says_so(node: Node, apps: dict[str, App], tmp_path: Path) -> None:
    with InFlight(node, apps["aws-app1"]) as request:
        played = run(node, tmp_path / "play", {"haproxy_hold": node.arguments(state="held", drain_timeout=0.4)})
    evidence = played.of()["evidence"]
    assert played.rc == 0
    assert not evidence["drained"]
    assert evidence["in_flight_after"] == 1
    assert request.answers == ["aws-app1"]


def test_second_run_is_unchanged(node: Node, tmp_path: Path) -> None:
    tasks: tuple[dict[str, Any], ...] = (
        {"haproxy_servers": node.arguments(side="idc", release=True)},
        {"haproxy_config": node.file_arguments(side="idc")},
    )
    first = run(node, tmp_path / "first", *tasks)
    pid = node.pid
    second = run(node, tmp_path / "second", *tasks)
    assert [r["changed"] for r in first.results] == [True, True], first.messages
    assert [r["changed"] for r in second.results] == [False, False]
    assert [r["after"] for r in second.results] == [r["after"] for r in first.results]
    assert node.pid == pid


def test_check_mode_predicts_and_touches_nothing(node: Node, tmp_path: Path) -> None:
    tasks: tuple[dict[str, Any], ...] = (
        {"haproxy_hold": node.arguments(state="held")},
        {"haproxy_servers": node.arguments(side="idc", release=True)},
        {"haproxy_config": node.file_arguments(side="idc")},
    )
    states, files = node.states(), sorted(path.name for path in node.directory.iterdir())
    rehearsed = run(node, tmp_path / "check", *tasks, check=True)
    assert [r["changed"] for r in rehearsed.results] == [True, True, True], rehearsed.messages
    assert node.states() == states
    assert "value=<0>" in node.ask("get var proc.rr_hold")
    assert node.config.read_text(encoding="utf-8") == node.original
    assert sorted(path.name for path in node.directory.iterdir()) == files
    diff = rehearsed.of("haproxy_config")["diff"]
    assert "-    server aws-app1" in diff["prepared"]
    real = run(node, tmp_path / "real", *tasks)
    assert real.of("haproxy_config")["after"] == rehearsed.of("haproxy_config")["after"]
    assert real.of("haproxy_hold")["after"]["held"] is rehearsed.of("haproxy_hold")["after"]["held"] is True
    assert real.of("haproxy_servers")["after"] == rehearsed.of("haproxy_servers")["after"]


def test_only_the_server_lines_change_and_a_reload_keeps_the_result(node: Node, tmp_path: Path) -> None:
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    played = run(node, tmp_path / "b", {"haproxy_config": node.file_arguments(side="idc")})
    assert played.rc == 0, played.messages
    old, new = node.original.splitlines(), node.config.read_text(encoding="utf-8").splitlines()
    assert len(old) == len(new)
    changed = [line for line, before in zip(new, old, strict=True) if line != before]
    assert [line.split()[1] for line in changed] == ["aws-app1", "idc-app1", "idc-app2"]
    assert changed[0].endswith("inter 500ms disabled   # the cloud")
    assert changed[1].endswith('inter 500ms   # rack 4, "disabled" since the cut-over')
    assert changed[2].startswith("\tserver")
    assert stat.S_IMODE(node.config.stat().st_mode) == 0o640
    assert (node.directory / "haproxy.cfg.before-manual").read_text(encoding="utf-8") == node.original
    assert {node.get() for _ in range(4)} == {"idc-app1", "idc-app2"}


def test_nobody_is_held_where_the_wanted_side_serves_already(node: Node, tmp_path: Path) -> None:
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    played = run(node, tmp_path / "b", {"haproxy_hold": node.arguments(state="held", side="idc")})
    assert played.rc == 0, played.messages
    assert not played.of()["changed"]
    assert "value=<0>" in node.ask("get var proc.rr_hold")


def test_bytes_of_another_encoding_go_through_unharmed(node: Node, tmp_path: Path) -> None:
    node.config.write_bytes(node.original.encode() + b"# caf\xe9\n")
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    played = run(node, tmp_path / "b", {"haproxy_config": node.file_arguments(side="idc")})
    assert played.rc == 0, played.messages
    assert node.config.read_bytes().endswith(b"# caf\xe9\n")


def test_killed_in_the_middle_of_a_switch_is_finished_by_the_next_run(node: Node, tmp_path: Path) -> None:
    run(node, tmp_path / "a", {"haproxy_hold": node.arguments(state="held")})
    node.ask("set server shop/aws-app1 state maint")  # as far as the first act of the switch, then nothing
    played = run(node, tmp_path / "b", {"haproxy_servers": node.arguments(side="idc", release=True)})
    assert played.rc == 0, played.messages
    assert played.of()["before"]["serving"] == "none"
    assert played.of()["after"]["serving"] == "idc"
    assert {node.get() for _ in range(4)} == {"idc-app1", "idc-app2"}


def test_an_invalid_result_is_not_put_in_place(node: Node, tmp_path: Path) -> None:
    broken = node.original.replace("retries 2", "retires 2")
    node.config.write_text(broken, encoding="utf-8")
    pid = node.pid
    played = run(node, tmp_path / "play", {"haproxy_config": node.file_arguments(side="idc")})
    assert played.rc != 0
    assert "not valid" in played.messages
    assert "retires" in played.messages
    assert node.config.read_text(encoding="utf-8") == broken
    assert not (node.directory / "haproxy.cfg.candidate").exists()
    assert node.pid == pid


def test_a_validation_that_cannot_run_says_so_and_keeps_the_file(node: Node, tmp_path: Path) -> None:
    arguments = node.file_arguments(side="idc") | {"validate_command": ["no-haproxy", "-c", "-f", str(node.config)]}
    played = run(node, tmp_path / "play", {"haproxy_config": arguments})
    assert played.rc != 0
    assert "could not be validated, so the old one stays: `no-haproxy -c -f " in played.messages
    assert "no-haproxy is not on the PATH of this login (" in played.messages
    assert node.config.read_text(encoding="utf-8") == node.original


def test_a_command_that_cannot_run_is_refused_before_anything_else(node: Node, tmp_path: Path) -> None:
    look = node.file_arguments(side="any")
    assert run(node, tmp_path / "a", {"haproxy_agree": look}).rc == 0
    for name in ("validate_command", "reload_command"):
        wrong = look | {name: ["no-haproxy", str(node.config)]}
        refused = run(node, tmp_path / name, {"haproxy_agree": wrong}, check=True)
        assert refused.of()["refused"], name
        assert "`no-haproxy " in refused.messages


def test_an_unknown_backend_is_told_with_those_there_are(node: Node, tmp_path: Path) -> None:
    played = run(node, tmp_path / "play", {"haproxy_agree": node.arguments(side="any", backend="stall")})
    assert played.rc != 0
    assert "HAProxy has no backend stall; it has " in played.messages
    assert "shop" in played.messages
    assert ": correct lb_backend" in played.messages


def test_killed_between_write_and_reload_is_finished_by_the_next_run(node: Node, tmp_path: Path) -> None:
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    time.sleep(1.1)  # start times are whole seconds
    arguments = node.file_arguments(side="idc", timeout=1.5)
    cut = run(node, tmp_path / "b", {"haproxy_config": {**arguments, "reload_command": ["sleep", "9"]}})
    assert cut.rc != 0
    pid = node.pid
    played = run(node, tmp_path / "c", {"haproxy_config": arguments})
    assert played.rc == 0, played.messages
    assert played.of()["changed"]
    assert not played.of()["before"]["loaded"]
    assert node.pid != pid


def test_a_write_that_was_cut_short_is_finished_from_its_candidate(node: Node, tmp_path: Path) -> None:
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    run(node, tmp_path / "b", {"haproxy_config": node.file_arguments(side="idc")})
    whole = node.config.read_text(encoding="utf-8")
    (node.directory / "haproxy.cfg.candidate").write_text(whole, encoding="utf-8")
    node.config.write_text(whole[:300], encoding="utf-8")
    played = run(node, tmp_path / "c", {"haproxy_config": node.file_arguments(side="idc")})
    assert played.rc == 0, played.messages
    assert played.of()["evidence"]["interrupted_write"]
    assert node.config.read_text(encoding="utf-8") == whole


def test_a_reload_that_reverts_the_states_is_put_right_at_once_and_reported(
    new_node: Callable[..., Node], tmp_path: Path
) -> None:
    node = new_node()
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    # The process loads another file than the one the site names: what the site believes is not so.
    elsewhere = node.directory / "other.cfg"
    elsewhere.write_text(node.original, encoding="utf-8")
    arguments = node.file_arguments(side="idc") | {"path": str(elsewhere)}
    arguments["validate_command"] = ["true", str(elsewhere)]
    played = run(node, tmp_path / "b", {"haproxy_config": arguments})
    assert played.rc != 0
    assert "does not keep the result" in played.messages
    assert {node.get() for _ in range(4)} == {"idc-app1", "idc-app2"}


def test_server_states_loaded_from_a_file_are_refused_until_the_site_names_it(
    new_node: Callable[..., Node], tmp_path: Path
) -> None:
    text = CONFIG.read_text(encoding="utf-8")
    saved = tmp_path / "states"
    text = text.replace("    hard-stop-after", f"    server-state-file {saved}\n    hard-stop-after")
    node = new_node(config=text.replace("    retries 2", "    retries 2\n    load-server-state-from-file global"))
    run(node, tmp_path / "a", {"haproxy_servers": node.arguments(side="idc")})
    refused = run(node, tmp_path / "b", {"haproxy_config": node.file_arguments(side="idc")})
    assert refused.of()["refused"]
    assert "lb_state_file" in refused.messages
    played = run(node, tmp_path / "c", {"haproxy_config": node.file_arguments(side="idc", state_file=str(saved))})
    assert played.rc == 0, played.messages
    assert {node.get() for _ in range(4)} == {"idc-app1", "idc-app2"}


def test_unknown_server_or_socket_is_said_in_one_sentence(node: Node, tmp_path: Path) -> None:
    missing = node.arguments(side="idc", servers_idc=["idc-app9"])
    played = run(node, tmp_path / "a", {"haproxy_servers": missing})
    assert played.of()["refused"]
    assert "backend shop has no server idc-app9" in played.messages
    assert node.get() == "aws-app1"
    away = node.arguments(side="idc") | {"socket": "/run/nowhere.sock"}
    played = run(node, tmp_path / "b", {"haproxy_servers": away})
    assert "/run/nowhere.sock: No such file or directory" in played.messages


def test_a_node_without_the_hold_is_refused(new_node: Callable[..., Node], tmp_path: Path) -> None:
    text = CONFIG.read_text(encoding="utf-8")
    node = new_node(config="\n".join(line for line in text.splitlines() if "rr_hold" not in line) + "\n")
    played = run(node, tmp_path / "a", {"haproxy_hold": node.arguments(state="held")})
    assert played.of()["refused"]
    assert "proc.rr_hold" in played.messages


def test_a_timeout_that_would_cut_a_held_request_is_refused_at_the_gate(node: Node, tmp_path: Path) -> None:
    look = node.arguments(side="any", path=str(node.config))
    assert run(node, tmp_path / "a", {"haproxy_agree": look | {"hold_limit": 30}}).rc == 0
    refused = run(node, tmp_path / "b", {"haproxy_agree": look | {"hold_limit": 60}})
    assert refused.of()["refused"]
    assert "timeout client of frontend www is 60 s" in refused.messages
    assert "not longer than lb_hold_limit (60 s)" in refused.messages


def test_a_hold_ends_by_itself_and_a_waiting_request_gets_the_maintenance_answer(node: Node, tmp_path: Path) -> None:
    run(node, tmp_path / "a", {"haproxy_hold": node.arguments(state="held", limit=1, expiry=3)})
    assert node.get() in {"status 503", "aws-app1"}
    wait_until(lambda: node.get() == "aws-app1", lambda: "the hold did not end by itself")
