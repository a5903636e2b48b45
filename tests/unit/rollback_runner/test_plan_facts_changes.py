from __future__ import annotations

from typing import Any

import planned
import pytest

from rollback_runner.plan.facts_changes import of_facts


def stake(savable: str = "all", rows: int = 100, ddl: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"stake": {"shop-db": {"savable": savable, "rows": rows, "ddl": list(ddl)}}}


def forecast(p50: float | None, p90: float | None) -> dict[str, Any]:
    return {"forecast": {"phases": [{"phase": "emergency", "p50": p50, "p90": p90, "budget": 900.0}]}}


def choice(says: str, strategy: str = "switch-first") -> dict[str, Any]:
    return {"choice": planned.facts()["choice"] | {"rule_says": says, "strategy": strategy}}


GOOD = [planned.finding("warning", "clock")]
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, bool]]]] = [
    ("nothing", {}, {}, []),
    ("stake grows", {}, stake(rows=250), [("stake:shop-db:rows", True)]),
    ("stake shrinks", {}, stake(rows=50), [("stake:shop-db:rows", True)]),
    ("not all can be saved any more", {}, stake("part"), [("stake:shop-db:verdict", False)]),
    ("nothing can be saved any more", {}, stake("nothing"), [("stake:shop-db:verdict", False)]),
    ("it is not known any more", {}, stake("unknown"), [("stake:shop-db:verdict", False)]),
    ("more can be saved", stake("part"), {}, [("stake:shop-db:verdict", True)]),
    ("it is known now", stake("unknown"), {}, [("stake:shop-db:verdict", True)]),
    ("it was looked at", {"stake": {}}, {}, [("stake:shop-db:verdict", True), ("stake:shop-db:rows", True)]),
    ("a definition changed", {}, stake(ddl=("ALTER TABLE t",)), [("stake:shop-db:ddl", False)]),
    ("a known definition", stake(ddl=("ALTER TABLE t",)), stake(ddl=("ALTER TABLE t",)), []),
    ("a new blocker", {}, {"findings": [planned.finding("blocker", "grant")]}, [("finding:grant", False)]),
    ("a new warning", {}, {"findings": GOOD}, [("finding:clock", True)]),
    ("a warning that became a blocker", {"findings": GOOD}, {"findings": [planned.finding("blocker", "clock")]},
     [("finding:clock", False)]),
    ("a blocker that became a warning", {"findings": [planned.finding("blocker", "clock")]}, {"findings": GOOD}, []),
    ("a finding is gone", {"findings": GOOD}, {}, [("finding:clock", True)]),
    ("the usual case is late", {}, forecast(1000.0, 1200.0), [("forecast:emergency", False)]),
    ("only the slow case is late", {}, forecast(30.0, 1200.0), [("forecast:emergency", True)]),
    ("it was late already", forecast(1000.0, 1200.0), forecast(1100.0, 1300.0), []),
    ("no forecast any more", {}, forecast(None, None), []),
    ("the rule takes another way", choice("switch-first"), choice("restore-first"), [("rule", False)]),
    ("the rule takes the way a person chose", choice("switch-first", "stop-first"), choice("stop-first", "stop-first"),
     [("rule", True)]),
    ("the rule cannot tell any more", choice("switch-first"), choice(""), [("rule", True)]),
    ("a drill does not count any more", {}, {"drill": {"state": "stale"}}, [("drill", True)]),
    ("a drill counts now", {"drill": {"state": "never"}}, {}, [("drill", True)]),
    ("whom to call", {}, {"people": {"site_people": "two"}}, [("people", True)]),
    ("the command is another version", {}, {"software": "1.1"}, [("software", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_change_is_judged_by_its_rule(
    before: dict[str, Any], now: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    found = of_facts(planned.facts(**before), planned.facts(**now))
    assert [(change.key, change.harmless) for change in found] == expected
    for change in found:
        assert change.sentence["en"] != change.sentence["ko"]


def test_a_finding_is_quoted_as_it_is_whatever_signs_it_holds() -> None:
    change = of_facts(planned.facts(), planned.facts(findings=[planned.finding("blocker", "grant")]))[0]
    assert change.sentence["en"] == "New, and must be cleared: grant is {so}"
