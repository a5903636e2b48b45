"""The application's configuration is written and read under the lock's guard, with a record of both acts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from failback import lock
from run_tasks import Played, local_host, play

if TYPE_CHECKING:
    from pathlib import Path


def configure(work: Path, *, reload: bool = True, check: bool = False, **more: Any) -> Played:
    (work / "app.json.j2").write_text('{"host": "{{ database_address }}"}\n')
    args = {
        "template": str(work / "app.json.j2"),
        "path": str(work / "app.json"),
        "reload_command": ["touch", str(work / "reloaded")],
        "reload": reload,
        **more,
    }
    hosts = {"app1": local_host(database_address="192.0.2.11")}
    return play(work / "play", [{"name": "app", "app_config": args}], hosts, check=check)


@pytest.fixture(name="run_dir")
def _run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of the command: its record, its lock and its epoch."""
    directory = tmp_path / "run"
    directory.mkdir()
    held = lock.acquire(tmp_path / "site.lock", site="lab", run="test", reason="test")
    monkeypatch.setenv("RR_RUN_DIR", str(directory))
    monkeypatch.setenv("RR_LOCK", str(tmp_path / "site.lock"))
    monkeypatch.setenv("RR_EPOCH", str(held.epoch))
    return directory


def acts(run_dir: Path) -> list[tuple[str, str]]:
    lines = (run_dir / "journal.jsonl").read_text().splitlines() if (run_dir / "journal.jsonl").exists() else []
    return [(entry["kind"], entry["act"]) for entry in map(json.loads, lines) if "act" in entry]


def test_writes_reloads_records_and_does_nothing_the_second_time(tmp_path: Path, run_dir: Path) -> None:
    done = configure(tmp_path)
    assert done.rc == 0, done.stdout
    assert done.of()["changed"]
    assert json.loads((tmp_path / "app.json").read_text()) == {"host": "192.0.2.11"}
    assert (tmp_path / "reloaded").exists()
    write, reload = "write the application's configuration", "tell the application to read its configuration again"
    assert acts(run_dir) == [("intent", write), ("outcome", write), ("intent", reload), ("outcome", reload)]
    again = configure(tmp_path, reload=False)
    assert not again.of()["changed"]
    assert len(acts(run_dir)) == 4
    # Killed between the two: the file is right, the application does not use it yet.
    (tmp_path / "reloaded").unlink()
    assert configure(tmp_path, reload=True).of()["changed"]
    assert (tmp_path / "reloaded").exists()


def test_a_rehearsal_shows_the_difference_and_touches_nothing(tmp_path: Path, run_dir: Path) -> None:
    rehearsed = configure(tmp_path, check=True)
    assert rehearsed.of()["changed"]
    assert "192.0.2.11" in json.dumps(rehearsed.of()["diff"])
    assert not (tmp_path / "app.json").exists()
    assert not (tmp_path / "reloaded").exists()
    assert acts(run_dir) == []


def test_a_runner_whose_lock_was_taken_writes_nothing(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RR_EPOCH", "999")
    stale = configure(tmp_path)
    assert stale.of()["refused"]
    assert "will not write the application's configuration" in stale.messages
    assert not (tmp_path / "app.json").exists()
    assert acts(run_dir) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"reload_command": ["false"]}, "was not told to read its configuration again: exit code 1"),
        ({"path": "/proc/no/such/place"}, "cannot be written from"),
        ({"template": "/nowhere/app.json.j2"}, "cannot be written from /nowhere/app.json.j2"),
    ],
)
def test_what_goes_wrong_is_one_sentence(tmp_path: Path, more: dict[str, Any], told: str) -> None:
    failed = configure(tmp_path, **more)
    assert failed.rc != 0
    assert told in failed.messages
    assert "Traceback" not in failed.messages
