from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollback_runner import messages
from rollback_runner.plan.history import History, Spread
from rollback_runner.plan.leg import Plan
from rollback_runner.record.seen import Step, TaskSeen
from rollback_runner.record.verdict import Expected
from rollback_runner.screen import live
from rollback_runner.screen.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

PAST = History(Spread(30, 40, 5), {"IDC-01": Spread(10, 12, 5)})


@pytest.fixture
def plan(steps: tuple[Step, ...]) -> Plan:
    items = tuple(Expected(name, ("shop-db",)) for name in ("IDC-01", "AWS-01", "IDC-04"))
    return Plan("lab", "emergency", "switch-first", "why", 45.0, items, steps, "Promote IDC", None, "0" * 64)


def test_items_change_state_once_each(recorded: Callable[[str], list[TaskSeen]], plan: Plan) -> None:
    progress = Progress(plan, PAST)
    changes = [(name, progress.states[name]) for event in recorded("success") for name in progress.take(event, 1.0)]
    assert changes == [
        ("IDC-01", "running"),
        ("IDC-01", "already"),
        ("AWS-01", "running"),
        ("AWS-01", "done"),
        ("IDC-04", "running"),
        ("IDC-04", "already"),
    ]


def test_an_item_with_tasks_ahead_is_not_finished(recorded: Callable[[str], list[TaskSeen]], plan: Plan) -> None:
    more = (*plan.steps, Step("Later", "Look again", ("IDC-01",)))
    progress = Progress(Plan(**{**vars(plan), "steps": more}), PAST)
    for event in recorded("success"):
        progress.take(event, 1.0)
    assert progress.states["IDC-01"] == "running"
    assert "IDC-01" not in progress.finished


def test_the_forecast_warns_before_the_budget_breaks(recorded: Callable[[str], list[TaskSeen]], plan: Plan) -> None:
    progress = Progress(plan, PAST)
    assert not progress.late(1.0)
    for event in recorded("success")[:6]:
        progress.take(event, 20.0)
    assert progress.forecast(20.0) == Spread(40.0, 50.0, 5)
    assert progress.late(20.0)


def test_a_wait_is_told_with_its_end(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    view = live.Plain(messages.Texts("en"))
    view.begin(plan, PAST, 90.0, check=False)
    view.event(TaskSeen("task", "t", "p", "IDC-01 | Wait until it answers", ("IDC-01",)))
    view.event(TaskSeen("started", "t", "p", "IDC-01 | Wait until it answers", ("IDC-01",), "shop-db"))
    view._start -= 5
    view.tick()
    view.tick()
    lines = capsys.readouterr().err.splitlines()
    assert "running" in lines[0]
    assert "waits: Wait until it answers (shop-db), for 5 s, at most until " in lines[1]
    assert len(lines) == 2


def test_a_failure_is_told_with_its_words(
    recorded: Callable[[str], list[TaskSeen]], plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    view = live.Plain(messages.Texts("ko"))
    view.begin(plan, PAST, 90.0, check=False)
    for event in recorded("failed_before_promotion"):
        view.event(event)
    assert "실패" in capsys.readouterr().err


def test_the_live_table_draws(recorded: Callable[[str], list[TaskSeen]], plan: Plan) -> None:
    from rich.console import Console  # noqa: PLC0415 - only this test draws

    console = Console(width=100, force_terminal=True, record=True)
    view = live.Terminal(messages.Texts("en"), console)
    view.begin(plan, PAST, 90.0, check=False)
    for event in recorded("success"):
        view.event(event)
    view.end()
    text = console.export_text()
    assert "IDC-04" in text
    assert "forecast p50" in text


def test_a_narrow_terminal_gets_plain_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    assert isinstance(live.choose(messages.Texts("en"), silent=False), live.Plain)
    assert "The terminal has 40 columns" in capsys.readouterr().err
    assert isinstance(live.choose(messages.Texts("en"), silent=True), live.Silent)
