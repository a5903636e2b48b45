"""Each finding, tripped by its fault on real servers. The plugin itself never fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from stake_side import NOWHERE, SHOP, blockers, counts, executed, found, stake

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair
    import scratch_mysql


@pytest.fixture(name="written")
def _written(pair: mysql_pair.Pair) -> mysql_pair.Pair:
    """RDS has two orders that IDC has not."""
    pair.rds.root("INSERT INTO shop.orders (number) VALUES ('N'), ('M')")
    return pair


def test_rds_is_silent(written: mysql_pair.Pair) -> None:
    result = stake(written, aws=written.rds.login_dict() | NOWHERE)
    assert blockers(result) == ["rds:silent"]
    verdict = result["evidence"]["verdict"]
    assert (verdict["saved"], verdict["way"]) == ("unknown", "")
    assert verdict["lost"][0]["key"] == "out_of_reach"
    accepted = stake(written, aws=written.rds.login_dict() | NOWHERE, accept_loss="a person said so")
    assert blockers(accepted) == []


def test_rds_fell_silent_after_it_was_read(
    written: mysql_pair.Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RR_INCIDENT", str(tmp_path))
    (tmp_path / "facts").mkdir()
    stake(written)
    assert (tmp_path / "facts" / "stake.shop-db.json").exists()
    for _ in range(2):  # the second silent look still knows the one before the first
        evidence = stake(written, aws=written.rds.login_dict() | NOWHERE)["evidence"]
        lost = evidence["verdict"]["lost"]
        assert lost[0]["transactions"] == 1
        assert "at least 1 transaction by the last look at RDS" in lost[0]["text"]["en"]
        assert evidence["sentence"]["en"].endswith(": 2 orders")
        assert evidence["sentence"]["ko"].endswith("기준: 주문 2건")
        assert evidence["last_answer"]["counted"]["rows"]["inserted"] == 2


def test_rds_is_silent_and_idc_tells_what_it_received(written: mysql_pair.Pair) -> None:
    history = f"{written.rds.uuid}:1"
    # As if IDC had followed: the same transaction, under RDS's name, in IDC's own log.
    written.idc.root(
        f"SET GLOBAL super_read_only=0; SET GTID_NEXT='{history}';"
        " INSERT INTO shop.orders (number) VALUES ('N'), ('M'); SET GTID_NEXT='AUTOMATIC'; SET GLOBAL super_read_only=1"
    )
    evidence = stake(written, aws=written.rds.login_dict() | NOWHERE)["evidence"]
    assert evidence["counted"]["from"] == "IDC"
    assert evidence["counted"]["rows"]["inserted"] == 2
    assert "it has received 1 transaction" in evidence["verdict"]["lost"][0]["text"]["en"]


def test_rds_refuses_the_login(written: mysql_pair.Pair) -> None:
    wrong = written.rds.login_dict() | {"password_file": str(written.rds.secrets / "repl")}
    result = stake(written, aws=wrong)
    assert blockers(result) == ["rds:silent"]
    assert "refuses the login" in found(result)["rds:silent"]["sentence"]
    assert "correct db_aws" in found(result)["rds:silent"]["next_step"]


def test_idc_is_silent(written: mysql_pair.Pair) -> None:
    written.rds.root("CREATE TABLE shop.late (a int, b int INVISIBLE)")  # of a silent IDC nothing says it cannot
    result = stake(written, idc=written.idc.login_dict() | NOWHERE)
    assert found(result)["idc:silent"]["severity"] == "warning"
    assert blockers(result) == []
    assert result["evidence"]["idc"]["usable"] is False
    assert result["evidence"]["verdict"]["way"] == "restore-first"
    assert counts(result) == {"shop.orders": (2, 0, 0)}


def test_both_are_silent(written: mysql_pair.Pair) -> None:
    result = stake(written, idc=written.idc.login_dict() | NOWHERE, aws=written.rds.login_dict() | NOWHERE)
    assert blockers(result) == ["rds:silent"]
    assert result["evidence"]["verdict"]["saved"] == "unknown"


def test_idcs_data_is_gone(written: mysql_pair.Pair) -> None:
    written.idc.root(
        "SET GLOBAL super_read_only=0; SET sql_log_bin=0; DROP DATABASE shop; SET GLOBAL super_read_only=1"
    )
    result = stake(written)
    assert found(result)["idc:unusable"]["severity"] == "warning"
    assert result["evidence"]["verdict"]["way"] == "restore-first"
    assert result["evidence"]["ways"]["switch-first"]["possible"] is False


def test_the_logs_are_purged(written: mysql_pair.Pair) -> None:
    written.rds.root("FLUSH BINARY LOGS; INSERT INTO shop.orders (number) VALUES ('kept')")
    last = written.rds.root("SHOW BINARY LOG STATUS").split()[0]
    written.rds.root(f"PURGE BINARY LOGS TO '{last}'")
    result = stake(written)
    assert blockers(result) == ["logs:purged"]
    lost = result["evidence"]["verdict"]["lost"]
    assert [(item["key"], item["transactions"], item["gtid"]) for item in lost] == [
        ("purged", 1, f"{written.rds.uuid}:1")
    ]
    assert counts(result) == {"shop.orders": (1, 0, 0)}
    assert not any(way["possible"] for way in result["evidence"]["ways"].values())


def test_purged_but_idc_has_them(written: mysql_pair.Pair) -> None:
    written.rds.root("FLUSH BINARY LOGS; INSERT INTO shop.orders (number) VALUES ('kept')")
    last = written.rds.root("SHOW BINARY LOG STATUS").split()[0]
    written.rds.root(f"PURGE BINARY LOGS TO '{last}'")
    written.idc.root(
        f"SET GLOBAL super_read_only=0; SET GLOBAL gtid_purged='+{written.rds.uuid}:1'; SET GLOBAL super_read_only=1"
    )
    result = stake(written)
    assert blockers(result) == []
    assert found(result)["logs:purged_and_safe"]["severity"] == "note"
    assert result["evidence"]["verdict"]["way"] == "switch-first"


def test_rds_has_another_history_than_the_record(written: mysql_pair.Pair) -> None:
    result = stake(written, cutover_gtid=f"{written.cutover},33333333-3333-4333-8333-333333333333:1-5")
    assert "5 transactions" in found(result)["rds:history"]["sentence"]


def test_rds_counts_without_gtids(pair: mysql_pair.Pair, odd: scratch_mysql.TestServer) -> None:
    odd.root("SET GLOBAL gtid_mode=ON_PERMISSIVE; SET GLOBAL gtid_mode=OFF_PERMISSIVE")
    try:
        result = stake(pair, aws=odd.login_dict())
    finally:
        odd.root("SET GLOBAL gtid_mode=ON_PERMISSIVE; SET GLOBAL gtid_mode=ON")
    assert "logs:unreadable" in blockers(result)
    assert "gtid_mode=OFF_PERMISSIVE" in result["evidence"]["ways"]["switch-first"]["why"]["en"]


def test_rds_leaves_a_schema_out_of_its_log(pair: mysql_pair.Pair, odd: scratch_mysql.TestServer) -> None:
    result = stake(pair, aws=odd.login_dict())
    assert "other" in found(result)["logs:left_out"]["sentence"]
    assert not any(item["key"].startswith("left_out") for item in result["evidence"]["verdict"]["lost"])
    mine = stake(pair, aws=odd.login_dict(), schemas=["shop", "other"])
    assert "left_out:other" in [item["key"] for item in mine["evidence"]["verdict"]["lost"]]


def test_the_account_may_not_read_the_logs(written: mysql_pair.Pair) -> None:
    written.rds.root("SET sql_log_bin=0; REVOKE REPLICATION SLAVE ON *.* FROM rr_admin@'%'")
    try:
        result = stake(written)
    finally:
        written.rds.root("SET sql_log_bin=0; GRANT REPLICATION SLAVE ON *.* TO rr_admin@'%'")
    assert blockers(result) == ["logs:unreadable"]
    assert "GRANT REPLICATION SLAVE" in found(result)["logs:unreadable"]["next_step"]
    assert result["evidence"]["gtid"]["rds_has_idc_lacks"]["transactions"] == 1
    assert not result["evidence"]["counted"]["complete"]


def test_the_wrong_server(written: mysql_pair.Pair) -> None:
    result = stake(written, aws=written.rds.login_dict() | {"server_uuid": "99999999-9999-4999-8999-999999999999"})
    assert blockers(result) == ["identity:rds"]


def test_rds_keeps_its_logs_for_no_time(written: mysql_pair.Pair) -> None:
    written.rds.root(
        "SET sql_log_bin=0; CREATE TABLE mysql.rds_configuration (name varchar(100) PRIMARY KEY, value varchar(100));"
        " INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL)"
    )
    try:
        assert "168" in found(stake(written))["logs:retention"]["next_step"]
        written.rds.root("SET sql_log_bin=0; UPDATE mysql.rds_configuration SET value='168'")
        assert "logs:retention" not in found(stake(written))
        written.rds.root("SET sql_log_bin=0; UPDATE mysql.rds_configuration SET value='3'")
        assert "in 3 h" in found(stake(written))["logs:retention"]["sentence"]
    finally:
        written.rds.root("SET sql_log_bin=0; DROP TABLE mysql.rds_configuration")


def test_statement_and_partial_json_are_named_not_passed_over(written: mysql_pair.Pair) -> None:
    written.rds.root("SET SESSION binlog_format=STATEMENT; UPDATE shop.orders SET total=7")
    written.rds.root(
        "CREATE TABLE shop.docs (id int PRIMARY KEY, j json); INSERT INTO shop.docs VALUES"
        " (1, JSON_OBJECT('a', repeat('x', 200), 'b', 1)); SET SESSION binlog_row_value_options=PARTIAL_JSON;"
        " UPDATE shop.docs SET j = JSON_SET(j, '$.b', 2)"
    )
    result = stake(written)
    assert found(result)["rows:undecoded"]["severity"] == "warning"
    assert len(result["evidence"]["undecoded"]) == 2
    assert counts(result) == {"shop.orders": (2, 0, 0), "shop.docs": (1, 0, 0)}
    counted = result["evidence"]["counted"]
    assert counted["undecoded_transactions"] == 2
    assert counted["transactions"] == result["evidence"]["gtid"]["rds_has_idc_lacks"]["transactions"]


def test_accounts_are_carried_by_no_way(written: mysql_pair.Pair) -> None:
    written.rds.root("CREATE USER late@'%' IDENTIFIED BY 'secret-word-1'; GRANT SELECT ON shop.* TO late@'%'")
    try:
        result = stake(written)
    finally:
        written.rds.root("SET sql_log_bin=0; DROP USER late@'%'")
    assert found(result)["accounts:changed"]["sentence"].startswith("2 account statements")
    assert "secret-word" not in str(result)


def test_idc_cannot_run_a_statement(written: mysql_pair.Pair, odd: scratch_mysql.TestServer) -> None:
    written.rds.root("CREATE TABLE shop.old (id int) ENGINE=MyISAM; INSERT INTO shop.old VALUES (1)")
    odd.root(f"CREATE DATABASE shop; CREATE TABLE shop.orders (id int); RESET BINARY LOGS AND GTIDS;"
             f" SET GLOBAL gtid_purged='{written.cutover}'; SET GLOBAL super_read_only=ON")  # fmt: skip
    try:
        result = stake(written, idc=odd.login_dict())
    finally:
        odd.root("SET GLOBAL super_read_only=OFF; SET GLOBAL read_only=OFF; DROP DATABASE shop")
    assert blockers(result) == ["ddl:unreplayable:the storage engine myisam"]
    assert result["evidence"]["verdict"]["way"] == "stop-first"
    assert [item["replayable"] for item in result["evidence"]["ddl"]] == [False]
    assert found(result)["rows:engine"]["severity"] == "warning"


def test_idcs_filters_leave_a_table_out(written: mysql_pair.Pair) -> None:
    channel = "FOR CHANNEL 'rollback_runner'"
    written.idc.root(
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='nobody.invalid' {channel};"
        f" CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=('mysql.%', 'shop.ord%') {channel}"
    )
    try:
        result = stake(written)
    finally:
        written.idc.root(f"RESET REPLICA ALL {channel}")
    assert blockers(result) == ["filter:shop.orders"]
    assert result["evidence"]["verdict"]["way"] == "stop-first"


@pytest.mark.parametrize("wrong", [{"cutover_gtid": "nonsense"}, {"cutover_gtid": " "}, {"deadline": 0},
                                   {"tables": {"shop.orders": {"en": "orders"}}}])  # fmt: skip
def test_bad_input_is_one_clear_error(pair: mysql_pair.Pair, wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError) as error:
        stake(pair, **wrong)
    name = next(iter(wrong))
    told = {"cutover_gtid": "db_cutover_gtid", "deadline": "stake_deadline", "tables": "site_tables"}[name]
    assert told in str(error.value)


def test_cascades_the_log_does_not_carry_are_named(pair: mysql_pair.Pair, odd: scratch_mysql.TestServer) -> None:
    odd.root(f"CREATE DATABASE shop; USE shop; {SHOP}")
    cutover = executed(odd)
    odd.root("DELETE FROM shop.orders WHERE id <= 2")
    try:
        result = stake(pair, aws=odd.login_dict(), cutover_gtid=f"{cutover},{pair.cutover}")
    finally:
        odd.root("DROP DATABASE shop")
    assert counts(result) == {"shop.orders": (0, 0, 2)}
    told = found(result)["rows:cascade:shop.order_items"]
    assert told["severity"] == "note"
    assert "about 4 rows" in told["sentence"]


def test_cascades_the_log_does_carry_are_counted(pair: mysql_pair.Pair) -> None:
    pair.rds.root("DELETE FROM shop.orders WHERE id <= 2")
    result = stake(pair)
    assert counts(result) == {"shop.orders": (0, 0, 2), "shop.order_items": (0, 0, 4)}
    assert not any(key.startswith("rows:cascade") for key in found(result))
