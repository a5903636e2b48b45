"""The base of the plugins: record, epoch guard, check mode, results."""

from __future__ import annotations

import gc
import json
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import MagicMock

import pytest
from failback import journal, lock
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError, MySQLError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path


class Thing(FailbackAction):
    """Sets a thing, or fails as it is told."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "value": {"type": "int", "required": True},
        "error": {"type": "str", "default": ""},
    }
    world: ClassVar[dict[str, int]] = {"thing": 0}

    def perform(self, args: Arguments) -> Outcome:
        before = self.world["thing"]
        if args.text("error") == "refuse":
            raise RefusedError("no", {"seen": {1, 2}})
        if args.text("error") == "break":
            raise MySQLError("broken", 1290)
        wanted = args.count("value")
        if wanted != before and not self.check_mode:
            with self.act("set the thing", value=wanted) as outcome:
                if args.text("error") == "break in the act":
                    raise FailbackError("broken in the act")
                self.world["thing"] = wanted
                outcome["set"] = True
        return Outcome(wanted != before, before, wanted if self.check_mode else self.world["thing"])


def run(values: dict[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    task = MagicMock()
    task.args, task.check_mode, task.diff, task.async_val, task.action = values, check, diff, False, "thing"
    task.get_name.return_value, task.delegate_to = "AWS-00 | Set the thing", None
    action = Thing(
        task=task,
        connection=MagicMock(),
        play_context=SimpleNamespace(remote_addr="here"),
        loader=MagicMock(),
        templar=MagicMock(),
        shared_loader_obj=MagicMock(),
    )
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "shop-db"})
    return result


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    Thing.world["thing"] = 0
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path_factory.mktemp("run")))
    for name in ("RR_EPOCH", "RR_LOCK"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_acts_where_nobody_keeps_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RR_RUN_DIR")
    result = run({"value": 3})
    assert (result["failed"], result["refused"], Thing.world["thing"]) == (True, True, 0)
    assert "nobody keeps the record of this run" in result["msg"]
    assert "RR_RECORD=1" in result["msg"]
    assert run({"value": 0})["changed"] is False  # a look is nobody's business
    assert run({"value": 3}, check=True)["changed"]


def test_acts_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path))
    result = run({"value": 3}, diff=True)
    assert (result["changed"], result["before"], result["after"], result["evidence"]) == (True, 0, 3, {})
    assert result["diff"] == {"before": "0\n", "after": "3\n"}
    assert not run({"value": 3})["changed"]
    intent, outcome = journal.read(tmp_path / "journal.jsonl")
    assert (intent["kind"], intent["act"], intent["host"], intent["value"]) == ("intent", "set the thing", "shop-db", 3)
    assert (outcome["kind"], outcome["ok"], outcome["set"]) == ("outcome", True, True)
    assert journal.verify(tmp_path / "journal.jsonl") == []


def test_a_rehearsal_predicts_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path))
    result = run({"value": 3}, check=True)
    assert (result["changed"], result["after"], Thing.world["thing"]) == (True, 3, 0)
    assert not (tmp_path / "journal.jsonl").exists()


def test_a_refusal_is_told_from_a_breakage() -> None:
    refused = run({"value": 1, "error": "refuse"})
    assert (refused["failed"], refused["refused"], refused["msg"]) == (True, True, "no")
    assert refused["evidence"] == {"seen": [1, 2]}
    broken = run({"value": 1, "error": "break"})
    assert (broken["failed"], broken["refused"]) == (True, False)
    assert {"changed", "before", "after", "evidence"} <= broken.keys()
    json.dumps(broken)


def test_an_act_that_breaks_is_on_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path))
    assert run({"value": 1, "error": "break in the act"})["failed"]
    outcome = journal.read(tmp_path / "journal.jsonl")[-1]
    assert (outcome["ok"], outcome["error"]) == (False, "broken in the act")


def test_a_stale_runner_does_not_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    mine = lock.acquire(path, site="shop", reason="test", run="r1")
    monkeypatch.setenv("RR_LOCK", str(path))
    monkeypatch.setenv("RR_EPOCH", str(mine.epoch))
    assert run({"value": 1})["changed"]
    lock.acquire(path, site="shop", reason="test", run="r2", takeover="the first one hangs")
    result = run({"value": 2})
    assert result["refused"]
    assert "must not act any more" in result["msg"]
    assert Thing.world["thing"] == 1


def test_half_an_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_EPOCH", "1")
    assert run({"value": 1})["refused"]


def test_a_record_that_cannot_be_written_stops_the_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path / "gone"))
    result = run({"value": 1})
    assert "could not be put on record" in result["msg"]
    assert Thing.world["thing"] == 0


def test_a_worker_does_not_look_through_what_it_inherited() -> None:
    before = gc.get_freeze_count()  # 0, but for the objects that Python 3.12 itself keeps for ever
    child = os.fork()
    if child == 0:
        os._exit(0 if gc.get_freeze_count() > len(gc.get_objects()) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert gc.get_freeze_count() == before, "the controller itself goes on collecting"
