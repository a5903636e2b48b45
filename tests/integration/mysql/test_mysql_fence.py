"""The fence against two real servers: it acts, is idempotent, rehearses, survives interruption, and is never fooled."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from daemons import wait_until
from failback import fence
from idc_side import run_action
from rds_side import Writers, account_states, fence_args

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import mysql_pair

APP_ACCOUNTS = ["report@%", "shop_app@%", "shop_batch@%"]


@pytest.fixture(name="event")
def _event(mysql_pair: mysql_pair.Pair) -> Iterator[str]:
    """An event that writes every second, defined by the tool's own account as the migration left it."""
    mysql_pair.rds.root(
        "CREATE DEFINER=rr_admin@'%' EVENT shop.tick ON SCHEDULE EVERY 1 SECOND"
        " DO INSERT INTO shop.write_ledger (token, client) VALUES ('tick', 'event')"
    )
    yield "shop.tick"
    mysql_pair.rds.root("DROP EVENT shop.tick")


def run(pair: mysql_pair.Pair, *, check: bool = False, **more: Any) -> dict[str, Any]:
    return run_action("mysql_fence", fence_args(pair, **more), check=check)


def committed_beyond(pair: mysql_pair.Pair, gtid: str) -> str:
    return pair.rds.root(f"SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, '{gtid}')")


def test_fences_sixteen_busy_writers_and_loses_no_acknowledged_write(mysql_pair: mysql_pair.Pair) -> None:
    with Writers(mysql_pair, 16) as writers:
        result = run(mysql_pair, drain_timeout=0.3)
        final = result["evidence"]["final"]["gtid"]
        refused = writers.refused
        # They keep trying: each is turned away once more, on average.
        wait_until(lambda: writers.refused >= refused + 16, lambda: "nobody tried again", 60)
        acknowledged = set(writers.acknowledged)
    assert "failed" not in result, result["msg"]
    assert result["changed"]
    assert result["before"]["open_accounts"] == APP_ACCOUNTS
    assert result["after"]["open_accounts"] == []
    assert all(p["holds"] for name, p in result["evidence"]["proofs"].items() if name != "read_only")
    assert result["evidence"]["killed_sessions"] >= 16
    assert result["evidence"]["write_test"]["code"] == 3118
    assert writers.refused > 0
    assert committed_beyond(mysql_pair, final) == ""
    there = set(mysql_pair.rds.root("SELECT token FROM shop.write_ledger").split())
    assert acknowledged <= there


def test_waits_for_a_transaction_that_ends_before_the_deadline(mysql_pair: mysql_pair.Pair) -> None:
    with mysql_pair.rds.connect("shop_app") as slow:
        slow.execute("START TRANSACTION")
        slow.execute("INSERT INTO shop.write_ledger (token, client) VALUES ('in-time', 'slow')")

        def commit_once_locked() -> None:
            locked = "SELECT account_locked FROM mysql.user WHERE user='shop_app'"
            wait_until(lambda: mysql_pair.rds.root(locked) == "Y", lambda: "nobody was locked out", 60)
            slow.execute("COMMIT")

        commits = threading.Thread(target=commit_once_locked)
        commits.start()
        result = run(mysql_pair, drain_timeout=60.0)
        commits.join()
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["killed_in_transaction"] == 0
    assert mysql_pair.rds.root("SELECT COUNT(*) FROM shop.write_ledger WHERE token='in-time'") == "1"
    assert result["evidence"]["seconds"]["drain"] < 60, "the deadline was waited out"


def test_kills_a_transaction_at_the_deadline(mysql_pair: mysql_pair.Pair) -> None:
    with mysql_pair.rds.connect("report") as slow:
        slow.execute("START TRANSACTION")
        slow.execute("INSERT INTO shop.write_ledger (token, client) VALUES ('too-late', 'slow')")
        result = run(mysql_pair, drain_timeout=0.3)
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["killed_in_transaction"] == 1
    assert [k["user"] for k in result["evidence"]["killed"]] == ["report"]
    assert mysql_pair.rds.root("SELECT COUNT(*) FROM shop.write_ledger WHERE token='too-late'") == "0"


