"""What of a person's shell reaches a play: what it needs, and nothing that steers it."""

from __future__ import annotations

import pytest

from rollback_runner.run import ansible_run

OURS = {"RR_HOME": "/home/ops/rr", "ANSIBLE_CONFIG": "/opt/rr/ansible.cfg"}


@pytest.mark.parametrize(
    "name", ["RR_BREAK_GLASS", "RR_REHEARSAL", "RR_INCIDENT", "ANSIBLE_ROLES_PATH", "ANSIBLE_ACTION_PLUGINS", "AWS_KEY"]
)
def test_what_would_steer_the_play_is_left_out(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "from the shell")
    assert not ansible_run._known(name, "from the shell", OURS)


@pytest.mark.parametrize("name", ["PATH", "SSH_AUTH_SOCK", "ANSIBLE_VAULT_PASSWORD_FILE"])
def test_what_the_play_needs_is_passed_on(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "from the shell")
    assert ansible_run._known(name, "from the shell", OURS)


def test_what_we_and_the_runner_set_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_HOME", "/home/ops/rr")
    monkeypatch.delenv("ANSIBLE_CALLBACK_PLUGINS", raising=False)
    assert ansible_run._known("RR_HOME", "/home/ops/rr", OURS)
    assert ansible_run._known("ANSIBLE_CALLBACK_PLUGINS", "set by the runner", OURS)


@pytest.mark.parametrize("name", ["ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_STDOUT_CALLBACK"])
def test_a_run_within_a_run_is_heard(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "of the run around it")
    assert ansible_run._known(name, "of the run around it", OURS)
