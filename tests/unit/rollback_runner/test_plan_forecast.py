from __future__ import annotations

from typing import Any

import planned

from rollback_runner.plan import forecast as plan_forecast


def report(site: str, **seconds: float) -> dict[str, Any]:
    phases = [
        {"name": name.replace("_", ":"), "status": "done", "started": "2026-01-01T00:00:00Z", "seconds": took}
        for name, took in seconds.items()
    ]
    return {"site": site, "phases": phases, "items": []}


STOP = planned.plans(planned.site(), strategy="stop-first")


def test_legs_of_one_phase_share_its_budget() -> None:
    known = {"emergency_stop": 20.0, "full_restore": 900.0, "emergency_open": 40.0, "full": 30.0}
    ahead = plan_forecast.make(STOP, [report("shop", **known)], ["shop"])
    assert [(phase.phase, phase.p50, phase.budget) for phase in ahead.phases] == [
        ("emergency", 60.0, 900.0),
        ("full", 930.0, 3600.0),
    ]
    assert (ahead.p50, ahead.p90, ahead.late) == (990.0, 990.0, ())


def test_a_leg_that_nobody_saw_makes_no_promise() -> None:
    ahead = plan_forecast.make(STOP, [report("shop", emergency_stop=20.0)], ["shop"])
    assert ahead.phases[0].p50 is None
    assert (ahead.p50, ahead.p90) == (None, None)


def test_the_slow_case_past_the_budget_is_late() -> None:
    plans = planned.plans(planned.site())
    runs = [report("shop", emergency=took, full=10.0) for took in (100.0, 100.0, 1000.0)]
    late = plan_forecast.make(plans, runs, ["shop"]).late
    assert [(phase.phase, phase.p50, phase.p90) for phase in late] == [("emergency", 100.0, 1000.0)]


def test_drills_elsewhere_teach_where_the_site_has_none() -> None:
    plans = planned.plans(planned.site())
    runs = [report("lab", emergency=50.0, full=10.0), report("shop", full=99.0)]
    ahead = plan_forecast.make(plans, runs, ["shop", "lab"])
    assert [(leg.name, leg.learnt_at, leg.spread.p50 if leg.spread else None) for leg in ahead.legs] == [
        ("emergency", "lab", 50.0),
        ("full", "shop", 99.0),
    ]
    assert plan_forecast.make(plans, runs, ["shop"]).as_dict()["p50"] is None
