"""mysql_promote against two real servers: every guard trips, and opening is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from idc_side import caught_up, follow, salvage
from promote_side import STATE, fenced, promote

if TYPE_CHECKING:
    import mysql_pair


def refuses(pair: mysql_pair.Pair, final: dict[str, Any], told: str) -> None:
    before = pair.idc.root(STATE)
    result = promote(pair, final)
    assert result["refused"], result
    assert told in result["msg"]
    assert pair.idc.root(STATE) == before


def test_opens_idc_proves_it_and_is_already_open_the_second_time(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    result = promote(pair, final)
    assert "failed" not in result, result["msg"]
    assert result["changed"]
    assert pair.idc.root(STATE) == "0\t0"
    token = result["evidence"]["write_test"]["write"]
    assert pair.idc.root(f"SELECT COUNT(*) FROM shop.markers WHERE token='{token}'") == "1"
    again = promote(pair, final)
    assert not again["changed"]
    assert pair.idc.root("SELECT COUNT(*) FROM shop.markers") == "1"


def test_stays_open_over_a_restart(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    promote(pair, final)
    persisted = pair.idc.root("SELECT variable_name, variable_value FROM performance_schema.persisted_variables")
    assert "read_only\tOFF" in persisted
    assert "super_read_only\tOFF" in persisted


def test_a_rehearsal_plans_all_and_touches_nothing(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    result = promote(pair, final, check=True)
    assert result["changed"]
    assert result["after"]["writable"]
    assert pair.idc.root(STATE) == "1\t1"
    assert pair.idc.root("SELECT COUNT(*) FROM shop.markers") == "0"


def test_a_rehearsal_on_an_open_rds_tells_and_does_not_refuse(pair: mysql_pair.Pair) -> None:
    follow(pair)
    result = promote(pair, {}, check=True)
    assert "failed" not in result
    assert any("I1" in text for text in result["evidence"]["broken_invariants"])


def test_raises_counters_without_a_trace_in_the_gtids(pair: mysql_pair.Pair) -> None:
    follow(pair)
    with pair.rds.connect("shop_app") as session:
        session.execute("START TRANSACTION")
        session.execute("INSERT INTO shop.items (name) VALUES ('x'), ('y'), ('z')")
        session.execute("ROLLBACK")
    final = fenced(pair)
    salvage(pair, final["gtid"])
    result = promote(pair, final, marker={})
    assert result["evidence"]["auto_increment_raised"] == ["shop.items: 5 -> 8"]
    assert result["evidence"]["write_test"]["write"] == "an update without effect, rolled back"
    assert result["after"]["gtid_executed"].replace("\n", "") == final["gtid"]
    with pair.idc.connect("shop_app") as session:
        session.execute("INSERT INTO shop.items (name) VALUES ('next')")
        assert session.number("SELECT LAST_INSERT_ID()") == 8


def test_killed_half_way_is_finished_by_the_next_run(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0")  # where the counters are raised
    assert promote(pair, final)["changed"]
    assert pair.idc.root(STATE) == "0\t0"


def test_refuses_while_an_account_of_rds_is_open(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    pair.rds.root("SET sql_log_bin=0; ALTER USER report@'%' ACCOUNT UNLOCK")
    refuses(pair, final, "I1: accounts can log in to RDS: report@%")


def test_refuses_while_a_session_is_left_on_rds(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    pair.rds.root("SET sql_log_bin=0; ALTER USER report@'%' ACCOUNT UNLOCK")
    with pair.rds.connect("report"):
        pair.rds.root("SET sql_log_bin=0; ALTER USER report@'%' ACCOUNT LOCK")
        refuses(pair, final, "I1: sessions are left on RDS: report")


def test_refuses_after_a_write_behind_the_fence(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    pair.rds.root("INSERT INTO shop.items (name) VALUES ('late')")
    refuses(pair, final, "I4: RDS was written after FINAL: 1 transactions after FINAL: shop.items")


def test_the_heartbeat_of_rds_is_no_write(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 2)")
    assert promote(pair, final)["changed"]
    # Later runs take FINAL anew: it then holds heartbeats that nothing brings over any more.
    pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 3)")
    later = fenced(pair)
    assert "failed" not in follow(pair)
    assert not salvage(pair, later["gtid"])["changed"]
    assert not promote(pair, later)["changed"]


def test_a_heartbeat_that_came_over_after_final_is_no_errant_write(pair: mysql_pair.Pair) -> None:
    follow(pair)
    final = fenced(pair)
    pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 9)")
    follow(pair)
    salvage(pair, final["gtid"])
    result = promote(pair, final)
    assert "failed" not in result, result["msg"]


def test_refuses_before_the_salvage(pair: mysql_pair.Pair) -> None:
    refuses(pair, fenced(pair), "I3: IDC lacks 2")


def test_refuses_while_idc_still_follows(pair: mysql_pair.Pair) -> None:
    follow(pair)
    final = fenced(pair)
    follow(pair)
    refuses(pair, final, "still replicates through rollback_runner")


def test_refuses_an_idc_that_was_written(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; INSERT INTO shop.items (name) VALUES ('errant')")
    pair.idc.root("SET GLOBAL super_read_only=1")
    refuses(pair, final, "I5: IDC was written by someone else since the cut-over")


@pytest.mark.parametrize("setting", ["sync_binlog", "innodb_flush_log_at_trx_commit"])
def test_refuses_relaxed_durability(pair: mysql_pair.Pair, final: dict[str, Any], setting: str) -> None:
    pair.idc.root(f"SET GLOBAL {setting}=0")
    refuses(pair, final, f"{setting} is 0")


def test_refuses_without_read_only_where_the_site_asks_for_it(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    result = promote(pair, final, required_proofs=["read_only"])
    assert "RDS is not read_only" in result["msg"]


def test_an_application_that_cannot_log_in_stops_it_before_the_opening(
    pair: mysql_pair.Pair, final: dict[str, Any]
) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET sql_log_bin=0; ALTER USER shop_app@'%' ACCOUNT LOCK")
    pair.idc.root("SET GLOBAL super_read_only=1")
    result = promote(pair, final)
    assert result["failed"]
    assert "locked" in result["msg"]
    assert pair.idc.root(STATE) == "1\t1"


def test_an_rds_out_of_sight_stops_it(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    result = promote(pair, final, aws=pair.rds.login_dict() | {"port": 3399})
    assert result["failed"]
    assert pair.idc.root(STATE) == "1\t1"


def test_two_open_sides_are_shouted_about(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    promote(pair, final)
    pair.rds.root("ALTER USER shop_app@'%' ACCOUNT UNLOCK; INSERT INTO shop.items (name) VALUES ('late')")
    result = promote(pair, final)
    assert result["refused"]
    assert "Close RDS first" in result["msg"]


def test_caught_up_is_a_helper_that_works(pair: mysql_pair.Pair) -> None:
    assert caught_up(pair)


def test_an_accepted_loss_opens_idc_with_all_it_received(pair: mysql_pair.Pair) -> None:
    follow(pair)
    silent = pair.rds.login_dict() | {"port": 3399}
    loss = {"aws": silent, "accept_loss": "the region is gone"}
    assert follow(pair, **loss)["evidence"]["reason"] == "the region is gone"
    saved = salvage(pair, "", **loss)
    assert "is not on IDC" in saved["evidence"]["bound"]
    assert saved["changed"]
    result = promote(pair, {}, **loss)
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["accepted_loss"] == "the region is gone"
    assert pair.idc.root(STATE) == "0\t0"


def test_a_silent_rds_without_an_accepted_loss_opens_nothing(pair: mysql_pair.Pair) -> None:
    follow(pair)
    silent = pair.rds.login_dict() | {"port": 3399}
    assert follow(pair, aws=silent)["failed"]
    assert salvage(pair, "", aws=silent)["failed"]
    assert promote(pair, {}, aws=silent)["failed"]
    assert pair.idc.root(STATE) == "1\t1"


def test_an_accepted_loss_is_no_way_around_a_live_rds(pair: mysql_pair.Pair) -> None:
    follow(pair)
    salvage(pair, "", accept_loss="in a hurry")
    result = promote(pair, {}, accept_loss="in a hurry")
    assert result["refused"]
    assert "I1" in result["msg"]


def test_another_server_than_the_one_meant_is_refused(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    result = promote(pair, final, idc=pair.idc.login_dict() | {"server_uuid": pair.rds.uuid})
    assert "db_idc leads to server" in result["msg"]
    assert pair.idc.root(STATE) == "1\t1"
