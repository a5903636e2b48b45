"""Each gate, tripped by its fault on real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gate_side import gate, write_on_idc, write_on_rds
from idc_side import follow, fresh, run_action
from rds_side import EXEMPT, Writers

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair


@pytest.fixture(name="pair")
def _pair(mysql_pair: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_pair)
    return mysql_pair


def test_lets_a_sound_pair_pass(pair: mysql_pair.Pair) -> None:
    write_on_rds(pair, 3)
    result = gate(pair)
    assert "failed" not in result, result["msg"]
    assert not result["changed"]
    assert result["evidence"]["findings"] == []
    assert result["evidence"]["behind_transactions"] == 3


def test_idc_that_follows_meanwhile_is_never_ahead_of_rds(pair: mysql_pair.Pair) -> None:
    assert "failed" not in follow(pair)
    args = {"aws": pair.rds.login_dict(), "idc": pair.idc.login_dict(), "cutover_gtid": pair.cutover}
    with Writers(pair, 8):
        results = [run_action("mysql_gate", args | {"schemas": ["shop"], "exempt_users": EXEMPT}) for _ in range(12)]
    assert [result["msg"] for result in results if "failed" in result] == []


@pytest.mark.parametrize(
    ("revoke", "told"),
    [
        ("REVOKE RELOAD ON *.* FROM rr_admin@'%'", "cannot remove the replication channel: GRANT RELOAD"),
        ("REVOKE CONNECTION_ADMIN, SUPER ON *.* FROM rr_admin@'%'", "cannot raise counters while IDC is read-only"),
        ("REVOKE EVENT ON *.* FROM rr_admin@'%'", "cannot enable events in shop: GRANT EVENT ON `shop`.*"),
        ("REVOKE UPDATE ON shop.* FROM shop_app@'%'", "the application's account lacks UPDATE on shop."),
    ],
)
def test_privileges_that_are_needed_later_are_missed_now(pair: mysql_pair.Pair, revoke: str, told: str) -> None:
    off = "SET sql_log_bin=0; SET GLOBAL super_read_only=0;"
    pair.idc.root(f"{off} {revoke}; SET GLOBAL super_read_only=1")
    try:
        result = gate(pair)
    finally:
        again = "GRANT ALL ON *.* TO rr_admin@'%' WITH GRANT OPTION; GRANT UPDATE ON shop.* TO shop_app@'%'"
        pair.idc.root(f"{off} {again}; SET GLOBAL super_read_only=1")
    assert result["refused"]
    assert told in result["msg"]


def test_the_marker_must_be_writable_by_the_application(pair: mysql_pair.Pair) -> None:
    assert "failed" not in gate(pair, marker={"table": "markers", "column": "token"})
    result = gate(pair, marker={"table": "mysql.user", "column": "User"})
    assert "lacks INSERT and SELECT on mysql.user" in result["msg"]


def test_a_closed_network_must_leave_this_machine_its_way_to_rds(pair: mysql_pair.Pair) -> None:
    with pair.rds.connect() as session:
        here = session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    told = f"RDS sees this machine as {here}, which aws_keep_sources (192.0.2.0/24, 2001:db8::/64) does not cover"
    strangers = ["192.0.2.0/24", "2001:db8::/64"]
    for keep in (strangers, [*strangers, f"{here}/32"], []):
        result = gate(pair, keep_sources=keep, side="rds")
        assert result["evidence"]["rds"]["sees_this_machine_as"] == here
        assert ("failed" in result) is (keep is strangers)
    result = gate(pair, keep_sources=strangers, side="rds")
    assert result["refused"]
    assert result["msg"].startswith(told)
    assert result["msg"].endswith(f"; add {here}/32 to aws_keep_sources")
    assert "failed" not in gate(pair, keep_sources=strangers, side="idc"), "it is about RDS"
    # A name is shown in the place of the address; the server's host cache tells the address.
    with pair.rds.naming(here, "ops1.bookings"):
        result = gate(pair, keep_sources=strangers, side="rds")
        assert result["evidence"]["rds"]["sees_this_machine_as"] == "ops1.bookings"
        assert result["msg"].startswith(told)
        assert "failed" not in gate(pair, keep_sources=[f"{here}/32"], side="rds")


def test_idc_written_since_the_cutover(pair: mysql_pair.Pair) -> None:
    write_on_idc(pair)
    result = gate(pair)
    assert result["refused"]
    assert "IDC was written since the cut-over: 1 transactions" in result["msg"]
    assert "failed" not in gate(pair, side="rds")


def test_idc_open_while_rds_serves(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0")
    assert "accepts writes while RDS serves" in gate(pair)["msg"]


def test_binary_logs_that_are_gone(pair: mysql_pair.Pair) -> None:
    write_on_rds(pair, 2)
    pair.rds.root("FLUSH BINARY LOGS")
    last = pair.rds.root("SHOW BINARY LOGS").splitlines()[-1].split()[0]
    pair.rds.root(f"PURGE BINARY LOGS TO '{last}'")
    result = gate(pair)
    assert result["refused"]
    assert "purged 2 transactions that IDC lacks" in result["msg"]


@pytest.mark.parametrize("side", ["aws", "idc"])
def test_another_server_than_the_inventory_means(pair: mysql_pair.Pair, side: str) -> None:
    server = pair.rds if side == "aws" else pair.idc
    login = server.login_dict() | {"server_uuid": "33333333-3333-4333-8333-333333333333"}
    result = gate(pair, **{side: login})
    assert result["refused"]
    assert "33333333-3333" in result["msg"]


def test_the_same_server_on_both_sides(pair: mysql_pair.Pair) -> None:
    result = gate(pair, idc=pair.rds.login_dict())
    assert result["refused"]
    assert "the same server" in result["msg"]


@pytest.mark.parametrize("side", ["aws", "idc"])
def test_a_wrong_password(pair: mysql_pair.Pair, side: str, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("a-wrong-password\n")
    server = pair.rds if side == "aws" else pair.idc
    result = gate(pair, **{side: server.login_dict() | {"password_file": str(wrong)}})
    assert result["refused"]
    assert f"db_{side}" in result["msg"]
    assert "a-wrong-password" not in str(result)


def test_a_wrong_password_of_the_application(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("a-wrong-password\n")
    result = gate(pair, app_login={"user": "shop_app", "password_file": str(wrong)})
    assert result["refused"]
    assert "does not get in on RDS" in result["msg"]
    assert "does not get in on IDC" in result["msg"]


def test_a_password_file_that_is_not_there(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    result = gate(pair, aws=pair.rds.login_dict() | {"password_file": str(tmp_path / "gone")})
    assert result["failed"]
    assert "cannot read the password file" in result["msg"]


@pytest.mark.parametrize(("side", "words"), [("aws", "--accept-loss"), ("idc", "Start IDC MySQL")])
def test_a_server_that_does_not_answer(pair: mysql_pair.Pair, side: str, words: str) -> None:
    server = pair.rds if side == "aws" else pair.idc
    result = gate(pair, **{side: server.login_dict() | {"port": 9}})
    assert result["refused"]
    assert words in result["msg"]


def test_an_account_that_no_fence_could_stop(pair: mysql_pair.Pair) -> None:
    pair.rds.root("SET sql_log_bin=0; CREATE USER dba@'%'; GRANT SYSTEM_USER ON *.* TO dba@'%'")
    try:
        assert "dba@%" in gate(pair)["msg"]
    finally:
        pair.rds.root("SET sql_log_bin=0; DROP USER dba@'%'")


def test_a_prepared_transaction(pair: mysql_pair.Pair) -> None:
    with pair.rds.connect("shop_app") as app:
        for step in ("XA START 'g'", "INSERT INTO shop.items (name) VALUES ('xa')", "XA END 'g'", "XA PREPARE 'g'"):
            app.execute(step)
    try:
        assert "1 prepared XA" in gate(pair)["msg"]
    finally:
        pair.rds.root("XA ROLLBACK 'g'")
