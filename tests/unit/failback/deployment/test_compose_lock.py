"""The lock on a host, on a real directory: one owner, shown to others, taken over only from who can act no more."""

from __future__ import annotations

import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from failback.deployment.compose import docker_agent, host_agent, lock_agent, locking
from failback.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path


def owner(run: str, epoch: int = 1, **more: Any) -> dict[str, Any]:
    told = {"run": run, "by": "kim", "control": "desk", "site_lock": "/locks/shop", "epoch": epoch}
    return {**told, "since": "2026-11-22T10:00:00Z", "why": "a test", **more}


def take(place: Path, run: str, epoch: int = 1, **more: Any) -> dict[str, Any]:
    return lock_agent.take({"directory": str(place), "owner": owner(run, epoch), **more})


def test_taken_shown_and_given(tmp_path: Path) -> None:
    assert lock_agent.read(str(tmp_path)) is None
    assert take(tmp_path, "a")["held"] is None
    refused = take(tmp_path, "b")
    assert (refused["refused"], refused["held"]["run"]) == ("it is held", "a")
    assert lock_agent.give({"directory": str(tmp_path), "run": "b"})["given"] is False
    assert lock_agent.give({"directory": str(tmp_path), "run": "a"})["given"] is True
    assert list(tmp_path.iterdir()) == []


def test_ours_is_ours_again_with_its_notes(tmp_path: Path) -> None:
    take(tmp_path, "a")
    lock_agent.note({"directory": str(tmp_path), "run": "a", "notes": {"taken": {"lb1": ["web1"]}}})
    again = take(tmp_path, "a")
    assert (again["taken_over"], again["notes"]) == (False, {"taken": {"lb1": ["web1"]}})
    assert "refused" in lock_agent.note({"directory": str(tmp_path), "run": "b", "notes": {}})


@pytest.mark.parametrize(
    ("held", "over"),
    [
        ({}, True),
        ({"epoch": 2}, False),
        ({"epoch": 3}, False),
        ({"control": "another"}, False),
        ({"site_lock": "/locks/other"}, False),
        ({"site_lock": ""}, False),
        ({"control": ""}, False),
    ],
)
def test_taken_over_only_from_an_older_run_of_the_same_site(tmp_path: Path, held: dict[str, Any], over: bool) -> None:  # noqa: FBT001 - a case's answer
    lock_agent.take({"directory": str(tmp_path), "owner": owner("a", **held)})
    assert ("refused" not in take(tmp_path, "b", epoch=2)) is over


def test_two_machines_of_one_name_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on(machine: str, epoch: int) -> locking.Locking:
        (tmp_path / "machine-id").write_text(machine)
        monkeypatch.setattr(locking, "_MACHINE_ID", tmp_path / "machine-id")
        monkeypatch.setattr(socket, "gethostname", lambda: "ops")
        monkeypatch.setenv("RR_LOCK", "/srv/rr/runs/locks/shop.lock")
        monkeypatch.setenv("RR_EPOCH", str(epoch))
        web = cast("Any", SimpleNamespace(name="web1"))
        ask = {"lock": lock_agent.take}
        return locking.Locking(
            lambda _host, request: ask[request["operation"]]({"directory": str(tmp_path), **request}),
            [web],
            str(tmp_path),
            f"run-{machine}-{epoch}",
        )

    on("4f" * 16, 3).take("a release goes back")
    held = lock_agent.read(str(tmp_path))
    assert held is not None
    assert held["control"].startswith("ops ")
    assert "4f4f" not in held["control"]  # systemd asks not to show it to others
    other = on("7c" * 16, 9)
    assert not other.takes(held)
    with pytest.raises(RefusedError, match="web1 is locked by"):
        other.take("another release")
    again = on("4f" * 16, 4)
    assert again.takes(held)
    assert again.take("the same machine goes on").told


@pytest.mark.parametrize("content", [None, "", "\n", "uninitialized\n"])
def test_a_machine_without_an_id_goes_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "machine-id").write_text(content)
    monkeypatch.setattr(locking, "_MACHINE_ID", tmp_path / "machine-id")
    monkeypatch.setattr(socket, "gethostname", lambda: "ops")
    assert locking.control() == "ops"


def test_broken_by_a_word_with_the_notes_kept(tmp_path: Path) -> None:
    lock_agent.take({"directory": str(tmp_path), "owner": owner("a", control="another")})
    lock_agent.note({"directory": str(tmp_path), "run": "a", "notes": {"hold": {"to": "r2"}}})
    broken = take(tmp_path, "b", **{"break": "it is dead"})
    assert (broken["taken_over"], broken["notes"]) == (True, {"hold": {"to": "r2"}})


@pytest.mark.parametrize("left", ["", "{", "[]"])
def test_a_lock_cut_short_is_held_by_who_knows(tmp_path: Path, left: str) -> None:
    (tmp_path / "lock").mkdir()
    if left:
        (tmp_path / "lock" / "owner.json").write_text(left)
    assert take(tmp_path, "b", epoch=9)["held"]["by"] == "unknown"


def test_of_many_at_once_one_gets_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: take(tmp_path, f"run-{n}"), range(8)))
    assert sum("refused" not in one for one in found) == 1


def test_the_link_is_never_away_and_a_torn_line_swallows_nothing(tmp_path: Path) -> None:
    (tmp_path / ".current.next").symlink_to("left-by-a-crash")
    host_agent._link(str(tmp_path), "r2")
    assert os.readlink(tmp_path / "current") == "releases/r2"  # noqa: PTH115 - as the agent reads it
    (tmp_path / "served.jsonl").write_text('{"id": "r1"}\n{"id": "r')
    host_agent._append(str(tmp_path), {"id": "r2"})
    assert host_agent._served(str(tmp_path)) == [{"id": "r1"}, {"id": "r2"}]
    assert [json.loads(line) for line in (tmp_path / "served.jsonl").read_text().splitlines()[2:]] == [{"id": "r2"}]


def test_an_answer_counts_only_where_the_release_itself_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def says(*containers: dict[str, Any]) -> str:
        monkeypatch.setattr(docker_agent, "running", lambda _project: list(containers))
        monkeypatch.setattr(docker_agent, "_last_words", lambda _name: "said last: nothing")
        return docker_agent.odd("shop", "/srv/shop/releases/r2/compose.yml")

    web = {"name": "shop-web-1", "service": "web", "file": "/srv/shop/releases/r2/compose.yml", "status": "running"}
    once = {**web, "service": "once", "status": "exited", "exit_code": 0}
    assert says(web, once) == ""
    assert says() == says(once) == "nothing of it runs"
    assert "is of /srv/shop/releases/r3/compose.yml" in says(web, {**web, "file": "/srv/shop/releases/r3/compose.yml"})
    assert says(web, {**once, "exit_code": 1}) == "once is exited and said last: nothing"
