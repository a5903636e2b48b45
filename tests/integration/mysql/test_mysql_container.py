"""A running MySQL container is restarted only if its server is truly silent, never because the site is wrong."""

from __future__ import annotations

import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from failback.action import Completed, FailbackAction
from idc_side import run_action

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import mysql_pair


def _here(_self: FailbackAction, argv: Sequence[str], **_options: Any) -> Completed:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return Completed(done.returncode, done.stdout, done.stderr)


def started(pair: mysql_pair.Pair) -> str:
    argv = ["docker", "inspect", "--format", "{{.State.StartedAt}}", pair.idc.container]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.fixture(name="pair")
def _untouched(mysql_pair: mysql_pair.Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[mysql_pair.Pair]:
    """Docker is this machine's; whatever a test gets wrong, the container must not be started anew."""
    monkeypatch.setattr(FailbackAction, "command", _here)
    before = started(mysql_pair)
    yield mysql_pair
    assert started(mysql_pair) == before


def start(pair: mysql_pair.Pair, **wrong: object) -> dict[str, Any]:
    return run_action(
        "container", {"name": pair.idc.container, "mysql": {**pair.idc.login_dict(), **wrong}, "timeout": 3}
    )


def test_a_server_that_answers_is_left_alone(pair: mysql_pair.Pair) -> None:
    result = start(pair)
    assert (result["changed"], result["evidence"]["decision"]) == (False, "none")


def test_a_wrong_password_is_no_silence(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong\n", encoding="utf-8")
    result = start(pair, password_file=str(tmp_path / "password"))
    assert (result["changed"], result["evidence"]["decision"]) == (False, "none")


def test_a_password_file_that_is_gone_is_said(pair: mysql_pair.Pair) -> None:
    result = start(pair, password_file="/nowhere/password")
    assert result["refused"]
    assert "cannot read the password file /nowhere/password" in result["msg"]


def test_a_foreign_certificate_is_said(pair: mysql_pair.Pair) -> None:
    result = start(pair, ca_file=str(pair.rds.login_dict()["ca_file"]))
    assert result["refused"], result
    assert "ca_file does not vouch for" in result["msg"]


def test_a_wrong_address_is_no_silence_of_the_server(pair: mysql_pair.Pair) -> None:
    with socket.create_server(("127.0.0.1", 0)) as alive:

        def greet() -> None:
            peer, _ = alive.accept()
            peer.sendall(b"\x4a")
            peer.close()

        greeter = threading.Thread(target=greet)
        greeter.start()
        # Nothing is at 127.0.0.9; on the server's own host, 127.0.0.1 greets at that port.
        result = start(pair, host="127.0.0.9", port=alive.getsockname()[1])
        greeter.join(10)
    assert result["refused"], result
    assert "so it is not restarted: correct db_idc.host" in result["msg"]
