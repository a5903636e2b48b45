"""What goes on beside a run: told at the right moment, once, and never in the way of the run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import planned
import pytest
from failback import incident as incidents
from failback import journal

from rollback_runner import companions
from rollback_runner.errors import RecordError
from rollback_runner.record import making, store
from rollback_runner.record.acts import OPENING
from rollback_runner.record.seen import TaskSeen
from rollback_runner.run.aside import Aside
from rollback_runner.run.options import Options
from rollback_runner.telling import announce

if TYPE_CHECKING:
    from pathlib import Path

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture(name="told")
def _told(monkeypatch: pytest.MonkeyPatch) -> Told:
    told: Told = []

    def put(*words: Any, **facts: Any) -> tuple[str, ...]:
        told.append((words[-1], facts))
        return ("a message",)

    monkeypatch.setattr(announce, "announce", put)
    return told


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> store.Run:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    made = store.Run(tmp_path / "runs" / "one")
    journal.append(made.journal, "begin", phase="emergency")
    return made


@pytest.fixture(name="aside")
def _aside(tmp_path: Path) -> Aside:
    return Aside.of(
        planned.site(), tmp_path, Options(incident=str(incidents.begin(tmp_path, "shop"))), lambda _line: None
    )


def result(name: str, *ids: str, outcome: str = "ok") -> TaskSeen:
    return TaskSeen("result", "t", "p", f"{', '.join(ids)} | {name}", ids, host="shop-db", outcome=outcome)  # type: ignore[arg-type]


def test_the_promotion_is_told_once_and_only_when_the_record_has_it(aside: Aside, run: store.Run, told: Told) -> None:
    act = {
        "act": f"{OPENING} (x)",
        "host": "shop-db",
        "task": "SWITCH-01 | Open IDC for writes",
        "plugin": "mysql_promote",
    }
    aside.saw(run, result("Check that every invariant holds", "SWITCH-01"))
    journal.append(run.journal, "intent", **act)
    aside.saw(run, result("Open IDC for writes", "SWITCH-01"))
    assert told == []
    journal.append(run.journal, "outcome", ok=True, **act)
    for _ in range(2):
        aside.saw(run, result("Open IDC for writes", "SWITCH-01", outcome="changed"))
    assert told == [("act", {"act": "promoted"})]


@pytest.mark.parametrize("outcome", ["failed", "refused", "unreachable"])
def test_trouble_is_told_at_once(aside: Aside, run: store.Run, told: Told, outcome: str) -> None:
    aside.saw(run, result("Restart the container", "IDC-02", outcome=outcome))
    assert told == [("problem", {"item": "IDC-02", "host": "shop-db", "status": outcome})]


def test_a_task_of_no_item_and_a_rehearsal_tell_nothing(tmp_path: Path, run: store.Run, told: Told) -> None:
    incident = str(incidents.begin(tmp_path, "shop"))
    silent = Aside.of(planned.site(), tmp_path, Options(incident=incident, check=True), lambda _line: None)
    silent.saw(run, result("Restart", "IDC-02", outcome="failed"))
    silent.keep_alive()
    silent.retell()
    assert told == []
    assert companions.states(silent.incident) == [] if silent.incident else True
    heard = replace(silent, incident=None)
    heard.saw(run, result("Restart", "IDC-02", outcome="failed"))
    assert told == []


def test_a_companion_that_cannot_start_is_said_once(aside: Aside, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    aside.say = said.append

    def broken(name: str, *_rest: object) -> companions.Companion:
        return companions.Companion(name, "failed", problem=f"{name} could not be started")

    monkeypatch.setattr(companions, "ensure", broken)
    aside.keep_alive()
    aside.keep_alive()
    assert said == ["sampler could not be started", "messenger could not be started"]


def test_a_report_that_cannot_be_made_stops_nothing(aside: Aside, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    aside.say = said.append

    def full(*_words: object) -> None:
        raise RecordError("no room", next_step="df -h")

    monkeypatch.setattr(making, "make", full)
    aside.retell()
    assert len(said) == 1
    assert "no room" in said[0]
