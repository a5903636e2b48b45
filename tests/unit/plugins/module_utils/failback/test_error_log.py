from __future__ import annotations

import pytest
from failback.error_log import judge


def row(prio: str, data: str, code: str = "MY-000001") -> dict[str, str]:
    return {"prio": prio, "data": data, "error_code": code, "subsystem": "Server", "logged": "2026-01-01"}


def test_an_unknown_error_matters_and_an_unknown_warning_does_not() -> None:
    verdict = judge([row("Error", "something new"), row("Warning", "something new")], "rollback_runner")
    assert len(verdict.matters) == 1
    assert verdict.counts == {"Error": 1, "Warning": 1}


@pytest.mark.parametrize(
    "text",
    [
        "Table './shop/orders' is marked as crashed and should be repaired",
        "Disk is full writing 'binlog.000007' (OS errno 28 - No space left on device)",
        "[FATAL] Semaphore wait has lasted > 600 seconds",
        "Database page corruption on disk or a failed file read",
        "Out of memory (Needed 123 bytes)",
    ],
)
def test_grave_warnings_matter(text: str) -> None:
    assert judge([row("Warning", text)], "rollback_runner").matters


def test_the_receiver_losing_rds_is_what_the_fence_does() -> None:
    text = "Replica I/O for channel 'rollback_runner': Error reconnecting to source 'repl@192.0.2.51:3306'"
    verdict = judge([row("Error", text, "MY-010584")], "rollback_runner")
    assert verdict.matters == ()
    assert "on purpose" in next(iter(verdict.harmless))


def test_the_receiver_of_another_channel_is_not_excused() -> None:
    assert judge(
        [row("Error", "Replica I/O for channel 'other': Error connecting to source")], "rollback_runner"
    ).matters


def test_a_transaction_refused_by_the_applier_matters() -> None:
    text = "Replica SQL for channel 'rollback_runner': Worker 1 failed: Could not execute Update_rows event"
    assert "applier" in judge([row("Error", text)], "rollback_runner").matters[0]


def test_a_killed_applier_does_not() -> None:
    text = (
        "Replica SQL for channel 'rollback_runner': ... The replica coordinator and worker threads are stopped,"
        " possibly leaving data in inconsistent state."
    )
    assert judge([row("Error", text)], "rollback_runner").matters == ()


def test_the_same_line_many_times_is_one_line() -> None:
    verdict = judge([row("Error", "again")] * 3, "rollback_runner")
    assert len(verdict.matters) == 1
    assert "3 times" in verdict.matters[0]
