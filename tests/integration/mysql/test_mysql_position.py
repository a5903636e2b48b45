"""The look behind the fence: what RDS writes after FINAL, and what a probe sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback import position
from failback.mysql import Server
from gate_side import fence, gate, write_on_rds
from idc_side import fresh, run_action

if TYPE_CHECKING:
    import mysql_pair


@pytest.fixture(name="pair")
def _pair(mysql_pair: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_pair)
    return mysql_pair


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
