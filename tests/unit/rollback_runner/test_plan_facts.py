from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import planned
import pytest
from failback import incident as incidents
from failback.people import words

from rollback_runner.errors import RefusedError
from rollback_runner.plan import facts as plan_facts
from rollback_runner.plan.facts import Known

if TYPE_CHECKING:
    from pathlib import Path

SITE = planned.site()


def stake(**changes: Any) -> dict[str, Any]:
    return {
        "measured_at": "2026-01-01T00:00:00Z",
        "sentence": {"en": "37 orders", "ko": "주문 37건"},
        "verdict": {"saved": "all", "way": "switch-first", "sentence": {"en": "All.", "ko": "모두."}},
        "ways": {
            "switch-first": {"possible": True, "why": {"en": "", "ko": ""}},
            "restore-first": {"possible": True, "why": {"en": "", "ko": ""}},
        },
        "idc": {"reachable": True, "usable": True, "why": "it holds all of the cut-over"},
        "rds": {"reachable": True, "why": ""},
        "counted": {"rows": {"inserted": 30, "updated": 5, "deleted": 2}, "complete": True, "data_transactions": 12},
        "ddl": [{"statement": "ALTER TABLE orders ADD COLUMN x INT"}],
    } | changes


def known(*said: words.Word, **facts: Any) -> Known:
    return Known({name.replace("__", "."): one for name, one in facts.items()}, words.Words(said))


def signals(found: Known) -> tuple[str, str]:
    one = plan_facts.signals(found, SITE)[0]
    return one.idc, one.rds


def cause(category: str) -> words.Word:
    return words.Word("confirm", "SIT-01", "lee", details={"category": category, "statement": "x"})


def of(**changes: Any) -> Known:
    return Known({"stake.shop-db": stake(**changes)})


def test_nothing_known_is_nothing_known() -> None:
    assert signals(Known()) == ("unknown", "unknown")
    assert plan_facts.stake(Known()) == {}
    assert plan_facts.backups(Known(), "restore-first") == {}


PARTED = {
    "switch-first": {"possible": False, "why": {"en": "the two have parted", "ko": "갈라졌습니다"}},
    "restore-first": {"possible": True},
}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (of(), ("usable", "sound")),
        (of(idc={"reachable": True, "usable": False, "why": "no table"}), ("damaged", "sound")),
        (of(idc={"reachable": False, "usable": False, "why": "refused"}), ("gone", "sound")),
        (of(rds={"reachable": False, "why": "timed out"}), ("usable", "unreachable")),
        (of(ways=PARTED), ("damaged", "sound")),
        (of(ways=PARTED, idc={"reachable": True, "usable": True, "serving": True}), ("serving", "sound")),
    ],
)
def test_the_sides_are_read_from_what_is_at_stake(found: Known, expected: tuple[str, str]) -> None:
    assert signals(found) == expected


@pytest.mark.parametrize(
    ("category", "spoilt"), [("data", True), ("data_corruption", True), ("데이터 훼손", True), ("network", False)]
)
def test_a_person_says_that_the_data_of_rds_is_going_bad(category: str, spoilt: bool) -> None:  # noqa: FBT001 - a column
    found = Known({"stake.shop-db": stake()}, words.Words((cause(category),)))
    assert signals(found) == ("usable", "spoilt" if spoilt else "sound")
    assert plan_facts.signals(found, SITE)[0].why == ({"rds": category} if spoilt else {})


def test_a_cause_that_was_waived_says_nothing() -> None:
    waived = words.Word("waive", "SIT-01", "kim", "no time", details={"category": "data"})
    assert signals(Known({"stake.shop-db": stake()}, words.Words((cause("data"), waived)))) == ("usable", "sound")


def test_the_stake_is_quoted_with_its_figures() -> None:
    found = plan_facts.stake(of())["shop-db"]
    assert (found["savable"], found["rows"], found["transactions"]) == ("all", 37, 12)
    assert found["ddl"] == ["ALTER TABLE orders ADD COLUMN x INT"]
    guessed = plan_facts.stake(of(counted={"rows": {}, "extrapolated_row_changes": 9000, "complete": False}))["shop-db"]
    assert (guessed["rows"], guessed["complete"]) == (9000, False)
    empty = plan_facts.stake(Known({"stake.shop-db": {}}))["shop-db"]
    assert (empty["savable"], empty["rows"]) == ("unknown", 0)


def test_the_chosen_backup_counts_where_the_way_restores() -> None:
    found = Known({"backup.shop-db": {"chosen": {"name": "nightly", "digest": "d1"}}, "backup.other": {"chosen": None}})
    assert plan_facts.backups(found, "switch-first") == {}
    assert plan_facts.backups(found, "restore-first") == {"other": [], "shop-db": [{"name": "nightly", "digest": "d1"}]}


