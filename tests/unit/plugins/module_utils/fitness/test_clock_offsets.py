"""Offsets and their uncertainty, and what they mean. Figures in, findings out."""

from __future__ import annotations

import pytest
from failback.findings import worst
from failback.fitness.clock import Answer, Clock, Limits, estimate, judge, spread

LIMITS = Limits(0.5, 5.0)


def test_the_quickest_answer_counts_and_half_of_it_is_the_uncertainty() -> None:
    answers = [Answer(100.0, 0.4, 102.1), Answer(200.0, 0.02, 202.01), Answer(300.0, 0.3, 302.3)]
    found = estimate("db1", answers)
    assert found.offset == pytest.approx(2.0)
    assert found.uncertainty == pytest.approx(0.01)


def test_an_asymmetric_way_stays_within_the_uncertainty() -> None:
    # All of the round trip on the way there: the answer was given at its very end.
    found = estimate("db1", [Answer(100.0, 0.6, 100.6)])
    assert abs(found.offset) <= found.uncertainty


def test_clocks_that_agree_say_nothing() -> None:
    assert judge([Clock("a", 0.1, 0.01), Clock("b", -0.2, 0.01)], LIMITS) == []


@pytest.mark.parametrize(
    ("offset", "unsure", "severity"),
    [
        (0.6, 0.01, "warning"),
        (-0.6, 0.01, "warning"),
        (4.9, 0.0, "warning"),
        (5.5, 0.1, "blocker"),
        (5.5, 1.0, "warning"),
    ],
)
def test_one_clock_that_is_off(offset: float, unsure: float, severity: str) -> None:
    (found,) = judge([Clock("a", offset, unsure), Clock("b", 0.0, 0.01)], LIMITS)
    assert (found.key, found.severity) == ("clock:a", severity)
    assert ("ahead of" if offset > 0 else "behind") in found.sentence


def test_what_is_within_the_uncertainty_is_not_claimed() -> None:
    (found,) = judge([Clock("slow", 0.9, 0.8)], LIMITS)
    assert (found.key, found.severity) == ("clock:slow:unsure", "note")


def test_our_own_clock_is_named_when_all_others_agree_against_it() -> None:
    clocks = [Clock(name, 9.0 + number / 10, 0.01) for number, name in enumerate("abc")]
    (found,) = judge(clocks, LIMITS)
    assert (found.key, found.severity) == ("clock:controller", "blocker")
    assert "behind the hosts" in found.sentence
    assert len(judge(clocks[:2], LIMITS)) == 2, "two may both follow a wrong clock"


def test_two_that_are_near_ours_may_be_far_from_each_other() -> None:
    clocks = [Clock("a", -0.4, 0.01), Clock("b", 0.4, 0.01)]
    (found,) = judge(clocks, LIMITS)
    assert found.key == "clock:spread"
    assert worst([found]) == "warning"
    assert spread(clocks) == {"seconds": 0.8, "uncertainty": 0.02, "behind": "a", "ahead": "b"}
    assert spread(clocks[:1]) == {}
