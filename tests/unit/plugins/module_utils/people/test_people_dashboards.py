"""How old a dashboard's newest figure is, whatever way it tells the time."""

from __future__ import annotations

import json

import pytest
from failback.errors import ConfigError
from failback.people.dashboards import Age, Dashboard, age, findings

NOW = 1_770_000_000.0


@pytest.mark.parametrize(
    ("path", "document", "seconds"),
    [
        ("$.updated", {"updated": NOW - 5}, 5),
        ("$.updated", {"updated": (NOW - 5) * 1000}, 5),
        ("$.updated", {"updated": str(NOW - 5)}, 5),
        ("$.updated", {"updated": "2026-02-02T02:39:50Z"}, 10),
        ("$.updated", {"updated": "2026-02-02T11:39:50+09:00"}, 10),
        ("$.rows[-1].at", {"rows": [{"at": 1}, {"at": NOW - 7}]}, 7),
    ],
)
def test_the_time_is_read_as_dashboards_write_it(path: str, document: object, seconds: float) -> None:
    assert age(Dashboard("x", "http://x", time=path), json.dumps(document), NOW) == seconds


def test_prometheus_is_asked_for_the_time_of_the_sample() -> None:
    answer = {"data": {"result": [{"value": [NOW, str(NOW - 42)]}]}}
    assert age(Dashboard("x", "http://x", query="up"), json.dumps(answer), NOW) == 42


@pytest.mark.parametrize(
    ("board", "text", "says"),
    [
        (Dashboard("x", "", time="$.updated"), "<html>", "no JSON"),
        (Dashboard("x", "", time="$.updated"), "{}", "has no time where the site says: \\$ has no updated"),
        (Dashboard("x", "", time="$.updated"), '{"updated": "soon"}', "'soon' is no time"),
        (Dashboard("x", "", time="$.updated"), '{"updated": true}', "True is no time"),
        (Dashboard("x", "", query="up"), '{"data": {"result": []}}', "found no series"),
        (Dashboard("x", "", time="updated"), "{}", "is no path"),
    ],
)
def test_what_cannot_be_read_is_said(board: Dashboard, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        age(board, text, NOW)


def test_without_time_or_query_the_age_is_not_known() -> None:
    assert age(Dashboard("x", "http://x"), "anything", NOW) is None


def seen(name: str, error: str = "", value: float | None = 1.0) -> Age:
    return Age(name, f"http://{name}", 200, value, 30, 0.1, error)


def test_one_dead_dashboard_is_a_warning_and_all_dead_stop_the_phase() -> None:
    assert [one.severity for one in findings([seen("a"), seen("b", "HTTP 500")])] == ["warning"]
    assert [one.severity for one in findings([seen("a", "x"), seen("b", "y")])] == ["blocker", "blocker"]
    assert [one.key for one in findings([])] == ["dashboard:none"]
    assert [one.severity for one in findings([seen("a", value=None)])] == ["note"]
    assert list(findings([seen("a")])) == []
