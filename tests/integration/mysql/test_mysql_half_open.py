"""IDC opened, half opened, or opened and not writable: what is told, what the abort does, what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from idc_side import app, run_action
from promote_side import STATE, promote
from rds_side import fence_args

if TYPE_CHECKING:
    import mysql_pair


def as_application(pair: mysql_pair.Pair, column: str = "token") -> dict[str, Any]:
    """What the role proves again after the release (roles/idc_mysql/tasks/verify.yml)."""
    args = {"server": pair.idc.login_dict(), "login": app(pair), "table": "shop.markers", "column": column}
    return run_action("mysql_probe", args | {"expect": ["allowed"]})


@pytest.mark.parametrize(
    ("fault", "mend", "told"),
    [
        ("RENAME TABLE shop.markers TO shop.gone", "RENAME TABLE shop.gone TO shop.markers", "doesn't exist"),
        (
            "REVOKE INSERT ON shop.* FROM shop_app@'%'",
            "GRANT INSERT ON shop.* TO shop_app@'%'",
            "INSERT command denied",
        ),
    ],
)
def test_a_first_write_that_fails_is_told_keeps_nobody_waiting_and_fails_the_proof(
    pair: mysql_pair.Pair, final: dict[str, Any], fault: str, mend: str, told: str
) -> None:
    off, on = "SET sql_log_bin=0; SET GLOBAL super_read_only=0;", "SET GLOBAL super_read_only=1"
    pair.idc.root(f"{off} {fault}; {on}")
    try:
        for changed in (True, False):  # and the next run, which finds IDC open
            result = promote(pair, final)
            assert "failed" not in result, "after the opening nothing may keep held requests waiting"
            assert result["changed"] is changed
            assert told in result["evidence"]["write_test"]["failed"]
            assert "a write to it as the application failed" in result["msg"]
            proven = as_application(pair)
            assert proven["failed"]
            assert told in proven["msg"]
    finally:
        pair.idc.root(f"{off} {mend}")
    assert "failed" not in as_application(pair)
    assert pair.idc.root("SELECT COUNT(*) FROM shop.markers") == "0"
    assert "read_back" in promote(pair, final)["evidence"]["write_test"]


def abort(pair: mysql_pair.Pair, *, check: bool = False) -> dict[str, Any]:
    return run_action("mysql_fence", fence_args(pair, state="open"), check=check)


OPEN_ACCOUNTS = "SELECT COUNT(*) FROM mysql.user WHERE User='shop_app' AND account_locked='N'"
PERSISTED = "SELECT variable_name FROM performance_schema.persisted_variables WHERE variable_name LIKE '%read_only'"


def test_given_up_when_the_opening_was_begun_and_did_not_happen(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    assert final
    # Killed while the counters were raised; and as if the persisting had got half way.
    pair.idc.root("SET GLOBAL super_read_only=0; SET PERSIST_ONLY super_read_only=OFF")
    rehearsed = abort(pair, check=True)
    assert rehearsed["changed"]
    assert pair.idc.root(STATE) == "0\t1"
    result = abort(pair)
    assert "failed" not in result, result["msg"]
    assert result["evidence"]["idc_half_open"]
    assert pair.idc.root(STATE) == "1\t1"
    assert pair.idc.root(PERSISTED) == ""
    assert pair.rds.root(OPEN_ACCOUNTS) == "1"
    assert not abort(pair)["changed"]


def test_given_up_when_the_opening_did_happen_is_refused(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    assert final
    pair.idc.root("SET PERSIST super_read_only=OFF, PERSIST read_only=OFF")  # the very act; its outcome was not written
    result = abort(pair)
    assert result["refused"]
    assert "RDS stays shut" in result["msg"]
    assert pair.rds.root(OPEN_ACCOUNTS) == "0"
    assert pair.idc.root(STATE) == "0\t0"
    assert not promote(pair, final)["changed"], "the way forward is open"


def test_given_up_after_a_write_on_a_half_open_idc_is_refused(pair: mysql_pair.Pair, final: dict[str, Any]) -> None:
    assert final
    pair.idc.root("SET GLOBAL super_read_only=0; INSERT INTO shop.items (name) VALUES ('by an administrator')")
    result = abort(pair)
    assert result["refused"]
    assert "1 transactions of its own" in result["msg"]
    assert pair.rds.root(OPEN_ACCOUNTS) == "0"
