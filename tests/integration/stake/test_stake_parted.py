"""IDC with writes of its own, and pairs whose settings do not go together. The plugin itself never fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stake_side import NOWHERE, blockers, found, stake

if TYPE_CHECKING:
    import mysql_pair


@pytest.fixture(name="written")
def _written(pair: mysql_pair.Pair) -> mysql_pair.Pair:
    """RDS has two orders that IDC has not."""
    pair.rds.root("INSERT INTO shop.orders (number) VALUES ('N'), ('M')")
    return pair


def test_idc_was_written_since(written: mysql_pair.Pair) -> None:
    written.idc.root(
        "SET GLOBAL super_read_only=0; INSERT INTO shop.people VALUES ('errant@example.org', 1);"
        " SET GLOBAL super_read_only=1"
    )
    result = stake(written)
    assert blockers(result) == ["idc:errant"]
    evidence = result["evidence"]
    assert evidence["gtid"]["idc_has_rds_lacks"]["transactions"] == 1
    assert (evidence["verdict"]["saved"], evidence["verdict"]["way"]) == ("part", "")
    assert [item["key"] for item in evidence["verdict"]["lost"]] == ["errant"]
    assert not any(way["possible"] for way in evidence["ways"].values())


def test_idc_is_open_while_rds_serves(written: mysql_pair.Pair) -> None:
    written.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    assert blockers(stake(written)) == ["idc:writable"]


def test_idc_was_opened_by_an_earlier_run(written: mysql_pair.Pair) -> None:
    written.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; INSERT INTO shop.people VALUES ('x', 1)")
    mark = '{"rollback_runner": {"locked": true, "run": "r1"}}'
    written.rds.root(f"SET sql_log_bin=0; ALTER USER shop_app@'%' ACCOUNT LOCK ATTRIBUTE '{mark}'")
    try:
        result = stake(written)
    finally:
        none = '{"rollback_runner": null}'
        written.rds.root(f"SET sql_log_bin=0; ALTER USER shop_app@'%' ACCOUNT UNLOCK ATTRIBUTE '{none}'")
    # IDC has not got the two orders: it was not opened by a run that went to its end.
    assert blockers(result) == ["idc:errant", "idc:writable"]
    assert result["evidence"]["verdict"]["saved"] == "part"


def test_idc_was_opened_and_has_all(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; INSERT INTO shop.people VALUES ('x', 1)")
    mark = '{"rollback_runner": {"locked": true, "run": "r1"}}'
    pair.rds.root(f"SET sql_log_bin=0; ALTER USER shop_app@'%' ACCOUNT LOCK ATTRIBUTE '{mark}'")
    try:
        result = stake(pair)
    finally:
        none = '{"rollback_runner": null}'
        pair.rds.root(f"SET sql_log_bin=0; ALTER USER shop_app@'%' ACCOUNT UNLOCK ATTRIBUTE '{none}'")
    assert blockers(result) == []
    assert found(result)["idc:opened"]["severity"] == "note"
    assert (result["evidence"]["verdict"]["saved"], result["evidence"]["verdict"]["way"]) == ("all", "switch-first")


def test_idc_was_opened_although_rds_is_silent(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; INSERT INTO shop.people VALUES ('x', 1)")
    silent = pair.rds.login_dict() | NOWHERE
    accepted = stake(pair, aws=silent, accept_loss="a person said so")
    assert blockers(accepted) == []
    assert found(accepted)["idc:opened"]["severity"] == "note"
    assert blockers(stake(pair, aws=silent)) == ["rds:silent", "idc:errant", "idc:writable"]
    pair.idc.root(
        "SET GTID_NEXT='44444444-4444-4444-8444-444444444444:1'; DELETE FROM shop.people; SET GTID_NEXT='AUTOMATIC'"
    )
    assert "idc:errant" in blockers(stake(pair, aws=silent, accept_loss="a person said so"))


def test_idc_lacks_some_and_has_some_of_its_own(written: mysql_pair.Pair) -> None:
    written.idc.root(
        "SET GLOBAL super_read_only=0; INSERT INTO shop.people VALUES ('errant@example.org', 1);"
        " SET GLOBAL super_read_only=1"
    )
    before = f"{written.cutover},55555555-5555-4555-8555-555555555555:1"
    result = stake(written, cutover_gtid=before)
    assert "idc:errant" in blockers(result)
    verdict = result["evidence"]["verdict"]
    assert (verdict["saved"], verdict["way"]) == ("part", "restore-first")
    assert [item["key"] for item in verdict["lost"]] == ["errant"]
    assert "idc:errant" not in blockers(stake(written, cutover_gtid=before, strategy="stop-first"))


def test_settings_of_rds_that_forbid_replication(written: mysql_pair.Pair) -> None:
    written.rds.root("SET GLOBAL binlog_row_image=MINIMAL; SET GLOBAL binlog_row_value_options=PARTIAL_JSON")
    try:
        result = stake(written)
        unreplicated = stake(written, strategy="stop-first")
    finally:
        written.rds.root("SET GLOBAL binlog_row_image=FULL; SET GLOBAL binlog_row_value_options=''")
    assert blockers(result) == ["settings:rds:binlog_row_image", "settings:rds:binlog_row_value_options"]
    assert result["evidence"]["verdict"]["way"] == "stop-first"
    assert "binlog_row_image=MINIMAL" in result["evidence"]["ways"]["restore-first"]["why"]["en"]
    assert blockers(unreplicated) == []


def test_an_xa_transaction_waits_on_rds(written: mysql_pair.Pair) -> None:
    written.rds.root("XA START 'x'; INSERT INTO shop.orders (number) VALUES ('X'); XA END 'x'; XA PREPARE 'x'")
    try:
        assert "rds:prepared" in blockers(stake(written))
        assert "rds:prepared" not in blockers(stake(written, strategy="stop-first"))
    finally:
        written.rds.root("XA ROLLBACK 'x'")
