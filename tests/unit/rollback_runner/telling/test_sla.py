"""The service level, worked by hand beside it, and from what clients of real drills saw."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from failback.errors import ConfigError

from rollback_runner.telling import measure, sla
from rollback_runner.watching import series

THREE_NINES = sla.Agreement(0.999, 30, ((0.999, 0.10), (0.99, 0.25), (0.95, 1.0)))


def _readings(*rows: tuple[float, float, float]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write (moment, requests a second, share of errors) as one node's readings."""
    return {"lb1": [(at, rate) for at, rate, _share in rows]}, {"lb1": [(at, share) for at, _rate, share in rows]}


@pytest.mark.parametrize(
    ("down", "before", "used_share", "availability", "credit"),
    [
        # 30 days have 2,592,000 s; 0.1 % of them are 2,592 s.
        (0.0, 0.0, 0.0, 1.0, 0.0),
        (1.1, 0.0, 0.000424, 0.999999576, 0.0),  # 1.1 / 2592; 1 - 1.1 / 2592000
        (1296.0, 0.0, 0.5, 0.9995, 0.0),  # half of it
        (2592.0, 0.0, 1.0, 0.999, 0.0),  # all of it, and not below what was promised
        (2593.0, 0.0, 1.000386, 0.998999614, 0.10),
        (1296.0, 1400.0, 1.040123, 0.998959877, 0.10),  # with what was used before: 2696
        (25921.0, 0.0, 10.000386, 0.989999614, 0.25),
        (200000.0, 0.0, 77.160494, 0.922839506, 1.0),
    ],
)
def test_budget_availability_and_credit(
    down: float, before: float, used_share: float, availability: float, credit: float
) -> None:
    found = sla.effect(THREE_NINES, sla.Downtime(down, source="ledger"), before)
    assert found.budget == 2592.0
    assert found.used == down + before
    assert found.used_share == used_share
    assert found.availability == availability
    assert found.credit == credit
    assert found.left == pytest.approx(2592.0 - down - before)


def test_what_was_not_measured_is_told_apart_and_bounds_the_credit() -> None:
    found = sla.effect(THREE_NINES, sla.Downtime(1000.0, unknown=2000.0, source="balancer"))
    assert (found.credit, found.credit_at_most, found.unknown) == (0.0, 0.10, 2000.0)
    assert found.used == 1000.0


def test_downtime_is_the_sum_of_readings_with_too_many_errors() -> None:
    # Every 5 s; half of the answers or more are errors at 15, 20 and 40.
    rows = [(float(at), 100.0, {15: 0.5, 20: 1.0, 40: 0.9}.get(at, 0.01)) for at in range(0, 60, 5)]
    found = sla.of_answers(*_readings(*rows), THREE_NINES)
    assert found.seconds == 15.0
    assert found.spans == ((10.0, 20.0), (35.0, 40.0))
    assert (found.unknown, found.source) == (0.0, "balancer")


def test_a_service_that_answers_nothing_is_down_only_where_it_is_asked() -> None:
    silent = [(0.0, 100.0, 0.0), (5.0, 100.0, 0.0), (10.0, 0.0, 0.0), (15.0, 0.0, 0.0), (20.0, 100.0, 0.0)]
    assert sla.of_answers(*_readings(*silent), THREE_NINES).seconds == 10.0
    night = [(at, rate / 1000, share) for at, rate, share in silent]
    found = sla.of_answers(*_readings(*night), THREE_NINES)
    assert (found.seconds, found.unknown) == (0.0, 10.0)


def test_a_gap_is_neither_up_nor_down() -> None:
    rows = [(0.0, 10.0, 0.0), (5.0, 10.0, 0.0), (10.0, 10.0, 0.0), (70.0, 10.0, 1.0), (75.0, 10.0, 1.0)]
    found = sla.of_answers(*_readings(*rows), THREE_NINES)
    assert (found.seconds, found.unknown) == (5.0, 60.0)


def test_what_lies_before_the_first_reading_was_not_measured() -> None:
    rows = [(1200.0, 10.0, 0.0), (1205.0, 10.0, 0.0)]
    assert sla.of_answers(*_readings(*rows), THREE_NINES, since=0.0).unknown == 1200.0
    assert sla.of_answers(*_readings(*rows), THREE_NINES, since=1300.0).unknown == 0.0


def test_nodes_are_weighed_by_what_they_answer() -> None:
    # One node of two fails at 10 s: it answers a tenth of all, so 10 % are errors; at 15 s the other one fails.
    requests = {"a": [(at, 90.0) for at in (0.0, 5.0, 10.0, 15.0)], "b": [(at, 10.0) for at in (0.1, 5.1, 10.1, 15.1)]}
    errors = {
        "a": [(0.0, 0.0), (5.0, 0.0), (10.0, 0.0), (15.0, 1.0)],
        "b": [(0.1, 0), (5.1, 0), (10.1, 1.0), (15.1, 0)],
    }
    found = sla.of_answers(requests, errors, THREE_NINES)
    assert found.spans == ((pytest.approx(10.1), pytest.approx(15.1)),)


def test_a_node_whose_reading_is_a_little_late_is_not_left_out() -> None:
    """Else the other node alone would be judged: an idle one whose few answers all fail, and a service that is well."""
    late = [(0.9, 100.0), (2.0, 100.0), (3.05, 100.0), (4.0, 100.0)]
    requests = {"busy": late, "idle": [(at + 0.5, 1.0) for at in (0.0, 1.0, 2.0, 3.0, 4.0)]}
    errors = {"busy": [(at, 0.0) for at, _ in late], "idle": [(at, 1.0) for at, _ in requests["idle"]]}
    found = sla.of_answers(requests, errors, THREE_NINES)
    assert (found.seconds, found.spans) == (0.0, ())


