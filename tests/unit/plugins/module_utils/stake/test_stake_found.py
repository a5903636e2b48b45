"""Findings that no server makes on demand; and that every finding has its key, its severity and a way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from failback import idc_data
from failback.gtid import GtidSet
from failback.mysql import Login
from failback.observe import Identity
from failback.stake import fact, facts, found, measure, pairing
from failback.stake.counts import Table, Totals
from failback.stake.facts import Cascade
from failback.stake.reader import Reading
from failback.stake.situation import Verdict
from failback.stake.tables import Tables
from failback.stake.tally import Tally

IDC, RDS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
CUT = GtidSet.parse(f"{IDC}:1-10")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
WHOLE = Reading(complete=True, why="", kind="", seconds=1.0, bytes=1000, factor=1.0)


def who(uuid: str, executed: str) -> Identity:
    return Identity(
        uuid=uuid, server_id=1, version="9.7.4", hostname="host", read_only=False, super_read_only=False,
        executed=GtidSet.parse(executed), purged=GtidSet(), gtid_mode="ON", scheduler="ON",
    )  # fmt: skip


def measured(**more: Any) -> tuple[measure.Question, measure.Measured]:
    login = Login("192.0.2.1", 3306, "rr_admin", "secrets/none")
    ask = measure.Question(login, login, CUT, ["shop"], names={}, strategy=more.pop("strategy", ""))
    usable = idc_data.IdcData(reachable=True, usable=True, serving=False, why="fine")
    rds = {"who": who(RDS, f"{IDC}:1-10,{RDS}:1-5"), "settings": {"innodb_native_foreign_keys": "OFF"}}
    tally = Tally(GtidSet(), GtidSet(), Tables(["shop"]))
    for name, value in more.pop("tally", {}).items():
        setattr(tally, name, value)
    for label, table in more.pop("tables", {}).items():
        tally.tables.by_name[label] = table
    rds |= more.pop("rds", {})
    idc = {"data": usable, "who": who(IDC, f"{IDC}:1-10")} | more.pop("idc", {})
    given: dict[str, Any] = {
        "rds": facts.Rds(**rds),
        "idc": facts.Idc(**idc),
        "tally": tally,
        "reading": WHOLE,
        "source": "RDS",
        "wanted": GtidSet(),
        "errant": GtidSet(),
        "passed_over": GtidSet(),
        "verdict": Verdict("all", "switch-first", {"en": "All.", "ko": "모두."}, (), ()),
        "unreplayable": (),
        "filtered": (),
        "strangers": (),
    }
    return ask, measure.Measured(**(given | more))


def keys(**more: Any) -> dict[str, str]:
    ask, got = measured(**more)
    return {one.key: one.severity for one in found.findings(ask, got, NOW)}


def changed(insert: int = 0, update: int = 0, delete: int = 0) -> Table:
    table = Table()
    table.rows.insert, table.rows.update, table.rows.delete = insert, update, delete
    return table


def test_a_sound_pair_has_only_the_sum() -> None:
    assert keys() == {"stake": "note"}


@pytest.mark.parametrize(
    ("more", "key", "severity"),
    [
        ({"tally": {"incidents": 1}}, "rds:incident", "blocker"),
        ({"rds": {"unlogged": "crm"}}, "logs:left_out", "blocker"),
        ({"rds": {"retention": "0"}}, "logs:retention", "warning"),
        ({"rds": {"retention": "24"}, "tally": {"totals": Totals(first_lacking=int(NOW.timestamp()) - 82_800)}},
         "logs:retention", "warning"),
        ({"reading": Reading(False, "the deadline of 120 s passed", "deadline", 120.0, 9, 4.0)},  # noqa: FBT003 - its first fields
         "stake:deadline", "warning"),
        ({"reading": Reading(False, "gone away", "broken", 3.0, 9, 1.0)}, "logs:unreadable", "blocker"),  # noqa: FBT003 - its first fields
        ({"tables": {"mysql.user": changed(update=1)}}, "schema:mysql", "note"),
        ({"tables": {"crm.people": changed(insert=1)}}, "schema:crm", "warning"),
        ({"tables": {"shop.t": changed(insert=1)}}, "names:site_tables", "note"),
        ({"tables": {"shop.t": changed(insert=1)}, "rds": {"engines": {"shop.t": "MyISAM"}, "keys": {"shop.t": (0,)}}},
         "rows:engine", "warning"),
        ({"tables": {"shop.t": changed(insert=1)}, "rds": {"engines": {"shop.t": "InnoDB"}}}, "rows:no_key", "note"),
        ({"strangers": ("idc",)}, "identity:idc", "blocker"),
    ],
)  # fmt: skip
def test_each_finding(more: dict[str, Any], key: str, severity: str) -> None:
    assert keys(**more)[key] == severity


def test_the_last_day_before_a_purge_is_told_and_a_week_is_not() -> None:
    first = {"totals": Totals(first_lacking=int(NOW.timestamp()) - 3600)}
    assert "logs:retention" not in keys(rds={"retention": "168"}, tally=first)
    assert "logs:retention" in keys(rds={"retention": "12"}, tally=first)


def test_cascades_are_followed_to_grandchildren_and_round_in_circles() -> None:
    cascades = (
        Cascade("shop.items", "shop.orders", on_delete=True, on_update=False),
        Cascade("shop.notes", "shop.items", on_delete=True, on_update=False),
        Cascade("shop.orders", "shop.notes", on_delete=True, on_update=False),
        Cascade("shop.other", "shop.people", on_delete=True, on_update=False),
    )
    ask, got = measured(
        rds={"settings": {}, "cascades": cascades},
        idc={"tables": {"shop.orders": 10, "shop.items": 30, "shop.notes": 60}},
        tables={"shop.orders": changed(delete=2), "shop.people": changed(insert=5)},
    )
    told = {one.key: one.sentence for one in found.findings(ask, got, NOW) if one.key.startswith("rows:cascade")}
    assert "about 6 rows" in told["rows:cascade:shop.items"]
    assert "about 12 rows" in told["rows:cascade:shop.notes"]
    assert "rows:cascade:shop.other" not in told


def test_the_gravest_stand_first_and_each_says_what_next() -> None:
    ask, got = measured(
        tally={"incidents": 1},
        rds={"unlogged": "crm", "retention": "0"},
        tables={"crm.people": changed(insert=1), "shop.t": changed(insert=1)},
        filtered=("shop.t",),
    )
    listed = found.findings(ask, got, NOW)
    order = [one.severity for one in listed]
    assert order == sorted(order, key=["blocker", "warning", "note"].index)
    assert all(one.next_step for one in listed if one.severity != "note")
    assert len({one.key for one in listed}) == len(listed)


def test_the_fact_is_json_with_both_languages() -> None:
    ask, got = measured(tables={"shop.t": changed(insert=3)}, tally={"totals": Totals(data=1, data_bytes=5_000_000)})
    told = fact.fact(ask, got, NOW)
    assert told["measured_at"] == "2026-11-22T09:00:00Z"
    assert told["sentence"] == {"en": "3 rows of shop.t", "ko": "shop.t 3건"}
    assert told["extent"]["ko"] == "트랜잭션 1건, 행 변경 3회, 바이너리 로그 5.0 MB"
    assert told["gtid"]["rds_has_idc_lacks"]["transactions"] == 5


ERRANT = GtidSet.parse(f"{IDC}:11-60")
DAMAGED = idc_data.IdcData(reachable=True, usable=False, serving=False, why="it lacks 1 transactions")
MIXED = pairing.Obstacle("settings:rds:binlog_format", {"en": "binlog_format=MIXED", "ko": "MIXED"}, "set ROW")


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"unreplayable": (("CREATE TABLE x", {"en": "VECTOR", "ko": "VECTOR"}),)}, "ddl:unreplayable:VECTOR"),
        ({"filtered": ("shop.t",)}, "filter:shop.t"),
        ({"tally": {"incidents": 1}}, "rds:incident"),
        ({"reading": Reading(False, "gone away", "broken", 3.0, 9, 1.0)}, "logs:unreadable"),  # noqa: FBT003 - its first fields
        ({"rds": {"prepared": 1}}, "rds:prepared"),
        ({"obstacles": (MIXED,)}, "settings:rds:binlog_format"),
        ({"errant": ERRANT, "idc": {"data": DAMAGED}}, "idc:errant"),
    ],
)  # fmt: skip
def test_what_only_stops_replication_warns_where_nothing_replicates(more: dict[str, Any], key: str) -> None:
    said = {way: keys(strategy=way, **dict(more))[key] for way in ("", "switch-first", "restore-first", "stop-first")}
    assert said == {"": "blocker", "switch-first": "blocker", "restore-first": "blocker", "stop-first": "warning"}


def test_what_idc_alone_has_stops_every_way_while_its_data_stands() -> None:
    for way in ("switch-first", "restore-first", "stop-first"):
        assert keys(strategy=way, errant=ERRANT)["idc:errant"] == "blocker"


def test_idc_that_was_opened_is_meant_to_have_its_own() -> None:
    serving = idc_data.IdcData(reachable=True, usable=True, serving=True, why="it takes writes")
    assert keys(errant=ERRANT, idc={"data": serving}, opened=True) == {"stake": "note", "idc:opened": "note"}
    assert {"idc:errant", "idc:writable"} < keys(errant=ERRANT, idc={"data": serving}).keys()


@pytest.mark.parametrize(
    ("rds", "idc", "key"),
    [
        ({"binlog_format": "MIXED"}, {}, "settings:rds:binlog_format"),
        ({"binlog_row_image": "MINIMAL"}, {}, "settings:rds:binlog_row_image"),
        ({"binlog_row_value_options": "PARTIAL_JSON"}, {}, "settings:rds:binlog_row_value_options"),
        ({"lower_case_table_names": "1"}, {"lower_case_table_names": "0"}, "settings:lower_case_table_names"),
    ],
)
def test_settings_that_forbid_replication(rds: dict[str, str], idc: dict[str, str], key: str) -> None:
    two = replace(who(RDS, f"{RDS}:1"), server_id=2)
    one = facts.Idc(
        idc_data.IdcData(reachable=True, usable=True, serving=False, why=""), who(IDC, f"{IDC}:1"), settings=idc
    )
    (item,) = pairing.obstacles(facts.Rds(who=two, settings=rds), one)
    assert (item.key, set(item.text)) == (key, {"en", "ko"})
    assert item.remedy
    assert list(pairing.obstacles(facts.Rds(who=two, settings={"binlog_format": "ROW"}), one)) == []


def test_the_same_number_and_a_version_that_does_not_follow() -> None:
    idc = facts.Idc(idc_data.IdcData(reachable=True, usable=True, serving=False, why=""), who(IDC, f"{IDC}:1"))
    found_keys = [item.key for item in pairing.obstacles(facts.Rds(who=who(RDS, "")), idc)]
    assert found_keys == ["settings:server_id"]
    old = replace(idc, who=replace(who(IDC, f"{IDC}:1"), version="8.0.40", server_id=2))
    assert [item.key for item in pairing.obstacles(facts.Rds(who=who(RDS, "")), old)] == ["replication:version"]
