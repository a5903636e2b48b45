"""Which way saves all, and what is lost otherwise: every combination of what can be wrong."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from failback import idc_data
from failback.gtid import GtidSet
from failback.stake import verdict
from failback.stake.situation import Situation

IDC, RDS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
CUT = GtidSet.parse(f"{IDC}:1-10")
USABLE = idc_data.IdcData(reachable=True, usable=True, serving=False, why="fine")
GONE = idc_data.IdcData(reachable=True, usable=False, serving=False, why="it has no table in shop")
WELL = Situation(idc=USABLE, idc_why={"en": "", "ko": ""}, cutover=CUT, purged=GtidSet(), idc_executed=CUT)
TROUBLE = {
    "idc": {"idc": GONE, "idc_why": {"en": "gone", "ko": "없음"}},
    "silent": {"rds_silent": "no answer"},
    "purged": {"purged": GtidSet.parse(f"{IDC}:1-10, {RDS}:1-3")},
    "errant": {"errant": GtidSet.parse(f"{IDC}:11")},
    "version": {"no_replication": {"en": "too old", "ko": "버전"}},
    "ddl": {"unreplayable": (("CREATE TABLE x", {"en": "VECTOR", "ko": "VECTOR"}),)},
    "filter": {"filtered": ("shop.orders",)},
    "unreadable": {"unreadable": "gtid_mode=OFF"},
    "incident": {"incidents": 1},
    "left_out": {"left_out": ("shop",)},
    "uncounted": {"uncounted": {"en": "120 s were not enough", "ko": "시간 부족"}},
}


def with_(*names: str) -> Situation:
    now = WELL
    for name in names:
        now = replace(now, **TROUBLE[name])
    return now


@pytest.mark.parametrize(
    ("wrong", "saved", "way", "lost"),
    [
        ((), "all", "switch-first", []),
        (("idc",), "all", "restore-first", []),
        (("errant",), "part", "", ["errant"]),
        (("idc", "errant"), "part", "restore-first", ["errant"]),
        (("idc", "errant", "version"), "part", "stop-first", ["errant"]),
        (("left_out",), "part", "switch-first", ["left_out:shop"]),
        (("uncounted",), "unknown", "switch-first", []),
        (("idc", "uncounted"), "unknown", "restore-first", []),
        (("incident", "uncounted"), "part", "switch-first", ["incident"]),
        (("version",), "all", "stop-first", []),
        (("ddl",), "all", "stop-first", []),
        (("filter",), "all", "stop-first", []),
        (("incident",), "part", "switch-first", ["incident"]),
        (("silent",), "unknown", "", ["out_of_reach"]),
        (("unreadable",), "unknown", "", []),
        (("purged",), "nothing", "", ["purged"]),
        (("idc", "purged"), "nothing", "", ["purged"]),
        (("idc", "silent"), "unknown", "", ["out_of_reach"]),
        (("silent", "errant"), "unknown", "", ["out_of_reach", "errant"]),
    ],
)
def test_verdict(wrong: tuple[str, ...], saved: str, way: str, lost: list[str]) -> None:
    found = verdict.judge(with_(*wrong))
    assert (found.saved, found.way, [item.key for item in found.lost]) == (saved, way, lost)


def test_purged_logs_that_idc_has_got_cost_nothing() -> None:
    now = replace(with_("purged"), idc_executed=GtidSet.parse(f"{IDC}:1-10, {RDS}:1-5"))
    found = verdict.judge(now)
    assert (found.saved, found.way) == ("all", "switch-first")
    assert {way.name: way.possible for way in found.ways} == {
        "switch-first": True, "restore-first": False, "stop-first": False,
    }  # fmt: skip


def test_part_of_the_purged_logs_is_lost_from_the_first_one_on() -> None:
    now = replace(with_("purged"), idc_executed=GtidSet.parse(f"{IDC}:1-10, {RDS}:1"))
    (lost,) = verdict.judge(now).lost
    assert (lost.transactions, lost.gtid) == (2, f"{RDS}:2-3")


def test_whatever_is_wrong_the_verdict_keeps_its_word() -> None:
    for size in range(len(TROUBLE) + 1):
        for names in itertools.combinations(TROUBLE, size):
            found = verdict.judge(with_(*names))
            ways = {way.name: way for way in found.ways}
            assert list(ways) == ["switch-first", "restore-first", "stop-first"]
            assert all(set(text) == {"en", "ko"} for text in [found.text, *(item.text for item in found.lost)])
            assert all(way.why["en"] and way.why["ko"] for way in found.ways if not way.saves_all)
            whole = bool(found.way) and not found.lost and "uncounted" not in names
            assert (found.saved == "all") == whole, names
            if found.saved == "all":
                assert ways[found.way].saves_all
            if "errant" in names and "idc" not in names:
                assert not any(way.possible for way in found.ways)  # nothing goes over data that stands
            if "silent" in names or "unreadable" in names:
                assert not any(way.possible for way in found.ways)
            if found.way == "":
                assert not any(way.possible for way in found.ways)
