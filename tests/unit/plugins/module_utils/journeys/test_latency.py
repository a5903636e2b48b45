"""Figures from samples, and when they are out of their normal range."""

from __future__ import annotations

import pytest
from failback.errors import ConfigError
from failback.journeys.latency import Sample, Tolerance, figures, judge, percentile


def samples(count: int, seconds: float, status: int = 200) -> list[Sample]:
    return [Sample(n / 10, seconds, status) for n in range(count)]


def test_percentiles_are_the_nearest_rank() -> None:
    values = [n / 100 for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [0.5, 0.95, 0.99, 1.0]
    assert percentile([3.0], 0.5) == 3.0


def test_errors_do_not_make_a_service_fast() -> None:
    seen = figures([*samples(10, 1.0), *samples(10, 0.001, 503), Sample(2.0, 5.0, 0, "refused")])
    assert seen["p50"] == 1.0
    assert seen["error_rate"] == pytest.approx(11 / 21, abs=1e-4)
    assert seen["errors"] == {"status 503": 10, "refused": 1}


def test_the_baseline_with_its_tolerance_decides() -> None:
    usual = figures(samples(50, 0.1))
    assert judge(figures(samples(50, 0.17)), usual, Tolerance()) == []
    assert judge(figures(samples(50, 0.18)), usual, Tolerance())[0] == "p50 is 0.18 s, the baseline has 0.1 s"
    assert judge(figures(samples(50, 0.002)), figures(samples(50, 0.001)), Tolerance()) == []
    assert "requests answered a second" in judge(figures(samples(20, 0.1)[::3]), usual, Tolerance(share=0.2))[0]


def test_limits_hold_without_a_baseline() -> None:
    seen = figures([*samples(9, 0.5), Sample(1, 0.5, 500)])
    found = judge(seen, None, Tolerance(most_seconds=0.4))
    assert [line.split()[0] for line in found] == ["error", "p50", "p95", "p99"]
    assert judge(figures(samples(5, 0.1, 500)), None, Tolerance())[0].startswith("error rate 100.00%")


def test_a_wrong_tolerance_is_refused() -> None:
    with pytest.raises(ConfigError, match="does not know factor"):
        Tolerance.from_dict({"factor": 2})
    with pytest.raises(ConfigError, match="is a number"):
        Tolerance.from_dict({"share": "half"})
