"""mysql_salvage against two real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from idc_side import follow, fresh, position, run_action, salvage, write_rows

if TYPE_CHECKING:
    import mysql_pair

RUNNING = "SELECT service_state FROM performance_schema.replication_connection_status"


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_servers)
    assert "failed" not in follow(mysql_servers)
    return mysql_servers


def held_back(pair: mysql_pair.Pair, count: int) -> str:
    """Give RDS transactions that IDC has not applied yet; returns FINAL."""
    pair.idc.root("STOP REPLICA SQL_THREAD FOR CHANNEL 'rollback_runner'")
    write_rows(pair, count)
    return position(pair.rds)


def test_brings_what_is_missing_and_stops_following(pair: mysql_pair.Pair) -> None:
    final = held_back(pair, 30)
    pair.idc.root("START REPLICA SQL_THREAD FOR CHANNEL 'rollback_runner'")
    result = salvage(pair, final)
    assert result["changed"]
    assert result["evidence"]["transactions_since_cutover"] == 30
    assert position(pair.idc) == final
    assert pair.idc.root(RUNNING) == "OFF"
    again = salvage(pair, final)
    assert not again["changed"]
    assert again["after"] == {"missing_transactions": 0, "running_channels": []}


def test_a_rehearsal_counts_and_touches_nothing(pair: mysql_pair.Pair) -> None:
    final = held_back(pair, 5)
    result = salvage(pair, final, check=True)
    assert result["changed"]
    assert result["before"]["missing_transactions"] == 5
    assert pair.idc.root(RUNNING) == "ON"


def test_a_dead_applier_fails_before_the_deadline_and_says_so(pair: mysql_pair.Pair) -> None:
    final = held_back(pair, 3)
    result = salvage(pair, final, timeout=60)
    assert result["failed"]
    assert "3 transactions" in result["msg"]
    assert "applier is stopped" in result["msg"]
    assert result["evidence"]["outcome"]["refused"] == []


def test_a_refused_transaction_is_on_record_with_the_appliers_words(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET sql_log_bin=0; DELETE FROM shop.items WHERE id=1;")
    pair.idc.root("SET GLOBAL super_read_only=1")
    pair.rds.root("UPDATE shop.items SET price=7 WHERE id=1")
    result = salvage(pair, position(pair.rds))
    assert result["failed"]
    assert result["evidence"]["missing_transactions"] == 1
    assert "items" in result["evidence"]["outcome"]["refused"][0]
    assert pair.idc.root("SELECT @@super_read_only") == "1"


def test_the_next_run_goes_on_after_a_failure(pair: mysql_pair.Pair) -> None:
    final = held_back(pair, 3)
    assert salvage(pair, final, timeout=1)["failed"]
    assert follow(pair)["changed"]
    assert "failed" not in salvage(pair, final)
    assert position(pair.idc) == final


def test_there_is_no_salvage_without_final(pair: mysql_pair.Pair) -> None:
    result = salvage(pair, "")
    assert result["failed"]
    assert "fenced first" in result["msg"]


def test_what_is_not_on_rds_cannot_be_salvaged(pair: mysql_pair.Pair) -> None:
    result = salvage(pair, f"{position(pair.rds)},{pair.rds.uuid}:900-901", timeout=1)
    assert "2 transactions" in result["msg"]
    assert "deadline" in result["msg"]


def test_an_idc_that_cannot_be_reached_is_a_clear_failure(pair: mysql_pair.Pair) -> None:
    args = {"idc": pair.idc.login_dict() | {"port": 3399}, "aws": pair.rds.login_dict(), "final": position(pair.rds)}
    assert "IDC" in run_action("mysql_salvage", args)["msg"]
