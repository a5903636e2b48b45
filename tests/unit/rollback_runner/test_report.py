from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rollback_runner.record import report

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "reports" / "success.json"


@pytest.fixture
def good() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIXTURE.read_text(encoding="utf-8"))
    return found


def test_a_real_report_follows_the_schema(good: dict[str, Any]) -> None:
    assert report.problems(good) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("status",), "green"),
        (("plan_digest",), "x"),
        (("items", 0, "status"), "ok"),
        (("items", 0, "hosts", 0, "evidence", 0, "extra"), 1),
        (("metrics", "lost_writes"), "none"),
        (("unknown_field",), 1),
    ],
)
def test_a_departure_from_the_schema_is_found(good: dict[str, Any], path: tuple[Any, ...], value: object) -> None:
    bad = copy.deepcopy(good)
    place: Any = bad
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert report.problems(bad) != []


def test_people_read_it_in_both_languages(good: dict[str, Any]) -> None:
    good["metrics"] = {"write_outage_seconds": 2.5, "lost_writes": 0, "something_new": 3, "something_new_detail": {}}
    text = report.markdown(good)
    for words in ("Done and proven", "완료 및 검증됨", "Lost writes | 0", "유실된 쓰기 | 0", "something_new | 3"):
        assert words in text
    assert "something_new_detail" not in text


@pytest.mark.parametrize(("language", "words"), [("en", "13 of 14 items proven"), ("ko", "14개 항목 중 13개 검증됨")])
def test_the_summary_says_what_a_commander_asks_first(good: dict[str, Any], language: Any, words: str) -> None:
    text = report.summary(good, language)
    assert words in text
    assert "next." not in text


def test_a_failed_run_names_task_host_and_words(good: dict[str, Any]) -> None:
    good |= {"outcome": "unproven", "next_step": "next.fenced", "stopped_at": "AWS-03 | Record FINAL"}
    good["failures"] = [
        {
            "phase": "emergency",
            "ids": ["AWS-03"],
            "host": "shop-db",
            "task": "Record FINAL",
            "status": "failed",
            "message": "it moved",
        }
    ]
    good["unfinished_acts"] = [{"act": "set x", "host": "shop-db", "task": "t", "time": "now"}]
    for text in (report.summary(good, "en"), report.markdown(good)):
        assert "it moved" in text
        assert "set x" in text
        assert "AWS-03 | Record FINAL" in text
