"""Whatever is wrong beside a run is said once, and the run goes on as if nothing was; time is minded there too."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import planned
import pytest
from failback import incident as incidents
from failback import journal

from rollback_runner import companions
from rollback_runner.record import making, store
from rollback_runner.record.seen import TaskSeen
from rollback_runner.run import aside as aside_module
from rollback_runner.run.aside import Aside
from rollback_runner.run.recorder import Recorder
from rollback_runner.telling import outbox
from rollback_runner.telling.outbox import Message

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Beside:
    """An aside whose messages are only noted, and what it said."""

    aside: Aside
    incident: Path
    run: store.Run
    said: list[str]
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Beside:
    """Return it with an open incident and a run."""
    said: list[str] = []
    incident = incidents.begin(tmp_path, "shop")
    run = store.Run(tmp_path / "runs" / "one")
    run.directory.mkdir(parents=True)
    found = Beside(Aside(planned.site(), tmp_path, incident, said.append), incident, run, said)

    def announce(*given: Any, **hints: Any) -> tuple[str]:
        found.told.append((given[-1], hints))
        return ("a message",)

    monkeypatch.setattr(aside_module.announce, "announce", announce)
    return found


def _result(item: str, outcome: str = "changed") -> TaskSeen:
    return TaskSeen("result", "", name=f"{item} | Do it", ids=(item,), host="shop-db", outcome=cast("Any", outcome))


def test_a_leg_past_its_budget_is_told_once_and_not_before(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(aside_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    beside.aside.leg_began("emergency", 900.0)
    for clock[0] in (101.0, 999.9, 1000.0):
        beside.aside.mind_the_time(beside.run)
    assert beside.told == []
    for clock[0] in (1000.1, 1000.3, 4000.0):
        beside.aside.mind_the_time(beside.run)
    assert beside.told == [("over_budget", {"leg": "emergency"})]
    beside.aside.leg_began("full", 10.0)
    beside.aside.leg_ended()
    clock[0] = 9000.0
    beside.aside.mind_the_time(beside.run)
    assert len(beside.told) == 1


@pytest.mark.parametrize("silent", [True, False])
def test_the_time_is_minded_while_a_play_is_silent_and_while_it_talks(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    monkeypatch.setattr(Aside, "keep_alive", lambda _self: None)
    view = SimpleNamespace(tick=lambda: None, event=lambda _event: None, say=beside.said.append)
    given = (beside.run, beside.aside.site, (), None, 0, view, beside.aside)
    record = Recorder(*cast("Any", given))
    record.leg_began(cast("Any", SimpleNamespace(name="emergency")), -1.0)
    for _ in range(3):
        if silent:
            record.tick()
        else:
            record.take(TaskSeen("task", "", name="x"))
    assert [event for event, _hints in beside.told] == ["leg_began", "over_budget"]


def test_a_journal_that_cannot_be_read_does_not_end_the_play(beside: Beside) -> None:
    beside.run.journal.mkdir()  # no file: reading it raises
    for _ in range(2):
        beside.aside.saw(beside.run, _result("SWITCH-01"))
    assert len(beside.said) == 1
    beside.aside.saw(beside.run, _result("LB-01", "failed"))
    assert [event for event, _hints in beside.told] == ["problem"]


@pytest.mark.parametrize("fault", [KeyError("items"), OSError(28, "No space left"), journal.JournalError("torn")])
def test_a_report_that_cannot_be_made_does_not_take_the_run_s_end(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def broken(*_given: object) -> None:
        raise fault

    monkeypatch.setattr(making, "make", broken)
    beside.aside.retell()
    assert len(beside.said) == 1


def test_a_damaged_file_about_a_companion_stops_nothing(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def start(name: str, *_given: object) -> companions.Companion:
        started.append(name)
        return companions.Companion(name, "alive")

    monkeypatch.setattr(companions, "_start", start)
    place = companions.place(beside.incident)
    place.mkdir()
    for content in ('{"pid": 1, "started": "x", "since": "yesterday"}', '{"pid": 1, "started": "", "since": ""}', "["):
        for name in aside_module.COMPANIONS:
            (place / f"{name}.json").write_text(content, encoding="utf-8")
        beside.aside.keep_alive()
    assert started == [*aside_module.COMPANIONS] * 3
    assert beside.said == []


def test_whoever_hangs_in_the_middle_of_a_start_holds_up_no_run(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companions, "_TURN_PATIENCE", 0.0)
    companions.place(beside.incident).mkdir()
    with companions._turn(beside.incident, "sampler"), companions._turn(beside.incident, "messenger"):
        beside.aside.keep_alive()
        beside.aside.followed_to_the_end()
    assert len(beside.said) == 2
    assert all("another process is about to start or stop it" in one for one in beside.said)


def test_what_another_writer_kept_from_being_written_is_on_record_at_the_end(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, held = journal.append_once, [3]

    def busy(*given: Any, **more: Any) -> Any:
        if held[0] > 0:
            held[0] -= 1
            raise journal.JournalError("held by another writer")
        return real(*given, **more)

    monkeypatch.setattr(journal, "append_once", busy)
    monkeypatch.setattr(aside_module, "_BETWEEN", 0.0)
    assert not outbox.put(beside.incident, Message("run_ended/1", "run_ended", "team", "en", "s", "b")).queued
    beside.aside.nothing_unsaid()
    assert [state.message.key for state in outbox.messages(beside.incident)] == ["run_ended/1"]
    assert beside.said == []
    held[0] = 1000
    outbox.put(beside.incident, Message("last", "run_ended", "team", "en", "s", "b"))
    beside.aside.nothing_unsaid()
    assert beside.said == [f"messages that could not be put on record in {beside.incident}: 1"]
    held[0] = 0
    assert outbox.flush(beside.incident) == 0
    assert [state.message.key for state in outbox.messages(beside.incident)] == ["run_ended/1", "last"]
