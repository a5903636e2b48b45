"""What runs on the hosts: old Pythons can read it, a secret stays there, and a file is put back whole or not at all."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from failback import remote
from failback.baseline import agent, agent_write
from failback.environment import mark_agent, pool_agent
from failback.errors import FailbackError


@pytest.mark.parametrize("module", [agent, agent_write, mark_agent, pool_agent], ids=lambda module: module.__name__)
def test_python_38_can_read_it(module: Any) -> None:
    ast.parse(Path(module.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))


def send(modules: tuple[str, ...], request: dict[str, Any]) -> dict[str, Any]:
    program = remote.program(modules, request)
    done = subprocess.run(remote.argv(""), input=program, capture_output=True, text=True, check=False, timeout=30)
    return remote.report(done.returncode, done.stdout, done.stderr, "here")


def test_a_secret_file_leaves_the_host_as_a_digest(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("open sesame")
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    files = [{"path": str(tmp_path / name), "secret": name == "s"} for name in ("s", "b", "gone")]
    report = send(("failback.baseline.agent",), {"parts": ["files"], "files": files, "privilege": []})
    secret, binary, gone = report["files"].values()
    assert secret["sha256"] == hashlib.sha256(b"open sesame").hexdigest()
    assert "open sesame" not in json.dumps(report)
    assert base64.b64decode(binary["binary"]) == b"\xff\xfe"
    assert gone == {"exists": False}


def test_resources_are_measured_and_shares_are_shares() -> None:
    seen = agent.resources({"sample": 0.05, "disks": ["/", "/nowhere"]})
    assert 0 <= seen["cpu_busy"] <= 1
    assert all(0 <= busy <= 1 for busy in seen["disk_busy"].values())
    assert 0 < seen["memory"]["available"] <= seen["memory"]["total"]
    assert "error" in seen["disks"]["/nowhere"]


def put(path: Path, **more: str) -> dict[str, Any]:
    act = {"kind": "file", "what": str(path), "path": str(path), **more}
    return send(("failback.baseline.agent_write",), {"acts": [act], "privilege": []})


def test_a_file_is_replaced_in_one_step_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("long former content")
    report = put(path, content=base64.b64encode(b"short").decode(), mode="0640")
    assert report["refused"] == []
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("short", 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_a_file_in_a_folder_that_is_not_there_is_refused_with_the_command(tmp_path: Path) -> None:
    report = put(tmp_path / "no" / "f", content="YQ==", mode="0644")
    assert report["done"] == []
    assert report["refused"][0]["command"].startswith("echo YQ== | base64 -d | sudo tee ")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("a")
    (tmp_path / "link").symlink_to("real")
    put(tmp_path / "link", content=base64.b64encode(b"b").decode())
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "b"


def test_marks_outlive_the_program_and_a_broken_file_is_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert mark_agent.serve({"container": "a", "mark": {"run": "r"}})["mark"]["run"] == "r"
    assert mark_agent.serve({"container": "a"})["mark"]["run"] == "r"
    assert mark_agent.serve({"container": "b"})["mark"] == {}
    (tmp_path / "rollback-runner" / "restarted.json").write_text("[]")
    assert mark_agent.serve({"container": "a"})["mark"] == {}


@pytest.mark.parametrize(
    ("rc", "told"), [(124, "took too long"), (1, "ended with 1 and said: oops"), (0, "ended with 0")]
)
def test_a_reader_that_did_not_report_is_named(rc: int, told: str) -> None:
    with pytest.raises(FailbackError, match=told):
        remote.report(rc, "motd of the host\n", "oops" if rc == 1 else "", "app1")