def test_a_backup_that_was_verified_again_is_the_one_that_counts() -> None:
    first = {"checked_at": "2026-01-01T00:00:00+00:00", "chosen": {"name": "nightly", "digest": "d1"}}
    again = {"checked_at": "2026-01-01T01:00:00+00:00", "chosen": {"name": "nightly", "digest": "d2"}}
    both = Known({"backup.shop-db": first, "backup_again.shop-db": again})
    assert plan_facts.backups(both, "stop-first")["shop-db"][0]["digest"] == "d2"
    older = Known({"backup.shop-db": again, "backup_again.shop-db": first})
    assert plan_facts.backups(older, "stop-first")["shop-db"][0]["digest"] == "d2"
    gone = Known({"backup.shop-db": first, "backup_again.shop-db": again | {"chosen": None}})
    assert plan_facts.backups(gone, "stop-first") == {"shop-db": []}


@pytest.mark.parametrize(
    ("statement", "kind", "counts"),
    [
        ("ALTER TABLE orders ADD x INT", "table", True),
        ("CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW SET @x = 1", "program", True),
        ("ALTER USER shop_app ACCOUNT LOCK", "account", False),
        ("ALTER DEFINER=`rr_admin`@`%` EVENT `shop`.`nightly` DISABLE ON REPLICA", "program", False),
    ],
)
def test_only_what_changes_the_shape_counts_as_a_definition(statement: str, kind: str, counts: bool) -> None:  # noqa: FBT001 - a column
    found = plan_facts.stake(of(ddl=[{"statement": statement, "kind": kind}]))["shop-db"]
    assert bool(found["ddl"]) is counts


def test_what_nobody_looked_at_is_open() -> None:
    found = plan_facts.findings(Known(), "switch-first")
    assert [(one["severity"], one["key"]) for one in found] == [
        ("blocker", "not_looked:paths"),
        ("blocker", "not_looked:permissions"),
        ("blocker", "not_looked:stake"),
        ("warning", "not_looked:backup"),
        ("warning", "not_looked:fitness"),
        ("warning", "not_looked:room"),
        ("warning", "not_looked:situation"),
    ]
    assert found[0]["sentence"]["ko"] == "네트워크 경로: 아직 점검하지 않았습니다"
    restoring = plan_facts.findings(Known(), "restore-first")
    assert ("blocker", "not_looked:backup") in [(one["severity"], one["key"]) for one in restoring]


def test_what_was_looked_at_long_ago_is_told() -> None:
    found = Known({"stake.shop-db": stake(), "fitness-host.a1": {"at": "2020-01-01T00:00:00Z"}, "backup.b": {"at": 5}})
    for hours, expected in ((5, []), (7, ["looked_long_ago:stake.shop-db"])):
        now = datetime(2026, 1, 1, hours, tzinfo=UTC)
        keys = [one["key"] for one in plan_facts.findings(found, "switch-first", now)]
        assert [key for key in keys if key.startswith("looked")] == expected


def test_findings_are_gathered_from_everywhere_once_the_gravest_first() -> None:
    kept = {
        "paths.ports.a1": {},
        "room-host.a1": {},
        "permissions.host.a1": {
            "findings": [{"severity": "warning", "key": "grant", "sentence": "x", "next_step": "GRANT"}]
        },
        "situation.s": {"sentences": [{"severity": "note", "key": "calm", "en": "calm", "ko": "평온"}]},
        "backup.shop-db": {"sources": [{"findings": [{"severity": "warning", "key": "old", "sentence": "old"}]}]},
        "stake.shop-db": {},
        "fitness-host.a1": {},
    }
    reported = ({"severity": "blocker", "key": "grant", "sentence": "worse", "next_step": "GRANT ALL"},)
    found = plan_facts.findings(Known(kept, words.Words(), reported), "switch-first")
    assert [(one["severity"], one["key"]) for one in found] == [
        ("blocker", "grant"),
        ("warning", "old"),
        ("note", "situation:calm"),
    ]
    assert found[0]["next_step"] == "GRANT ALL"
    assert found[2]["sentence"] == {"en": "calm", "ko": "평온"}


def test_the_incident_is_read_with_the_findings_of_its_newest_prepare(tmp_path: Path) -> None:
    place = incidents.begin(tmp_path, "shop")
    incidents.keep(place, "stake.shop-db", stake())
    words.say(place, cause("data"))
    rows = [{"severity": "note", "key": "k", "sentence": "s"}]
    reports = [
        {"incident": "another", "phases": [{"name": "prepare"}], "findings": []},
        {"incident": place.name, "phases": [{"name": "emergency"}], "findings": []},
        {"incident": place.name, "phases": [{"name": "prepare"}], "findings": rows},
    ]
    found = plan_facts.read(place, reports)
    assert signals(found) == ("usable", "spoilt")
    assert list(found.reported) == rows
    assert plan_facts.read(None) == Known()


def test_what_people_said_and_somebody_changed_is_refused(tmp_path: Path) -> None:
    place = incidents.begin(tmp_path, "shop")
    words.say(place, cause("data"))
    words.say(place, cause("network"))
    path = place / words.FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"data"', '"datb"'), encoding="utf-8")
    with pytest.raises(RefusedError, match="is not what people said"):
        plan_facts.read(place)
