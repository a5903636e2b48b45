from __future__ import annotations

from rollback_runner.record.acts import promoted, unfinished


def line(
    kind: str,
    act: str = "open IDC for writes",
    host: str = "shop-db",
    task: str = "SWITCH-01 | Open IDC",
    **more: object,
) -> dict[str, object]:
    return {"kind": kind, "act": act, "plugin": "p", "host": host, "task": task, "time": "t", **more}


def test_an_act_without_an_outcome_is_unfinished() -> None:
    entries = [line("intent", "a"), line("outcome", "a", ok=True), line("intent", "b"), line("task", "c")]
    assert [act["act"] for act in unfinished(entries)] == ["b"]


def test_the_same_act_twice_is_two_acts() -> None:
    entries = [line("intent", "a"), line("intent", "a"), line("outcome", "a", ok=False)]
    assert len(unfinished(entries)) == 1


def test_promotion_is_an_act_on_a_database() -> None:
    assert promoted([], ["shop-db"]) == "no"
    assert promoted([line("intent", host="idc-app1"), line("outcome", host="idc-app1", ok=True)], ["shop-db"]) == "no"
    assert promoted([line("intent")], ["shop-db"]) == "begun"
    assert promoted([line("intent"), line("outcome", ok=False)], ["shop-db"]) == "begun"
    assert promoted([line("intent"), line("outcome", ok=True), line("intent")], ["shop-db"]) == "yes"


def test_counters_raised_open_nothing() -> None:
    counters = "raise auto-increment counters on IDC"
    assert promoted([line("intent", act=counters), line("outcome", act=counters, ok=True)], ["shop-db"]) == "no"


def test_a_run_that_found_it_open_says_so() -> None:
    assert promoted([{"kind": "promoted", "host": "shop-db"}], ["shop-db"]) == "yes"
