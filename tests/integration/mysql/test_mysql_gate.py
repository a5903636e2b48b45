"""Each gate, tripped by its fault on real servers; and the look behind the fence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback import position
from failback.mysql import Server
from idc_side import follow, fresh, run_action
from rds_side import EXEMPT, Writers, account_states, fence_args

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import mysql_pair


@pytest.fixture(name="pair")
def _pair(mysql_pair: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_pair)
    return mysql_pair


@pytest.fixture(scope="module", autouse=True)
def _leave_it_fresh(mysql_servers: mysql_pair.Pair) -> Iterator[None]:
    yield
    fresh(mysql_servers)


def gate(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    args = {
        "aws": pair.rds.login_dict(),
        "idc": pair.idc.login_dict(),
        "app_login": {"user": "shop_app", "password_file": str(pair.rds.secrets / "shop_app")},
        "replication": pair.rds.login_dict("repl"),
        "cutover_gtid": pair.cutover,
        "schemas": ["shop"],
        "exempt_users": EXEMPT,
        **more,
    }
    before = account_states(pair)
    result = run_action("mysql_gate", args)
    assert account_states(pair) == before, "a gate touches nothing"
    return result


def write_on_idc(pair: mysql_pair.Pair) -> None:
    pair.idc.root(
        "SET GLOBAL super_read_only=0; INSERT INTO shop.items (name) VALUES ('errant'); SET GLOBAL super_read_only=1"
    )


def write_on_rds(pair: mysql_pair.Pair, count: int = 1) -> None:
    pair.rds.root("INSERT INTO shop.items (name) VALUES ('more');" * count)


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


def fence(pair: mysql_pair.Pair) -> dict[str, Any]:
    result = run_action("mysql_fence", fence_args(pair))
    assert "failed" not in result, result["msg"]
    final: dict[str, Any] = result["evidence"]["final"]
    return final


def look(pair: mysql_pair.Pair, final: dict[str, Any]) -> dict[str, Any]:
    return run_action("mysql_position", {"aws": pair.rds.login_dict(), "final": final, "reads": 2})


def heartbeat(pair: mysql_pair.Pair) -> None:
    pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, UNIX_TIMESTAMP())")


def test_housekeeping_after_final_is_tolerated(pair: mysql_pair.Pair) -> None:
    final = fence(pair)
    heartbeat(pair)
    result = look(pair, final)
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["beyond_final"]["harmless_count"] == 1
    # FINAL without file and position, as after a restart: they are searched for.
    assert "failed" not in look(pair, {"gtid": final["gtid"]})


@pytest.mark.parametrize("known", [True, False], ids=["file known", "file searched for"])
def test_a_write_after_final_is_an_alarm_and_the_table_is_named(pair: mysql_pair.Pair, *, known: bool) -> None:
    final = fence(pair)
    heartbeat(pair)
    pair.rds.root("FLUSH BINARY LOGS")
    write_on_rds(pair)
    result = look(pair, final if known else {"gtid": final["gtid"]})
    assert result["failed"]
    assert "1 transactions after FINAL: shop.items" in result["msg"]


def test_final_of_a_later_run_leaves_housekeeping_out(pair: mysql_pair.Pair) -> None:
    write_on_rds(pair, 2)
    final = fence(pair)
    assert fence(pair)["gtid"] == final["gtid"], "IDC lacks real writes: nothing may be left out"
    pair.idc.root(f"SET GLOBAL super_read_only=0; SET GLOBAL gtid_purged='+{subtract(pair, final)}'")
    pair.idc.root("SET GLOBAL super_read_only=1")
    heartbeat(pair)
    again = fence(pair)
    assert again["gtid"] == final["gtid"]
    assert again["housekeeping_since"]
    assert "failed" not in look(pair, again)
    write_on_rds(pair)
    assert fence(pair)["gtid"] != final["gtid"], "a real write belongs to FINAL, so that the salvage misses it"


def test_the_gate_passes_after_promotion_in_spite_of_housekeeping(pair: mysql_pair.Pair) -> None:
    final = fence(pair)
    pair.idc.root(
        f"SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; SET GLOBAL gtid_purged='+{subtract(pair, final)}'"
    )
    heartbeat(pair)
    pair.idc.root("INSERT INTO shop.items (name) VALUES ('after promotion')")
    result = gate(pair)
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["promoted_before"]
    write_on_rds(pair)
    assert gate(pair)["refused"]


def test_the_log_before_the_fence_may_be_longer_than_anyone_reads(
    pair: mysql_pair.Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_on_rds(pair, 60)
    monkeypatch.setattr(position, "_MOST_EVENTS", 120)
    monkeypatch.setattr(position, "_PAGE", 20)
    final = fence(pair)
    pair.idc.root(
        f"SET GLOBAL super_read_only=0; SET GLOBAL read_only=0; SET GLOBAL gtid_purged='+{subtract(pair, final)}'"
    )
    for _ in range(3):
        heartbeat(pair)
    # A run that begins after the promotion, perhaps elsewhere, knows nothing of FINAL: the fence noted it on RDS.
    result = gate(pair)
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["promoted_before"]
    assert "failed" not in look(pair, {"gtid": final["gtid"]})
    write_on_rds(pair)
    assert gate(pair)["refused"]
    assert "shop.items" in look(pair, {"gtid": final["gtid"]})["msg"]


def subtract(pair: mysql_pair.Pair, final: dict[str, Any]) -> str:
    return pair.idc.root(f"SELECT GTID_SUBTRACT('{final['gtid']}', @@GLOBAL.gtid_executed)")


def probe(pair: mysql_pair.Pair, user: str = "shop_app", **more: Any) -> dict[str, Any]:
    args = {"server": pair.rds.login_dict(user), "table": "shop.write_ledger", "timeout": 2.0, **more}
    return run_action("mysql_probe", args)


def test_probe_sees_open_locked_read_only_and_closed(pair: mysql_pair.Pair) -> None:
    assert "failed" not in probe(pair, expect=["allowed"])
    assert probe(pair, expect=["refused"])["failed"]
    pair.rds.root("SET GLOBAL read_only=1")
    read_only = probe(pair, expect=["refused"])
    assert read_only["evidence"]["probe"]["code"] == 1290
    assert "failed" not in probe(pair, expect=["readable"])
    pair.rds.root("SET GLOBAL read_only=0")
    fence(pair)
    assert probe(pair, expect=["refused"])["evidence"]["probe"]["code"] == 3118
    closed = pair.rds.login_dict("shop_app") | {"port": 9}
    assert "failed" not in probe(pair, server=closed, expect=["closed"])
    assert probe(pair, server=closed, expect=["refused"])["failed"]


def test_probe_changes_nothing(pair: mysql_pair.Pair) -> None:
    before = pair.rds.root("SELECT @@GLOBAL.gtid_executed; CHECKSUM TABLE shop.write_ledger")
    probe(pair, expect=["allowed"])
    assert pair.rds.root("SELECT @@GLOBAL.gtid_executed; CHECKSUM TABLE shop.write_ledger") == before


def test_many_kills_in_one_round_trip_go_on_after_the_one_that_is_gone(pair: mysql_pair.Pair) -> None:
    with pair.rds.connect("shop_app") as first, pair.rds.connect("shop_app") as second, pair.rds.connect() as tool:
        ids = [first.thread_id, 999_999, second.thread_id]
        codes = tool.execute_each([f"CALL mysql.rds_kill({number})" for number in ids], tolerate={1094})
        assert codes == [0, 1094, 0]
        assert isinstance(tool, Server)
