"""mysql_settle, mysql_error_log, mysql_reach and app_connections against real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from idc_side import app, follow, fresh, run_action, salvage
from rds_side import fence_args

if TYPE_CHECKING:
    import mysql_pair

EVENTS = "SELECT event_name, status, definer FROM information_schema.events WHERE event_schema='shop' ORDER BY 1"


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    """RDS with events, fenced; IDC at FINAL and open."""
    fresh(mysql_servers)
    for name, definer, state in (
        ("ran", "rr_admin", "ENABLE"),
        ("off", "rr_admin", "DISABLE"),
        ("lost", "ghost", "ENABLE"),
    ):
        mysql_servers.rds.root(
            f"SET time_zone='+09:00'; CREATE DEFINER={definer}@'%' EVENT shop.{name} ON SCHEDULE EVERY 1 DAY {state}"
            " DO DELETE FROM shop.markers WHERE id < 0"
        )
    assert "failed" not in follow(mysql_servers)
    final = run_action("mysql_fence", fence_args(mysql_servers, drain_timeout=0.1))["evidence"]["final"]["gtid"]
    assert "failed" not in salvage(mysql_servers, final)
    mysql_servers.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    return mysql_servers


def settle(pair: mysql_pair.Pair, *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {"idc": pair.idc.login_dict(), "aws": pair.rds.login_dict(), "schemas": ["shop"]}
    return run_action("mysql_settle", args | more, check=check)


def test_removes_the_channel_and_runs_what_ran(pair: mysql_pair.Pair) -> None:
    result = settle(pair)
    assert result["changed"], result
    assert result["after"]["own_channel"] is None
    assert result["after"]["event_scheduler"] == "ON"
    assert result["evidence"]["events_enabled"] == ["shop.ran"]
    assert result["evidence"]["events_without_definer"] == ["shop.lost (ghost@%)"]
    assert result["evidence"]["definers_missing"] == ["event shop.lost (definer ghost@%)"]
    assert "ghost@%" in result["msg"]
    states = dict(line.split("\t")[:2] for line in pair.idc.root(EVENTS).splitlines())
    assert states["ran"] == "ENABLED"
    assert states["off"] != "ENABLED"
    assert pair.idc.root("SELECT time_zone FROM information_schema.events WHERE event_name='ran'") == "+09:00"
    assert "ran\tENABLED\trr_admin@%" in pair.idc.root(EVENTS)
    assert "ON" in pair.idc.root(
        "SELECT variable_value FROM performance_schema.persisted_variables WHERE variable_name='event_scheduler'"
    )
    assert not settle(pair)["changed"]


def test_a_rehearsal_touches_nothing(pair: mysql_pair.Pair) -> None:
    before = pair.idc.root(EVENTS)
    result = settle(pair, check=True)
    assert result["changed"]
    assert result["evidence"]["events_enabled"] == ["shop.ran"]
    assert pair.idc.root(EVENTS) == before
    assert pair.idc.root("SELECT @@event_scheduler") == "OFF"


def test_no_event_runs_before_the_promotion(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=1")
    result = settle(pair)
    assert result["refused"]
    assert pair.idc.root("SELECT @@event_scheduler") == "OFF"


def test_without_rds_nothing_is_enabled_on_a_guess(pair: mysql_pair.Pair) -> None:
    result = settle(pair, aws=pair.rds.login_dict() | {"port": 3399})
    assert "failed" not in result
    assert result["evidence"]["events_enabled"] == []
    assert result["evidence"]["events_unknown"] == ["shop.lost", "shop.off", "shop.ran"]
    assert "RDS does not say" in result["msg"]


def test_killed_half_way_is_finished_by_the_next_run(pair: mysql_pair.Pair) -> None:
    pair.idc.root("RESET REPLICA ALL FOR CHANNEL 'rollback_runner'")
    assert settle(pair)["changed"]
    assert not settle(pair)["changed"]


def test_the_error_log_is_judged(pair: mysql_pair.Pair) -> None:
    result = run_action("mysql_error_log", {"idc": pair.idc.login_dict()})
    assert "matters" in result["evidence"]
    assert result["evidence"]["server_up_seconds"] > 0


def test_reach_says_who_answers_and_who_does_not(pair: mysql_pair.Pair) -> None:
    found = run_action("mysql_reach", {"server": pair.idc.login_dict(), "account": app(pair)})
    assert found["evidence"]["server_uuid"] == pair.idc.uuid
    assert found["evidence"]["as"] == "shop_app@%"
    closed = run_action("mysql_reach", {"server": pair.idc.login_dict() | {"port": 3399}, "account": app(pair)})
    assert closed["failed"]
    other = run_action(
        "mysql_reach", {"server": pair.idc.login_dict() | {"server_uuid": pair.rds.uuid}, "account": app(pair)}
    )
    assert other["refused"]


def test_connections_are_counted_by_address(pair: mysql_pair.Pair) -> None:
    with pair.idc.connect("shop_app") as session:
        address = session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
        args = {"server": pair.idc.login_dict(), "app_user": "shop_app", "addresses": [address], "timeout": 0.5}
        assert run_action("app_connections", args)["after"] == {"sessions": 1}
        assert run_action("app_connections", args | {"at_least": 2})["failed"]


def test_connections_are_counted_where_mysql_shows_names(pair: mysql_pair.Pair) -> None:
    with pair.idc.connect("shop_app") as session:
        address = session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    args = {"server": pair.idc.login_dict(), "app_user": "shop_app", "timeout": 0.5}
    with pair.idc.naming(address, "web1.bookings"), pair.idc.connect("shop_app") as session:
        assert session.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)") == "web1.bookings"
        for known in (address, "web1.bookings"):
            assert run_action("app_connections", args | {"addresses": [known]})["after"] == {"sessions": 1}
        strange = run_action("app_connections", args | {"addresses": ["10.9.8.7"]})
        assert strange["failed"]
        assert "IDC sees some from web1.bookings: if that is this host, add it to app_addresses" in strange["msg"]
