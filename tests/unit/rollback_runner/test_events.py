from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.record.events import parse_event, parse_steps
from rollback_runner.record.seen import Step, split_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.record.seen import TaskSeen

LISTING = """
playbook: playbooks/emergency.yml

  play #1 (databases): Move the writer\tTAGS: []
    tasks:
      rds : AWS-01, AWS-02 | Lock the accounts\tTAGS: []
      Remember\tTAGS: []

  play #2 (service): Prove it: from outside\tTAGS: []
    tasks:
      SWITCH-04 | Check that the door answers\tTAGS: [a, b]
"""


@pytest.mark.parametrize(
    ("name", "ids", "sentence"),
    [
        ("AWS-02 | Wait until open transactions have ended", ("AWS-02",), "Wait until open transactions have ended"),
        ("rds : AWS-01, AWS-02 | Lock", ("AWS-01", "AWS-02"), "Lock"),
        ("Read the state", (), "Read the state"),
        ("lb : Read | the state", (), "Read | the state"),
        ("SWITCH-1 | Not an id", (), "SWITCH-1 | Not an id"),
    ],
)
def test_a_task_name_carries_its_ids(name: str, ids: tuple[str, ...], sentence: str) -> None:
    assert split_name(name) == (ids, sentence)


def test_a_listing_becomes_steps() -> None:
    assert list(parse_steps(LISTING, frozenset({"Remember"}))) == [
        Step("Move the writer", "Lock the accounts", ("AWS-01", "AWS-02"), hosts="databases"),
        Step("Move the writer", "Remember", (), optional=True, hosts="databases"),
        Step("Prove it: from outside", "Check that the door answers", ("SWITCH-04",), hosts="service"),
    ]


def test_a_recorded_run_begins_and_ends(recorded: Callable[[str], list[TaskSeen]]) -> None:
    seen = recorded("success")
    assert seen[0].kind == "play"
    assert seen[-1].kind == "end"
    results = [event for event in seen if event.kind == "result"]
    assert {event.outcome for event in results} == {"ok", "changed", "skipped"}
    assert all(event.time.endswith("Z") for event in seen)


def result(kind: str, **res: Any) -> TaskSeen:
    raw = {
        "event": kind,
        "created": "2026-01-01T00:00:00",
        "event_data": {"task": "AWS-01 | X", "host": "h", "res": res},
    }
    (event,) = parse_event(raw)
    return event


@pytest.mark.parametrize(
    ("kind", "res", "outcome", "message"),
    [
        ("runner_on_ok", {"changed": True}, "changed", ""),
        ("runner_on_ok", {"changed": False}, "ok", ""),
        ("runner_on_failed", {"msg": "no"}, "failed", "no"),
        ("runner_on_failed", {"msg": "no", "refused": True}, "refused", "no"),
        ("runner_on_failed", {}, "failed", "it gave no reason"),
        ("runner_on_failed", {"msg": ["a", 1]}, "failed", '["a", 1]'),
        ("runner_on_failed", {"msg": "One or more", "results": [{"failed": True, "msg": "b"}, {}]}, "failed", "b"),
        ("runner_on_unreachable", {"msg": "timed out"}, "unreachable", "timed out"),
        ("runner_on_skipped", {"skip_reason": "when was false"}, "skipped", "when was false"),
    ],
)
def test_a_result_becomes_an_outcome(kind: str, res: dict[str, Any], outcome: str, message: str) -> None:
    event = result(kind, **res)
    assert (event.outcome, event.message) == (outcome, message)


def test_evidence_is_kept_also_of_loops() -> None:
    event = result("runner_on_ok", before=1, after=2, evidence={"a": 1}, results=[{"evidence": {"b": 2}}, {}])
    assert event.evidence == {"before": 1, "after": 2, "evidence": {"a": 1}, "each": [{"evidence": {"b": 2}}, {}]}


@pytest.mark.parametrize("raw", [{}, {"event": "verbose"}, {"event": "runner_item_on_ok", "event_data": {"res": None}}])
def test_what_tells_nothing_is_passed_over(raw: dict[str, Any]) -> None:
    assert list(parse_event(raw)) == []
