"""Looks at IDC alone: the state of its data (idc_state), and whether foreign keys lead somewhere (mysql_orphans)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idc_side import fresh, planted, run_action, write_rows

if TYPE_CHECKING:
    import mysql_pair


def state(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    args = {"idc": pair.idc.login_dict(), "cutover_gtid": pair.cutover, "schemas": ["shop"]}
    return run_action("idc_state", args | more)


def orphans(pair: mysql_pair.Pair) -> dict[str, Any]:
    return run_action("mysql_orphans", {"idc": pair.idc.login_dict(), "schemas": ["shop"]})


def test_untouched_data_is_usable_and_does_not_serve(pair: mysql_pair.Pair) -> None:
    found = state(pair, must="not_serve")
    assert not found["changed"]
    assert found["after"] == {
        "reachable": True, "usable": True, "serving": False, "why": "it holds all of the cut-over"
    }  # fmt: skip
    refused = state(pair, must="serve")
    assert refused["refused"]
    assert "IDC does not serve yet" in refused["msg"]


def test_an_open_idc_serves_and_nothing_is_restored_into_it(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    assert state(pair, must="serve")["after"]["serving"]
    refused = state(pair, must="not_serve")
    assert refused["refused"]
    assert "IDC serves already" in refused["msg"]


def test_a_schema_without_tables_is_not_usable(pair: mysql_pair.Pair) -> None:
    planted(pair, "DROP DATABASE shop; CREATE DATABASE shop")
    found = state(pair)["after"]
    assert not found["usable"]
    assert found["why"] == "it has no table in shop"


def test_transactions_from_before_the_cutover_that_are_missing_make_it_unusable(pair: mysql_pair.Pair) -> None:
    write_rows(pair, 3)
    found = state(pair, cutover_gtid=pair.rds.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", ""))["after"]
    assert not found["usable"]
    assert "lacks 23 transactions from before the cut-over" in found["why"]


def test_a_silent_idc_is_told_as_such_and_another_server_is_refused(pair: mysql_pair.Pair) -> None:
    found = state(pair, idc=pair.idc.login_dict() | {"port": 1})
    assert not found["after"]["reachable"]
    wrong = pair.idc.login_dict() | {"server_uuid": "99999999-9999-4999-8999-999999999999"}
    refused = state(pair, idc=wrong)
    assert refused["refused"]
    assert "the inventory means 99999999" in refused["msg"]


def test_a_child_without_its_parent_is_named_and_left_alone(pair: mysql_pair.Pair) -> None:
    planted(
        pair,
        "CREATE TABLE shop.lines (id int PRIMARY KEY, item bigint, FOREIGN KEY lines_item (item)"
        " REFERENCES shop.items (id)); INSERT INTO shop.lines VALUES (1, 1)",
    )
    whole = orphans(pair)
    assert "failed" not in whole
    assert whole["evidence"] == {"foreign_keys": 1, "orphans": [], "checks_on": True}
    planted(pair, "SET foreign_key_checks=0; INSERT INTO shop.lines VALUES (2, 4711)")
    broken = orphans(pair)
    assert broken["refused"]
    assert "rows on IDC point nowhere: shop.lines." in broken["msg"]
    assert "4711" in broken["msg"]
    assert pair.idc.root("SELECT COUNT(*) FROM shop.lines") == "2"


def test_checks_that_are_off_are_told(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL foreign_key_checks=0")
    try:
        assert "foreign_key_checks is off" in orphans(pair)["msg"]
    finally:
        pair.idc.root("SET GLOBAL foreign_key_checks=1")
    fresh(pair)
