from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollback_runner.watching import limits
from rollback_runner.watching.notes import Breach
from rollback_runner.watching.series import Point
from rollback_runner.watching.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


def judged(judge: limits.Judge, figure: str, values: Sequence[float], host: str = "lb1") -> list[limits.Change]:
    """One value a second, from second 0."""
    changes = [judge.take(Point(float(at), figure, host, value)) for at, value in enumerate(values)]
    return [change for change in changes if change is not None]


def test_a_limit_broken_for_long_is_one_breach_with_begin_worst_and_end() -> None:
    judge = limits.judge(Settings(patience=3.0), {})
    changes = judged(judge, "errors", [0, 0, 0.2, 0.3, 0.4, 0.2, 0.2, 0, 0, 0, 0, 0])
    assert [change.kind for change in changes] == ["breach_began", "breach_ended"]
    assert changes[0].breach == Breach("errors", "lb1", 2.0, None, 0.4, 0.05, None, 1)
    assert changes[1].breach == Breach("errors", "lb1", 2.0, 7.0, 0.4, 0.05, None, 1)
    assert judge.lasting == []


def test_a_moment_beyond_the_limit_is_none() -> None:
    assert judged(limits.judge(Settings(patience=3.0), {}), "errors", [0, 0.9, 0.9, 0, 0.9, 0.9, 0, 0]) == []


def test_a_moment_within_does_not_end_it() -> None:
    judge = limits.judge(Settings(patience=3.0), {})
    changes = judged(judge, "errors", [0.5, 0.5, 0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0, 0.5])
    assert [change.kind for change in changes] == ["breach_began"]
    assert len(judge.lasting) == 1


def test_exactly_at_the_limit_is_within() -> None:
    assert judged(limits.judge(Settings(patience=0.0), {}), "errors", [0.05] * 5) == []


@pytest.mark.parametrize("figure", ["rds_writes_after_final", "rds_ways_in", "data_problems"])
def test_what_must_never_be_counts_at_once_and_no_site_can_allow_it(figure: str) -> None:
    judge = limits.judge(Settings(patience=60.0, limits={figure: 5.0}), {})
    (change,) = judged(judge, figure, [0, 0, 1])
    assert change.breach.began == 2.0
    assert change.breach.limit == 0.0


def test_zero_means_not_judged_and_what_has_no_limit_is_not() -> None:
    assert judged(limits.judge(Settings(patience=0.0, limits={"errors": 0.0}), {}), "errors", [1.0] * 9) == []
    assert judged(limits.judge(Settings(patience=0.0), {}), "requests", [1e9] * 9) == []
    assert judged(limits.judge(Settings(patience=0.0), {}), "of_a_later_version", [1e9] * 9) == []


def test_where_low_is_bad_too_little_is_a_breach_and_the_lowest_is_the_worst() -> None:
    judge = limits.judge(Settings(patience=2.0, limits={"rds_free_storage": 1e9}), {})
    changes = judged(judge, "rds_free_storage", [2e9, 9e8, 5e8, 7e8], "shop-prod")
    assert changes[0].breach.value == 5e8


def test_far_beyond_what_is_usual_is_a_breach_though_no_limit_is_reached() -> None:
    usual = {"latency_p95": {"lb1": 0.100}}
    judge = limits.judge(Settings(patience=1.0, window=0.0, over_usual=1.0), usual)
    assert judge.limit("latency_p95", "lb1") == pytest.approx(0.3)  # twice the usual, and 100 ms that say nothing
    assert judge.limit("latency_p95", "lb2") == 2.0
    (change,) = judged(judge, "latency_p95", [0.29, 0.31, 0.35])
    assert change.breach.baseline == 0.100


def test_one_slow_answer_is_no_breach_however_long_it_stays_in_the_window() -> None:
    judge = limits.judge(Settings(patience=5.0, window=30.0), {})
    assert judged(judge, "latency_p95", [0.1] * 3 + [9.0] * 31 + [0.1] * 9) == []
    (change,) = judged(limits.judge(Settings(patience=5.0, window=30.0), {}), "latency_p95", [9.0] * 36)
    assert change.breach.began == 0.0


def test_zero_turns_the_comparison_with_what_is_usual_off_too() -> None:
    judge = limits.judge(Settings(patience=0.0, limits={"cpu_busy": 0.0}), {"cpu_busy": {"db1": 0.1}})
    assert judge.limit("cpu_busy", "db1") is None


def test_a_breach_that_lasted_when_the_sampler_was_killed_goes_on_and_ends() -> None:
    before = Breach("errors", "lb1", -50.0, None, 0.9, 0.05, None, 2)
    judge = limits.judge(Settings(patience=2.0), {}, [before])
    changes = judged(judge, "errors", [0.5, 0.5, 0, 0, 0])
    assert [change.kind for change in changes] == ["breach_ended"]
    assert changes[0].breach == Breach("errors", "lb1", -50.0, 2.0, 0.9, 0.05, None, 2)


def test_a_level_of_the_ladder_stays_with_the_breach() -> None:
    judge = limits.judge(Settings(patience=0.0), {})
    (began,) = judged(judge, "errors", [0.5])
    assert judge.raised(began.breach, 2).level == 2
    (ended,) = [change for change in (judge.take(Point(5.0, "errors", "lb1", 0.0)),) if change]
    assert ended.breach.level == 2
