from __future__ import annotations

import json
from typing import Any

import pytest
from failback.container import Container, ContainerError, act_argv, decide, parse_inspect


def inspected(status: str = "running", **state: Any) -> str:
    data = {
        "Id": "b1d5a4932835" + "0" * 52,
        "Image": "sha256:abc",
        "RestartCount": 0,
        "State": {"Status": status, "ExitCode": 0, "OOMKilled": False, "StartedAt": "2026-01-01T00:00:00Z", **state},
        "HostConfig": {"RestartPolicy": {"Name": "no"}},
    }
    return json.dumps([data])


def a_container(status: str = "running", **state: Any) -> Container:
    return parse_inspect("db", 0, inspected(status, **state), "")


def test_a_server_that_answers_is_never_touched() -> None:
    unhealthy = a_container(Health={"Status": "unhealthy"})
    assert not decide(unhealthy, answers=True).changed


@pytest.mark.parametrize(
    ("status", "act"), [("exited", "start"), ("created", "start"), ("paused", "unpause"), ("restarting", "none")]
)
def test_what_does_not_run_is_started(status: str, act: str) -> None:
    assert decide(a_container(status), answers=False).act == act


def test_says_why_it_had_stopped() -> None:
    assert "137" in decide(a_container("exited", ExitCode=137), answers=False).why
    assert "memory" in decide(a_container("exited", OOMKilled=True), answers=False).why


def test_restarts_a_running_server_that_does_not_answer() -> None:
    decision = decide(a_container(), answers=False, why_not="timed out")
    assert decision.act == "restart"
    assert "timed out" in decision.why


def test_waits_for_one_that_is_still_starting() -> None:
    assert not decide(a_container(Health={"Status": "starting"}), answers=False).changed


def test_does_not_play_with_a_dead_one() -> None:
    with pytest.raises(ContainerError, match="by hand"):
        decide(a_container("dead"), answers=False)


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("Error response from daemon: No such container: db", "there is no container"),
        ("permission denied", "permission"),
    ],
)
def test_says_what_docker_said(stderr: str, told: str) -> None:
    with pytest.raises(ContainerError, match=told):
        parse_inspect("db", 1, "[]", stderr)


def test_an_answer_that_is_none() -> None:
    with pytest.raises(ContainerError, match="cannot be read"):
        parse_inspect("db", 0, "[{}]", "")


def test_a_restart_gives_the_server_time() -> None:
    assert act_argv("restart", "db", 60) == ["docker", "container", "restart", "-t", "60", "db"]
    assert act_argv("start", "db", 60) == ["docker", "container", "start", "db"]


def test_facts_tell_the_image_that_really_runs() -> None:
    assert a_container().facts["image"] == "sha256:abc"