def test_the_same_requests_counted_in_front_of_the_balancers_are_not_added() -> None:
    # Every answer of the balancer fails; the door, which counts it once more, answers twice as much from its cache.
    requests = {"lb1": [(0.0, 10.0), (5.0, 10.0)], "door": [(0.0, 30.0), (5.0, 30.0)]}
    errors = {"lb1": [(0.0, 0.0), (5.0, 1.0)], "door": [(0.0, 0.0), (5.0, 0.3)]}
    assert sla.of_answers(requests, errors, THREE_NINES).seconds == 0.0
    assert sla.of_answers(*measure.one_layer(requests, errors, {"lb1"}), THREE_NINES).seconds == 5.0
    assert measure.one_layer(requests, errors, {"lb2"}) == (requests, errors)


def _kept(**more: float) -> dict[str, float]:
    return {
        "unknown": 1200.0,
        "early": 1200.0,
        "used": 0.0,
        "budget": 2592.0,
        "credit": 0.0,
        "credit_at_most": 0.0,
        **more,
    }


@pytest.mark.parametrize(
    ("kept", "matters", "said"),
    [
        (_kept(), False, "would change neither"),
        (_kept(early=1100.0), True, "100 s between readings"),
        (_kept(early=0.0), True, "1200 s between readings"),
        (_kept(used=1400.0), True, "would use the error budget up"),
        (_kept(used=2600.0), False, "would change neither"),
        (_kept(credit_at_most=0.1), True, "raise the credit to 10%"),
        (_kept(unknown=0.0), False, ""),
    ],
)
def test_what_was_not_measured_is_a_warning_only_where_it_matters(
    kept: dict[str, float],
    matters: bool,  # noqa: FBT001 - what is expected
    said: str,
) -> None:
    sentence, found = sla.unmeasured(kept)
    assert found is matters
    assert said in sentence
    assert bool(sentence) == bool(kept["unknown"])


def test_short_interruptions_do_not_count_where_the_agreement_says_so() -> None:
    agreed = sla.Agreement(0.999, least=6.0)
    rows = [(float(at), 10.0, {10: 1.0, 30: 1.0, 35: 1.0}.get(at, 0.0)) for at in range(0, 50, 5)]
    assert sla.of_answers(*_readings(*rows), agreed).seconds == 10.0
    assert sla.of_ledger({"write_outage_seconds": 5.9}, agreed).seconds == 0.0


def test_nothing_measured_is_no_downtime_of_zero() -> None:
    found = sla.of_answers({}, {}, THREE_NINES)
    assert not found.measured
    assert not sla.of_ledger({}, THREE_NINES).measured
    assert not sla.of_ledger({"write_outage_seconds": None}, THREE_NINES).measured


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"objective": 99.9},
        {"objective": 0},
        {"objective": "high"},
        {"objective": 0.999, "period_days": 0},
        {"objective": 0.999, "credits": [{"below": 99, "credit": 10}]},
        {"objective": 0.999, "credits": [{"credit": 0.1}]},
        {"objective": 0.999, "errors": 0},
    ],
)
def test_an_agreement_that_cannot_be_meant_is_refused(entry: dict[str, Any]) -> None:
    if not entry:
        assert sla.agreement(entry) is None
        return
    with pytest.raises(ConfigError, match="site_sla"):
        sla.agreement(entry)


def test_the_ledger_of_a_real_drill(stage: Any) -> None:
    run = stage.play(stage.lines("proven"), tell=False)
    run.report.write_text('{"metrics": {"write_outage_seconds": 0.877}}', encoding="utf-8")
    found = measure.service_level(stage.home, stage.incident, "lab", stage.given, 1795352100.0)
    assert (found["source"], found["downtime"], found["drill"]) == ("ledger", 0.877, True)
    assert found["used_share"] == round(0.877 / 2592, 6)


def test_without_a_ledger_the_readings_of_the_incident_count(stage: Any) -> None:
    stage.play(stage.lines("proven"), tell=False)
    begun = 1795350616.0  # 12:30:16, when the failure began
    moments = [begun + 600 + 5 * number for number in range(20)]
    points = [series.Point(at, "requests", "idc-lb1", 100.0) for at in moments]
    points += [
        series.Point(at, "errors", "idc-lb1", 1.0 if 4 <= number < 7 else 0.0) for number, at in enumerate(moments)
    ]
    series.place(stage.incident).mkdir()
    series.append(stage.incident, points)
    found = measure.service_level(stage.home, stage.incident, "lab", stage.given, moments[-1] + 1)
    assert (found["source"], found["downtime"], found["unknown"]) == ("balancer", 15.0, 600.0)
    assert found["early"] == 600.0
    assert found["spans"] == [[moments[3], moments[6]]]
    assert all(later > earlier for earlier, later in pairwise(moments))


def test_earlier_incidents_of_the_period_use_up_the_budget_and_drills_do_not() -> None:
    kept = [
        {"downtime": 100.0, "measured_until": 1000.0},
        {"downtime": 50.0, "measured_until": 5000.0},
        {"downtime": 30.0, "measured_until": 6000.0, "drill": True},
        {"downtime": None, "measured_until": 6000.0},
    ]
    assert measure.used(kept, since=2000.0) == 50.0
