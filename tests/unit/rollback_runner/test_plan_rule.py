from __future__ import annotations

import pytest

from rollback_runner import messages
from rollback_runner.plan import ways
from rollback_runner.plan.rule import Idc, Rds, Signals, choose, worst

CASES: list[tuple[Idc, Rds, str, str, bool]] = [
    ("usable", "sound", "both_sound", "switch-first", False),
    ("damaged", "sound", "idc_damaged", "restore-first", False),
    ("gone", "sound", "idc_damaged", "restore-first", False),
    ("damaged", "unknown", "idc_damaged", "restore-first", False),
    ("usable", "spoilt", "rds_spoilt", "stop-first", False),
    ("gone", "spoilt", "rds_spoilt", "stop-first", False),
    ("usable", "unreachable", "rds_unreachable", "switch-first", True),
    ("gone", "unreachable", "both_gone", "restore-first", True),
    ("unknown", "sound", "unknown", "", False),
    ("usable", "unknown", "unknown", "", False),
    ("unknown", "unreachable", "unknown", "", False),
    ("unknown", "spoilt", "rds_spoilt", "stop-first", False),
    ("serving", "sound", "idc_serves", "", False),
    ("serving", "spoilt", "idc_serves", "", False),
]


@pytest.mark.parametrize(("idc", "rds", "rule", "says", "loses"), CASES)
def test_the_rule_picks_the_way(idc: Idc, rds: Rds, rule: str, says: str, loses: bool) -> None:  # noqa: FBT001 - a column
    choice = choose(Signals(idc, rds), of_site="stop-first")
    assert (choice.rule, choice.rule_says, choice.loses) == (rule, says, loses)
    assert choice.strategy == (says or "stop-first")
    assert choice.by == ("rule" if says else "site")


@pytest.mark.parametrize("rule", sorted({case[2] for case in CASES} | {"of_person"}))
def test_every_reason_is_said_in_both_languages(rule: str) -> None:
    assert messages.Texts("en")(f"plan.rule.{rule}") != messages.Texts("ko")(f"plan.rule.{rule}")


def test_a_person_decides_and_the_rule_is_still_told() -> None:
    choice = choose(Signals("gone", "sound"), of_site="switch-first", asked="stop-first")
    assert (choice.strategy, choice.by, choice.rule_says) == ("stop-first", "person", "restore-first")
    assert choice.against_rule


def test_who_asks_for_what_the_rule_says_decides_nothing() -> None:
    assert choose(Signals("gone", "sound"), of_site="switch-first", asked="restore-first").by == "rule"
    assert choose(Signals(), of_site="switch-first", asked="switch-first").by == "site"


def test_several_databases_go_the_way_of_the_worst() -> None:
    found = worst([Signals("usable", "sound"), Signals("damaged", "sound", {"idc": "no table"})])
    assert (found.idc, found.rds, found.why) == ("damaged", "sound", {"idc": "no table"})
    assert worst([Signals("usable", "sound"), Signals("usable", "spoilt")]).rds == "spoilt"
    assert worst([]) == Signals()


def test_every_way_can_be_reached_by_rule() -> None:
    assert {says for _, _, _, says, _ in CASES} - {""} == set(ways.WAYS)
