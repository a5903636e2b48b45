"""How far long work is: what the plugins write, what the views make of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from failback import progress
from failback.clone_run import Snapshot as Copied
from failback.compare.progress import Progress as Comparing
from failback.restore.progress import Progress as Restoring

from rollback_runner import messages
from rollback_runner.plan.history import History
from rollback_runner.plan.leg import Plan
from rollback_runner.record.seen import TaskSeen
from rollback_runner.screen import live, long_work
from rollback_runner.screen.long_work import LongWork

if TYPE_CHECKING:
    from pathlib import Path

EN = messages.Texts("en")
TASK = TaskSeen("task", "t", "p", "DATA-03 | Load the rows of the backup", ("DATA-03",))


def restoring(run: Path, host: str = "shop-db", *, budget: float = 600.0, elapsed: float = 60.0) -> Restoring:
    made = Restoring(budget=budget, file=progress.file_of(run, host), already_elapsed=elapsed)
    made.begin("data", total=1000)
    made._teller._told = 0.0  # a second ago
    made.add(250, 25)
    return made


def test_two_hosts_do_not_overwrite_each_other(tmp_path: Path) -> None:
    restoring(tmp_path, "shop-db")
    comparing = Comparing(file=progress.file_of(tmp_path, "stock-db"), budget=30.0)
    comparing.begin("rows", 100)
    assert [(one.work, one.host, one.stage) for one in progress.works(tmp_path)] == [
        ("restore", "shop-db", "data"),
        ("compare", "stock-db", "rows"),
    ]


def test_what_ended_or_is_of_an_earlier_task_does_not_go_on(tmp_path: Path) -> None:
    made = restoring(tmp_path)
    going = LongWork(tmp_path)
    going._since = time.time() - 5
    going.look()
    assert [one.stage for one in going.going] == ["data"]
    going.task_began()
    going.look()
    assert going.going == []
    made.end()
    going._since = time.time() - 5
    going.look()
    assert going.going == []


def test_a_breach_is_told_once_and_a_new_stage_at_once(tmp_path: Path) -> None:
    made = restoring(tmp_path, budget=30.0)
    going = LongWork(tmp_path)
    going._since -= 5
    assert [one.work for one in going.look()] == ["restore"]
    assert going.look() == []
    assert len(going.due(10.0)) == 1
    assert going.due(10.0) == []
    made.begin("indexes")
    going.look()
    assert [one.stage for one in going.due(10.0)] == ["indexes"]


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"work": "restore"}', '{"work": "x", "host": "h", "share": "y"}'])
def test_a_file_that_is_none_is_passed_over(tmp_path: Path, broken: str) -> None:
    path = progress.file_of(tmp_path, "shop-db")
    path.parent.mkdir()
    path.write_text(broken)
    assert progress.works(tmp_path) == []
    assert LongWork(tmp_path).look() == []
    assert LongWork(None).look() == []


def test_a_full_or_missing_disk_does_not_stop_the_work(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "deeper" / "db.json"
    made = Comparing(file=file)
    made.begin("rows", 10)
    assert not file.exists()


def test_the_sentence_says_rate_share_and_forecast_in_both_languages() -> None:
    now = time.time()
    work = progress.Work("restore", "db", "data", 0.42, 123456.0, "rows", 61.0, 130.0, 900.0, False, False, now)  # noqa: FBT003 - as in the file
    assert long_work.line(EN, work) == (
        "restore (db): rows, 42% done, 123,456 rows/s, 1:01 so far, forecast 2:10 of 15:00"
    )
    assert "42% 완료" in long_work.line(messages.Texts("ko"), work)
    copied = progress.Work("clone", "db", "FILE COPY", -1.0, 3 << 20, "bytes", 5.0, -1.0, 60.0, False, False, now)  # noqa: FBT003 - its first fields
    assert long_work.line(EN, copied) == (
        "copy of the standby (db): FILE COPY, 3.0 MiB/s, 0:05 so far, forecast not known yet of 1:00"
    )


def test_a_copy_forecasts_from_what_is_copied() -> None:
    seen = Copied.of({"stage": "FILE COPY", "bytes": 50, "expected_bytes": 200}, 10.0, 30.0)
    assert (seen.share, seen.rate, seen.forecast_seconds, seen.breach) == (0.25, 5.0, 40.0, True)
    early = Copied.of({"stage": "", "bytes": 0, "expected_bytes": 0}, 0.0, 30.0)
    assert (early.share, early.rate, early.forecast_seconds, early.breach) == (-1.0, 0.0, -1.0, False)


def plan() -> Plan:
    return Plan("lab", "full", "restore-first", "why", 45.0, (), (), "Promote IDC", None, "0" * 64)


def test_the_plain_view_tells_it_now_and_then_and_a_breach_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view = live.Plain(EN)
    view.begin(plan(), History(None, {}), 90.0, check=False, directory=tmp_path)
    view.event(TASK)
    made = restoring(tmp_path, budget=3600.0, elapsed=1.0)
    view.tick()
    view.tick()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "restore (shop-db): rows, 25% done" in lines[0]
    restoring(tmp_path, budget=30.0)
    view.tick()
    lines = capsys.readouterr().err.splitlines()
    assert "and 0:30 are allowed" in lines[0]
    assert "25% done" in lines[1]
    made.end()
    view.tick()
    assert capsys.readouterr().err == ""


def test_the_table_shows_it_below_what_runs(tmp_path: Path) -> None:
    from rich.console import Console  # noqa: PLC0415 - only this test draws

    console = Console(width=120, force_terminal=True, record=True)
    view = live.Terminal(EN, console)
    view.begin(plan(), History(None, {}), 90.0, check=False, directory=tmp_path)
    view.event(TASK)
    restoring(tmp_path, budget=30.0)
    view.tick()
    view.end()
    text = console.export_text()
    assert "restore (shop-db): rows, 25% done" in text
    assert text.count("are allowed") == 1


def test_work_silent_in_one_long_piece_passes_its_budget_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restoring(tmp_path, budget=600.0, elapsed=60.0)
    going = LongWork(tmp_path)
    going._since -= 5
    assert going.look() == []
    later = time.time() + 550
    monkeypatch.setattr(long_work.time, "time", lambda: later)
    assert [round(one.elapsed) for one in going.look()] == [610]
    assert going.look() == []
