from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from rollback_runner import messages
from rollback_runner.drill import drill, drill_list, expectation, scenarios
from rollback_runner.drill.scenarios import Expected, Moment

PROVEN = {"run": "r1", "exit_code": 0, "outcome": "proven", "promoted": "yes"}
REFUSED = {"run": "r1", "exit_code": 3, "outcome": "refused", "promoted": "no"}
EMERGENCY = scenarios.find("emergency")
ACCEPTED = scenarios.find("emergency_rds_unreachable")
LEDGER: dict[str, Any] = {
    "acknowledged_writes": 40,
    "lost_writes": 0,
    "duplicated_writes": 0,
    "two_writers_samples": 0,
    "samples": {"idc": 7, "rds": 9},
    "lists": {"lost": []},
    "passed": True,
}


@dataclass
class Fault:
    moment: Moment
    done: bool


def test_a_run_that_ends_as_expected_is_no_problem_whatever_its_exit_code() -> None:
    assert expectation.of_run(Expected(), PROVEN) == []
    assert expectation.of_run(Expected(3, "refused", "nobody"), REFUSED) == []


def test_a_run_that_ends_otherwise_is_named_with_both_ends() -> None:
    (told,) = expectation.of_run(Expected(3, "refused", "nobody"), PROVEN)
    assert told == "r1 ended with exit code 0 (proven), not 3 (refused)"


def test_a_fault_that_never_came_is_a_problem_though_the_run_was_proven() -> None:
    faults = [Fault(Moment("Hold new requests", "rds_dead"), done=False), Fault(Moment("x", "y"), done=True)]
    (told,) = expectation.of_run(Expected(), PROVEN, faults)  # type: ignore[arg-type]
    assert told == "r1: the fault rds_dead never came, for no task 'Hold new requests' began"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"lost_writes": 2}, ["lost_writes: 2, not 0"]),
        ({"duplicated_writes": 1}, ["duplicated_writes: 1, not 0"]),
        ({"two_writers_samples": 1}, ["two_writers_samples: 1, not 0"]),
        ({"acknowledged_writes": 0}, ["no write was acknowledged, so nothing is proven"]),
        ({"samples": {"idc": 7, "rds": 0}}, ["not both databases were sampled, so nobody knows of two writers"]),
        (
            {"passed": False, "lists": {"lost": [], "stranded": [{}]}},
            ["the clients' ledger does not match: stranded 1"],
        ),
    ],
)
def test_the_ledger_proves_the_zeros_or_says_which_is_none(change: dict[str, Any], told: list[str]) -> None:
    assert expectation.of_ledger(EMERGENCY, {**LEDGER, **change}) == told


def test_an_accepted_loss_covers_what_rds_had_alone_and_nothing_of_idc() -> None:
    lost = [{"server_uuid": "rds"}]
    assert expectation.of_ledger(ACCEPTED, {**LEDGER, "lost_writes": 1, "passed": False, "lists": {"lost": lost}}) == []
    both = [*lost, {"server_uuid": "idc"}]
    (told,) = expectation.of_ledger(ACCEPTED, {**LEDGER, "lost_writes": 2, "passed": False, "lists": {"lost": both}})
    assert told == "writes of both sides are lost: idc, rds"
    assert expectation.of_ledger(ACCEPTED, {**LEDGER, "duplicated_writes": 1}) == ["duplicated_writes: 1, not 0"]


def test_a_second_run_changes_nothing_by_its_own_word_and_by_the_worlds() -> None:
    world = {"names": {"www": "idc"}, "idc_read_only": False}
    assert expectation.of_repeat([], world, dict(world), "r2") == []
    again = ["SWITCH-03 | Point the names (shop)"] * 2
    assert expectation.of_repeat(again, world, world | {"names": {"www": "aws"}}, "r2") == [
        "r2 changed something again: SWITCH-03 | Point the names (shop)",
        "r2 changed names: {'www': 'idc'} became {'www': 'aws'}",
    ]


def test_the_side_that_must_hold_every_write_is_the_one_that_was_open_last() -> None:
    # Whatever the scenario expected: nothing is lost of a rollback that was given up.
    assert expectation.side(REFUSED) == "rds"
    assert expectation.side(PROVEN) == "idc"
    assert expectation.side({**PROVEN, "promoted": "begun"}) == "idc"


@pytest.mark.parametrize(
    ("content", "problems", "code"),
    [
        (PROVEN, [], 0),
        (REFUSED, [], 0),
        (REFUSED, ["x"], 3),
        (PROVEN, ["x"], 1),
        ({**PROVEN, "exit_code": 130, "outcome": "interrupted"}, [], 130),
    ],
)
def test_the_command_ends_well_when_all_was_as_expected(
    content: dict[str, Any], problems: list[str], code: int
) -> None:
    assert drill.exit_code(content, problems) == code


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_list_names_every_scenario_in_both_languages(language: messages.Language) -> None:
    texts = messages.Texts(language)
    shown = drill_list.screen(texts)
    for one in scenarios.scenarios().values():
        assert f"\n  {one.name}\n      {one.titles[language]}\n" in shown
    assert drill_list.verdict(EMERGENCY, [], texts)[0].endswith(EMERGENCY.titles[language])
    assert drill_list.verdict(EMERGENCY, ["why"], texts)[1] == "  why"


def test_a_scenario_without_a_serving_side_is_only_for_legs_alone() -> None:
    assert all(run.expect.serving for one in scenarios.scenarios().values() for run in one.runs)
    assert replace(EMERGENCY.of_legs(("emergency",))).expect.serving == ""
