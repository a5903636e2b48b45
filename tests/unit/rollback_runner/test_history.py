from __future__ import annotations

from typing import Any

from rollback_runner.plan.history import History, Spread, forecast, of, spread


def report(seconds: float, offset: int, **changes: Any) -> dict[str, Any]:
    return {
        "site": "lab",
        "check": False,
        "phases": [{"name": "emergency", "status": "done", "started": "2026-01-01T00:00:00Z", "seconds": seconds}],
        "items": [{"id": "AWS-01", "phase": "emergency", "ended": f"2026-01-01T00:00:{offset:02d}Z"}],
    } | changes


def test_p50_and_p90_by_nearest_rank() -> None:
    assert spread([]) is None
    assert spread([3.0]) == Spread(3.0, 3.0, 1)
    assert spread([float(n) for n in range(1, 11)]) == Spread(5.0, 9.0, 10)


def test_only_runs_that_went_through_teach() -> None:
    failed = [{"name": "emergency", "status": "failed", "started": "2026-01-01T00:00:00Z", "seconds": 1}]
    reports = [
        report(30, 10),
        report(40, 12),
        report(1, 1, check=True),
        report(2, 1, site="x"),
        report(3, 1, phases=failed),
    ]
    past = of(reports, "lab", "emergency")
    assert past.phase == Spread(30, 40, 2)
    assert past.offsets == {"AWS-01": Spread(10, 12, 2)}


def test_the_forecast_follows_what_is_finished() -> None:
    past = History(Spread(30, 40, 5), {"AWS-01": Spread(10, 12, 5), "SWITCH-01": Spread(25, 30, 5)})
    assert forecast(past, 0, {}) == Spread(30, 40, 5)
    assert forecast(past, 20, {"AWS-01": 20}) == Spread(40, 50, 5)
    assert forecast(past, 100, {"AWS-01": 20}) == Spread(100, 100, 5)
    assert forecast(History(None, {}), 5, {}) is None
