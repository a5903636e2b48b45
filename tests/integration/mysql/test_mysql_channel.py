"""mysql_channel against two real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from daemons import wait_until
from idc_side import follow, fresh, position, replication, run_action, write_rows

if TYPE_CHECKING:
    import mysql_pair

CHANNELS = "SELECT channel_name, host FROM performance_schema.replication_connection_configuration"


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_servers)
    write_rows(mysql_servers, 50)
    return mysql_servers


def test_catches_up_then_changes_nothing(pair: mysql_pair.Pair) -> None:
    first = follow(pair)
    assert first["changed"]
    assert first["evidence"]["missing_transactions_before"] == 50
    assert first["evidence"]["rows_applied"]["inserted"] == 50
    assert position(pair.idc) == position(pair.rds)
    second = follow(pair)
    assert not second["changed"]
    assert second["evidence"]["why"] == "our channel runs"


def test_a_rehearsal_predicts_and_touches_nothing(pair: mysql_pair.Pair) -> None:
    result = follow(pair, check=True)
    assert result["changed"]
    assert result["after"] == {"would": "build"}
    assert pair.idc.root(CHANNELS) == ""


def test_the_fences_account_locks_never_reach_idc(pair: mysql_pair.Pair) -> None:
    follow(pair)
    pair.rds.root("CREATE USER IF NOT EXISTS late@'%'; ALTER USER shop_app@'%' ACCOUNT LOCK; DROP USER late@'%'")
    pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 1)")
    follow(pair)
    assert position(pair.idc) == position(pair.rds)
    assert pair.idc.root("SELECT account_locked FROM mysql.user WHERE user='shop_app'") == "N"
    assert pair.idc.root("SELECT COUNT(*) FROM mysql.user WHERE user='late'") == "0"


def test_the_password_is_not_stored(pair: mysql_pair.Pair) -> None:
    follow(pair)
    assert "repl-password-1" not in pair.idc.root("SELECT * FROM mysql.slave_master_info")


def test_idc_killed_while_it_follows_is_taken_up_again(pair: mysql_pair.Pair) -> None:
    follow(pair)
    # What a crash leaves: threads gone, relay logs behind.
    pair.idc.root("STOP REPLICA SQL_THREAD FOR CHANNEL 'rollback_runner'")
    write_rows(pair, 20)
    received = "SELECT received_transaction_set FROM performance_schema.replication_connection_status"
    wait_until(lambda: f"{pair.rds.uuid}:" in pair.idc.root(received), lambda: "nothing was received")
    pair.idc.root("STOP REPLICA FOR CHANNEL 'rollback_runner'")
    result = follow(pair)
    assert result["changed"]
    assert "does not run" in result["evidence"]["why"]
    assert position(pair.idc) == position(pair.rds)


def test_half_made_is_made_anew(pair: mysql_pair.Pair) -> None:
    pair.idc.root("CHANGE REPLICATION SOURCE TO SOURCE_HOST='192.0.2.1' FOR CHANNEL 'rollback_runner'")
    assert follow(pair)["changed"]
    assert position(pair.idc) == position(pair.rds)


def test_a_refused_transaction_is_named(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET sql_log_bin=0; DELETE FROM shop.items WHERE id=1;")
    pair.idc.root("SET GLOBAL super_read_only=1")
    pair.rds.root("UPDATE shop.items SET price=7 WHERE id=1")
    result = follow(pair, timeout=10)
    assert result["failed"]
    assert "applier refused a transaction" in result["msg"]
    assert "1032" in result["msg"] or "find record" in result["msg"]


def test_a_wrong_password_is_told(pair: mysql_pair.Pair, tmp_path: Any) -> None:
    (tmp_path / "pw").write_text("wrong")
    result = follow(pair, replication=replication(pair) | {"password_file": str(tmp_path / "pw")})
    assert "Access denied" in result["msg"]
    assert "wrong" not in result["msg"].replace("was wrong", "")


def test_the_deadline_says_what_is_missing(pair: mysql_pair.Pair) -> None:
    follow(pair)
    pair.idc.root("STOP REPLICA SQL_THREAD FOR CHANNEL 'rollback_runner'; START REPLICA SQL_THREAD UNTIL"
                  f" SQL_BEFORE_GTIDS='{pair.rds.uuid}:51' FOR CHANNEL 'rollback_runner'")  # fmt: skip
    pair.rds.root("USE shop; LOCK TABLES items WRITE; INSERT INTO items (name) VALUES ('x'); UNLOCK TABLES")
    pair.idc.root("STOP REPLICA FOR CHANNEL 'rollback_runner'")
    result = follow(pair, timeout=0.0, max_lag=0.001, replication=replication(pair) | {"host": "192.0.2.1"})
    assert result["failed"]
    assert "1 transactions are missing" in result["msg"]


def test_a_foreign_channel_is_refused_and_untouched(pair: mysql_pair.Pair) -> None:
    pair.idc.root(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='192.0.2.77', SOURCE_USER='x', SOURCE_PASSWORD='x'"
        " FOR CHANNEL 'theirs';"
        "START REPLICA FOR CHANNEL 'theirs'"
    )
    result = follow(pair)
    assert result["refused"]
    assert "theirs" in result["msg"]
    assert pair.idc.root(CHANNELS) == "theirs\t192.0.2.77"


def test_a_standing_channel_is_used(pair: mysql_pair.Pair) -> None:
    pair.idc.root(
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{pair.rds.host}', SOURCE_USER='repl', SOURCE_SSL=1,"
        " SOURCE_PASSWORD='repl-password-1', SOURCE_AUTO_POSITION=1 FOR CHANNEL 'standing';"
        "CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=('mysql.%') FOR CHANNEL 'standing';"
        "START REPLICA FOR CHANNEL 'standing'"
    )
    serving = "SELECT service_state FROM performance_schema.replication_connection_status WHERE channel_name='standing'"
    wait_until(lambda: pair.idc.root(serving) == "ON", lambda: "the channel does not come up")
    result = follow(pair)
    assert not result["changed"]
    assert result["evidence"]["channel"] == "standing"
    assert "rollback_runner" not in pair.idc.root(CHANNELS)


def test_takes_the_channel_away_once(pair: mysql_pair.Pair) -> None:
    follow(pair)
    absent = {"state": "absent", "idc": pair.idc.login_dict()}
    assert run_action("mysql_channel", absent, check=True)["changed"]
    assert pair.idc.root(CHANNELS)
    assert run_action("mysql_channel", absent)["changed"]
    assert pair.idc.root(CHANNELS) == ""
    assert not run_action("mysql_channel", absent)["changed"]
