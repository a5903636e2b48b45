from __future__ import annotations

from dataclasses import replace

import planned
import pytest
from failback import rehearsed

from rollback_runner.plan import rehearsal
from rollback_runner.record.seen import Outcome, TaskSeen
from rollback_runner.run.ansible_run import Ended

PLAN = planned.plans(planned.site())[0]
WELL = Ended("successful", 3.0)
BROKEN = Ended("failed", 3.0, "ERROR! no such role")


def saw(name: str, outcome: Outcome = "ok", message: str = "", *, host: str = "shop-db") -> list[TaskSeen]:
    ids = next((step.ids for step in PLAN.steps if step.name == name), ())
    full = f"{', '.join(ids)} | {name}" if ids else name
    play = next((step.play for step in PLAN.steps if step.name == name), "")
    task = TaskSeen("task", "t", play, full, ids)
    return [task, TaskSeen("result", "t", play, full, ids, host, outcome, 0.1, message)]


def all_of(**outcomes: tuple[Outcome, str]) -> list[TaskSeen]:
    """Every item of the leg on every host, as a good rehearsal sees it."""
    seen: list[TaskSeen] = []
    for item in PLAN.items:
        for host in item.hosts:
            step = next((one for one in PLAN.steps if item.id in one.ids), None)
            play, name = (step.play, step.name) if step else ("p", "Do it")
            outcome, message = outcomes.get(item.id.replace("-", "_"), ("ok", ""))
            seen.append(TaskSeen("result", "t", play, f"{item.id} | {name}", (item.id,), host, outcome, 0.1, message))
    return seen + [event for step in PLAN.steps for event in saw(step.name)]


def test_a_leg_that_plays_through_is_rehearsed() -> None:
    found = rehearsal.judge(PLAN, all_of(), WELL, first=True)
    assert (found.result, found.failures, found.said) == ("passed", (), "")


def test_what_fails_is_named_with_task_host_and_message() -> None:
    found = rehearsal.judge(PLAN, all_of() + saw("Lock the accounts", "failed", "no grant"), WELL, first=True)
    assert found.result == "failed"
    assert [(one.task, one.host, one.message) for one in found.failures] == [
        ("Lock the accounts", "shop-db", "no grant")
    ]


def test_a_leg_that_its_own_gate_stops_waits_for_the_one_before() -> None:
    seen = saw("Check that RDS is the one meant", "refused", "IDC does not serve yet")
    assert rehearsal.judge(PLAN, seen, Ended("failed", 1.0), first=False).result == "not_yet"
    assert rehearsal.judge(PLAN, seen, Ended("failed", 1.0), first=True).result == "failed"


@pytest.mark.parametrize(("lasting", "result"), [(["binlog_format=MIXED on RDS"], "failed"), ([], "not_yet")])
def test_what_no_earlier_leg_puts_right_is_no_waiting(lasting: list[str], result: str) -> None:
    task, refused = saw("Check that RDS is the one meant", "refused", "2 reasons not to begin")
    seen = [task, replace(refused, evidence={"evidence": {"lasting": lasting}})]
    assert rehearsal.judge(PLAN, seen, Ended("failed", 1.0), first=False).result == result


def test_an_act_that_breaks_is_a_failure_in_every_leg() -> None:
    seen = saw("Check that RDS is the one meant") + saw("Lock the accounts", "failed", "no grant")
    assert rehearsal.judge(PLAN, seen, Ended("failed", 1.0), first=False).result == "failed"


@pytest.mark.parametrize(
    ("ended", "said"),
    [(BROKEN, "ERROR! no such role"), (Ended("timeout", 9.0), "it ended timeout"), (WELL, "AWS-01: no task")],
)
def test_an_end_without_a_failed_task_says_why(ended: Ended, said: str) -> None:
    found = rehearsal.judge(PLAN, [], ended, first=True)
    assert found.result == "failed"
    assert said in found.said


def leg(**changes: object) -> dict[str, object]:
    return {
        "leg": "emergency",
        "result": "passed",
        "seconds": 1.0,
        "failures": [],
        "findings": [],
        "said": "",
    } | changes


FAILED = {"task": "Lock the accounts", "host": "shop-db", "message": "no grant"}


def test_failures_become_blockers_and_what_tasks_found_stays_what_it_was() -> None:
    warning = {"severity": "warning", "key": "clock", "sentence": "the clock is off", "next_step": "ntpd"}
    blocker = {"severity": "blocker", "key": "grant", "sentence": "no grant"}
    found = rehearsed.of_leg(leg(result="failed", failures=[FAILED], findings=[warning, blocker]), "again")
    assert [(one.severity, one.key) for one in found] == [
        ("blocker", "rehearsal:emergency:shop-db:Lock the accounts"),
        ("warning", "rehearsal:clock"),
    ]
    assert found[0].sentence == "emergency does not rehearse: Lock the accounts (shop-db): no grant"
    assert found[0].next_step == "again"


def test_a_leg_without_a_failed_task_is_a_blocker_all_the_same() -> None:
    found = rehearsed.of_leg(leg(result="failed", said="it ended timeout"), "again")
    assert [(one.severity, one.sentence) for one in found] == [
        ("blocker", "emergency does not rehearse: it ended timeout")
    ]


def test_what_waits_for_an_earlier_leg_is_a_note() -> None:
    found = rehearsed.of_leg(leg(leg="full", result="not_yet", failures=[FAILED]), "again")
    assert [one.severity for one in found] == ["note"]
    assert "shop-db: no grant" in found[0].sentence
    assert rehearsed.of_leg(leg(), "again") == []
