"""The first screen says no more than was proven: where the service is, and what it did to the service level."""

from __future__ import annotations

from typing import Any

import pytest

from rollback_runner.record import service_level, summary
from rollback_runner.record.timeline_event import Event

PROVEN = ("AWS-03", "SWITCH-01", "VERIFY-01", "SWITCH-05", "VERIFY-02")
KEPT = {
    "source": "balancer", "downtime": 42.0, "unknown": 0.0, "objective": 0.999, "used_share": 0.25,
    "credit": 0.0, "credit_at_most": 0.0,
}  # fmt: skip
TITLE = {"en": "x", "ko": "x"}


def run(outcome: str, ended: str, *, check: bool = False) -> dict[str, Any]:
    return {"outcome": outcome, "ended": ended, "check": check, "killed": False}


def headline(
    runs: list[dict[str, Any]], events: list[Event], *, promoted: str = "no", items: dict[str, str] | None = None
) -> str:
    joined = {
        "runs": runs, "promoted": promoted, "outcome": runs[-1]["outcome"], "metrics": {}, "accepted_loss": "",
        "unfinished_acts": [], "findings": [], "next_step": "",
        "items": [{"id": name, "status": status, "hosts": []} for name, status in (items or {}).items()],
    }  # fmt: skip
    return str(summary.of(joined, events, {}, [], going_on=False)["headline"]["en"])


def fenced(at: str) -> Event:
    return Event(at, "fenced", TITLE, "AWS-03", grave=True)


def test_back_and_proven_needs_every_proof_that_it_serves() -> None:
    runs = [run("proven", "2026-11-22T12:10:00Z")]
    proven = dict.fromkeys(PROVEN, "done")
    assert headline(runs, [], promoted="yes", items=proven).endswith("and it is proven.")
    for name in PROVEN:
        for status in ("not_run", "waiting", "skipped"):
            said = headline(runs, [], promoted="yes", items=proven | {name: status})
            assert said.endswith("Not everything is proven yet."), (name, status)


def test_what_was_taken_back_is_not_told_as_closed_because_a_later_run_only_looked() -> None:
    events = [fenced("2026-11-22T12:00:00Z")]
    taken_back, looked = run("aborted", "2026-11-22T12:05:00Z"), run("proven", "2026-11-22T13:00:00Z")
    assert "the service cannot write now" in headline([run("interrupted", "2026-11-22T12:01:00Z"), looked], events)
    assert headline([taken_back, looked], events).endswith("AWS serves as before.")
    rehearsed = run("aborted", "2026-11-22T12:05:00Z", check=True)
    assert "the service cannot write now" in headline([rehearsed, looked], events)
    again = [*events, fenced("2026-11-22T12:30:00Z")]
    assert "the service cannot write now" in headline([taken_back, looked], again)


@pytest.mark.parametrize("kept", [None, {}, {"source": "none", "downtime": 0.0}, "spoilt", {"source": "made up"}])
def test_what_was_not_measured_is_no_figure(kept: object) -> None:
    assert list(service_level.figures(kept)) == []


def test_downtime_budget_and_credit_as_they_were_measured() -> None:
    def told(**more: Any) -> list[tuple[str, str]]:
        return [(one["value"]["en"], one["level"]) for one in service_level.figures(KEPT | more)]

    assert told() == [("42 s", "warn"), ("25.0%", "note"), ("0.0%", "good")]
    # Nobody measured twenty minutes of it: neither the downtime nor the credit may look final.
    assert told(downtime=0.0, unknown=1200.0, used_share=0.0, credit_at_most=0.1) == [
        ("0 s (20 min not measured)", "warn"),
        ("0.0%", "warn"),
        ("0.0% (at most 10.0%)", "warn"),
    ]
    assert told(used_share=1.2, credit=0.1, credit_at_most=0.1)[1:] == [("120.0%", "grave"), ("10.0%", "grave")]
    without = {key: value for key, value in KEPT.items() if key != "objective"}
    assert [one["name"]["ko"] for one in service_level.figures(without)] == ["중단 시간(SLA)"]