def test_second_run_changes_nothing_and_proves_the_same(mysql_pair: mysql_pair.Pair) -> None:
    first = run(mysql_pair)
    before = account_states(mysql_pair)
    second = run(mysql_pair)
    assert first["changed"]
    assert not second["changed"]
    assert account_states(mysql_pair) == before
    assert second["evidence"]["final"]["gtid"] == first["evidence"]["final"]["gtid"]
    assert second["evidence"]["final"]["log_position"] == first["evidence"]["final"]["log_position"]


def test_rehearsal_touches_nothing_and_predicts_the_act(mysql_pair: mysql_pair.Pair, event: str) -> None:
    before = account_states(mysql_pair).splitlines()[:-1]
    rehearsal = run(mysql_pair, check=True)
    assert account_states(mysql_pair).splitlines()[:-1] == before
    assert rehearsal["changed"]
    real = run(mysql_pair)
    assert rehearsal["evidence"]["plan"]["lock"] == real["evidence"]["plan"]["lock"] == APP_ACCOUNTS
    assert rehearsal["evidence"]["plan"]["disable"] == real["evidence"]["plan"]["disable"] == [event]
    assert not run(mysql_pair, check=True)["changed"]


@pytest.mark.parametrize("stop_at", ["_lock", "_disable", "_drain", "_settle", "_prove_accounts"])
def test_interrupted_anywhere_the_next_run_goes_on(
    mysql_pair: mysql_pair.Pair, event: str, stop_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(fence.Fence, stop_at)

    def then_die(self: fence.Fence, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **kwargs)
        raise KeyboardInterrupt

    with Writers(mysql_pair, 2, pause=0.01):
        with monkeypatch.context() as patch:
            patch.setattr(fence.Fence, stop_at, then_die)
            with pytest.raises(KeyboardInterrupt):
                run(mysql_pair, drain_timeout=0.2)
        result = run(mysql_pair, drain_timeout=0.2)
    assert "failed" not in result, result["msg"]
    assert committed_beyond(mysql_pair, result["evidence"]["final"]["gtid"]) == ""
    opened = run(mysql_pair, state="open")
    assert opened["before"]["events_off"] == [event]
    assert opened["before"]["accounts_locked_by_us"] == APP_ACCOUNTS


def test_an_event_cannot_write_through_the_fence(mysql_pair: mysql_pair.Pair, event: str) -> None:
    result = run(mysql_pair)
    assert result["evidence"]["plan"]["disable"] == [event]
    time.sleep(1.5)
    assert committed_beyond(mysql_pair, result["evidence"]["final"]["gtid"]) == ""
    run(mysql_pair, state="open")
    status = mysql_pair.rds.root("SELECT STATUS, DEFINER FROM information_schema.EVENTS WHERE EVENT_NAME='tick'")
    assert status.split() == ["ENABLED", "rr_admin@%"]


def test_a_writer_on_the_exempt_list_is_noticed(mysql_pair: mysql_pair.Pair) -> None:
    exempt = [*fence_args(mysql_pair)["exempt_users"], "shop_app"]
    with Writers(mysql_pair, 2, pause=0.005):
        result = run(mysql_pair, exempt_users=exempt, settle_timeout=1.5)
    assert result["failed"]
    assert not result["evidence"]["proofs"]["write_refused"]["holds"]
    assert not result["evidence"]["proofs"]["position_frozen"]["holds"]


def test_a_prepared_xa_transaction_stops_it(mysql_pair: mysql_pair.Pair) -> None:
    with mysql_pair.rds.connect("shop_app") as app:
        for step in (
            "XA START 'x'",
            "INSERT INTO shop.items (name) VALUES ('xa')",
            "XA END 'x'",
            "XA PREPARE 'x'",
        ):
            app.execute(step)
    try:
        result = run(mysql_pair, settle_timeout=1.0)
    finally:
        mysql_pair.rds.root("XA ROLLBACK 'x'")
    assert result["failed"]
    assert "prepared XA" in result["msg"]


def test_a_wrong_password_of_the_application_is_no_proof(mysql_pair: mysql_pair.Pair, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("not-it-at-all\n")
    result = run(mysql_pair, app_login={"user": "shop_app", "password_file": str(wrong)})
    assert result["failed"]
    assert result["evidence"]["write_test"]["code"] == 1045
    assert not result["evidence"]["proofs"]["write_refused"]["holds"]
    assert "not-it-at-all" not in str(result)


def test_read_only_is_required_where_the_site_says_so(mysql_pair: mysql_pair.Pair) -> None:
    required = ["accounts_locked", "read_only"]
    result = run(mysql_pair, required_proofs=required)
    assert result["failed"]
    assert "@@read_only is 0" in result["msg"]
    mysql_pair.rds.root("SET GLOBAL read_only=1")
    assert "failed" not in run(mysql_pair, required_proofs=required)


def test_a_misspelt_proof_opens_no_gate(mysql_pair: mysql_pair.Pair) -> None:
    before = account_states(mysql_pair)
    result = run(mysql_pair, required_proofs=["read_olny"])
    assert result["failed"]
    assert "read_olny" in result["msg"]
    assert account_states(mysql_pair) == before


def test_another_server_is_not_touched(mysql_pair: mysql_pair.Pair) -> None:
    before = account_states(mysql_pair)
    aws = mysql_pair.rds.login_dict() | {"server_uuid": mysql_pair.idc.uuid}
    result = run(mysql_pair, aws=aws)
    assert result["refused"]
    assert mysql_pair.rds.uuid in result["msg"]
    assert account_states(mysql_pair) == before


def test_open_unlocks_only_what_the_fence_locked(mysql_pair: mysql_pair.Pair) -> None:
    mysql_pair.rds.root("""ALTER USER report@'%' ACCOUNT LOCK ATTRIBUTE '{"other": 1}'""")
    run(mysql_pair)
    result = run(mysql_pair, state="open")
    assert result["changed"]
    assert result["after"] == {"accounts_locked_by_us": [], "events_off": []}
    states = mysql_pair.rds.root("SELECT User, account_locked FROM mysql.user WHERE User IN ('report', 'shop_app')")
    assert states.split() == ["report", "Y", "shop_app", "N"]
    assert '"other"' in account_states(mysql_pair)
    assert not run(mysql_pair, state="open")["changed"]


def test_open_is_refused_once_idc_is_writable(mysql_pair: mysql_pair.Pair) -> None:
    run(mysql_pair)
    mysql_pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    before = account_states(mysql_pair)
    result = run(mysql_pair, state="open")
    assert result["refused"]
    assert "two writers" in result["msg"]
    assert account_states(mysql_pair) == before


def test_open_is_refused_when_idc_was_written(mysql_pair: mysql_pair.Pair) -> None:
    run(mysql_pair)
    mysql_pair.idc.root(
        "SET GLOBAL super_read_only=0; FLUSH LOCAL STATUS; CREATE DATABASE errant; DROP DATABASE errant"
    )
    mysql_pair.idc.root("SET GLOBAL super_read_only=1")
    try:
        result = run(mysql_pair, state="open")
    finally:
        mysql_pair.idc.root(
            "SET GLOBAL super_read_only=0; RESET BINARY LOGS AND GTIDS;"
            f"SET GLOBAL gtid_purged='{mysql_pair.cutover}'; SET GLOBAL super_read_only=1"
        )
    assert result["refused"]
    assert "2 transactions of its own" in result["msg"]


def test_locks_do_not_travel_through_a_channel_that_ignores_mysql(mysql_pair: mysql_pair.Pair) -> None:
    """The contract of the channel: account statements of the fence are applied as nothing on IDC."""
    idc, password = mysql_pair.idc, (mysql_pair.rds.secrets / "repl").read_text().strip()
    ask = "SELECT User, account_locked, User_attributes FROM mysql.user WHERE User IN ('shop_app', 'report')"
    before = idc.root(ask)
    executed = idc.root("SELECT @@GLOBAL.gtid_executed")
    idc.root(
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{mysql_pair.rds.host}', SOURCE_PORT=3306, SOURCE_USER='repl',"
        f" SOURCE_PASSWORD='{password}', SOURCE_AUTO_POSITION=1, SOURCE_SSL=1 FOR CHANNEL 'filtered';"
        "CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=('mysql.%') FOR CHANNEL 'filtered';"
        "START REPLICA FOR CHANNEL 'filtered'"
    )
    try:
        result = run(mysql_pair)
        final = result["evidence"]["final"]["gtid"]
        arrived = idc.root(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{final}', 20)")
        there = idc.root(ask)
    finally:
        idc.root("STOP REPLICA FOR CHANNEL 'filtered'; RESET REPLICA ALL FOR CHANNEL 'filtered'")
    assert arrived == "0"
    assert there == before
    assert idc.root("SELECT @@GLOBAL.gtid_executed") != executed
