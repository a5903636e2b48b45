"""The stages one after another, each as molecule runs it: what one keeps, the next finds; nothing is left."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from failback import scrub

from rollback_runner.drill import __main__ as stages
from rollback_runner.drill import drill, kept, scenarios
from rollback_runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rollback_runner.drill.scenarios import Run

LEDGER = {"lost_writes": 0, "duplicated_writes": 0, "two_writers_samples": 0, "acknowledged_writes": 9}


class Drill:
    """A drill that writes down what was asked of it."""

    def __init__(self, home: Path, scenario: str = "emergency") -> None:
        self.scenario = scenarios.find(scenario)
        self.seconds: dict[str, float] = {}
        self.asked: list[str] = []
        self.again_says: list[str] = []
        self.run_says: list[str] = []
        self.world_says: list[str] = []
        self._home = home

    def create(self) -> None:
        self.asked.append("create")

    def start_clients(self, _name: str) -> int:
        self.asked.append("clients")
        return 7

    def stop_clients(self, _name: str, process: int) -> None:
        self.asked.append(f"stop {process}")

    def faults_under_traffic(self) -> None:
        self.asked.append("faults")

    def carry_out(self, _run: Run) -> tuple[dict[str, Any], list[str]]:
        self.asked.append("run")
        return self._report("r1"), self.run_says

    def again(self) -> tuple[dict[str, Any], list[str]]:
        self.asked.append("again")
        return self._report("r2"), self.again_says

    def world(self, serving: str) -> list[str]:
        self.asked.append(f"world {serving}")
        return self.world_says

    def ledger(self, content: dict[str, Any], _name: str) -> tuple[dict[str, Any], list[str]]:
        self.asked.append(f"ledger of {content['run']}")
        return LEDGER, []

    def judged(self, content: dict[str, Any], _found: dict[str, Any], problems: list[str]) -> dict[str, Any]:
        self.asked.append(f"judged {len(problems)}")
        return content

    def to_ourselves(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _report(self, run: str) -> dict[str, Any]:
        content = {"run": run, "exit_code": 0, "outcome": "proven"}
        (self._home / "runs" / run).mkdir(parents=True, exist_ok=True)
        (self._home / "runs" / run / "report.json").write_text(json.dumps(content), encoding="utf-8")
        (self._home / "runs" / run / scrub.LIST).touch()
        return content


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_BEFORE", 0.0)
    monkeypatch.setattr(stages, "_AFTER", 0.0)


@pytest.fixture(name="going")
def _going(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drill:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    made = Drill(tmp_path)
    monkeypatch.setattr(drill, "stages", lambda _scenario, _place: made)
    return made


def stage(name: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = stages.main([name, "emergency"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


def test_all_stages_in_molecules_order(going: Drill, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage("destroy", capsys) == (0, {"problems": [], "serving": "idc", "changed": False})
    for name in ("create", "prepare"):
        assert stage(name, capsys)[0] == 0
    assert stage("converge", capsys)[1]["changed"] is True
    assert stage("converge", capsys)[1]["changed"] is False, "the second time nothing is changed"
    code, told = stage("verify", capsys)
    assert (code, told["problems"], told["run"]) == (0, [], "r1")
    assert stage("destroy", capsys)[1]["changed"] is True
    assert kept.find(tmp_path, "emergency") is None
    assert going.asked == [
        *("create", "clients", "faults", "run", "again"),
        *("stop 7", "ledger of r1", "world idc", "judged 0", "stop 7"),
    ]


def test_a_second_run_that_changes_something_is_told_as_changed(
    going: Drill, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("create", "prepare", "converge"):
        stage(name, capsys)
    going.again_says = ["r2 changed names"]
    code, told = stage("converge", capsys)
    assert (code, told["changed"], told["differences"]) == (0, True, going.again_says)


def test_a_run_that_does_not_end_as_expected_fails_converge_and_verify(
    going: Drill, capsys: pytest.CaptureFixture[str]
) -> None:
    going.run_says = ["r1 ended with exit code 1 (unproven), not 0 (proven)"]
    for name in ("create", "prepare"):
        stage(name, capsys)
    assert stage("converge", capsys)[0] == 1
    assert stage("verify", capsys)[1]["problems"] == going.run_says


def test_a_world_that_is_not_as_it_must_be_fails_verify(going: Drill, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("create", "prepare", "converge"):
        stage(name, capsys)
    going.world_says = ["names: aws, not idc"]
    code, told = stage("verify", capsys)
    assert (code, told["problems"]) == (1, ["names: aws, not idc"])
    assert "judged 1" in going.asked


@pytest.mark.usefixtures("going")
def test_what_was_never_prepared_is_said_in_one_sentence() -> None:
    with pytest.raises(UsageError, match="No drill of emergency goes on"):
        stages.main(["converge", "emergency"])


@pytest.mark.parametrize("words", [[], ["converge"], ["converg", "emergency"], ["verify", "emergency", "now"]])
def test_a_wrong_stage_is_said_with_those_there_are(words: list[str]) -> None:
    with pytest.raises(UsageError, match="there are: create, prepare, converge, verify, destroy"):
        stages.main(words)


def test_a_drill_cut_off_by_a_kill_is_ended_by_the_next_create(
    going: Drill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.write(tmp_path, "emergency", kept.Kept("old", 41))
    stage("create", capsys)
    assert going.asked == ["stop 41", "create"]


def test_one_go_stops_at_the_first_run_that_is_not_as_expected(tmp_path: Path) -> None:
    going = Drill(tmp_path, "emergency_rds_killed")
    going.run_says = ["wrong"]
    content, problems = drill.all_runs(going)
    assert (going.asked, content["run"], problems) == (["run"], "r1", ["wrong"])
    going = Drill(tmp_path, "emergency_rds_killed")
    assert drill.all_runs(going)[1] == []
    assert going.asked == ["run", "run"]


def test_what_is_kept_and_cannot_be_read_is_no_silent_beginning(tmp_path: Path) -> None:
    kept.path(tmp_path, "emergency").parent.mkdir(parents=True)
    kept.path(tmp_path, "emergency").write_text("{", encoding="utf-8")
    with pytest.raises(RunnerError, match="cannot be read"):
        kept.find(tmp_path, "emergency")
