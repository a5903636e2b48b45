"""mysql_sample against two real servers: every planted difference is found, and an error is never "equal"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from idc_side import caught_up, fresh, planted, position, run_action, write_rows

if TYPE_CHECKING:
    import mysql_pair


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> mysql_pair.Pair:
    fresh(mysql_servers)
    write_rows(mysql_servers, 40)
    caught_up(mysql_servers)
    return mysql_servers


def compare(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    args = {
        "idc": pair.idc.login_dict(),
        "aws": pair.rds.login_dict(),
        "final": position(pair.rds),
        "schemas": ["shop"],
    }
    return run_action("mysql_sample", args | more)


def test_equal_sides_are_equal(pair: mysql_pair.Pair) -> None:
    result = compare(pair)
    assert "failed" not in result, result["msg"]
    assert not result["changed"]
    assert result["evidence"]["tables"] == 5
    assert result["evidence"]["rows_by_table"]["shop.write_ledger"] == 40
    assert result["evidence"]["differences"] == []


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("UPDATE shop.items SET price = 9 WHERE id = 2", "shop.items key 2: different content"),
        ("UPDATE shop.items SET name = '' WHERE name IS NULL", "shop.items key 3: different content"),
        ("UPDATE shop.items SET name = NULL WHERE name = ''", "shop.items key 4: different content"),
        ("UPDATE shop.items SET name = 'A' WHERE id = 1", "shop.items key 1: different content"),
        ("DELETE FROM shop.write_ledger ORDER BY id DESC LIMIT 1", "shop.write_ledger key 40: only on RDS"),
        ("INSERT INTO shop.write_ledger (id, token) VALUES (900, 'x')", "shop.write_ledger key 900: only on IDC"),
        ("INSERT INTO shop.visits VALUES ('home', '2026-01-01')", "3 times on IDC, 2 times on RDS"),
        ("DELETE FROM shop.visits WHERE page = 'home' LIMIT 1", "1 times on IDC, 2 times on RDS"),
        # Same number of rows, and both pairs cancel out in an XOR.
        ("UPDATE shop.visits SET page = 'else' WHERE page = 'home'", "2 times on IDC, 0 times on RDS"),
        ("UPDATE shop.kinds SET f = 1.1000001 WHERE part = 1", "shop.kinds key 가#나,1"),
        ("UPDATE shop.kinds SET d = 1.0000000000000004e-300 WHERE part = 1", "shop.kinds key 가#나,1"),
        ("UPDATE shop.kinds SET b = 0xff01 WHERE part = 1", "shop.kinds key 가#나,1"),
        ("UPDATE shop.kinds SET bits = b'111' WHERE part = 1", "shop.kinds key 가#나,1"),
        ('UPDATE shop.kinds SET j = \'{"a": [2, 1], "b": 1}\' WHERE part = 1', "shop.kinds key 가#나,1"),
        ("UPDATE shop.kinds SET ts = '2026-01-01 00:00:00.126' WHERE part = 1", "shop.kinds key 가#나,1"),
        ("ALTER TABLE shop.items MODIFY name varchar(65)", "shop.items.name is defined differently"),
        ("CREATE TABLE shop.extra (a int)", "shop.extra exists only on IDC"),
        ("ALTER TABLE shop.items ADD COLUMN more int", "shop.items.more exists only on IDC"),
    ],
)
def test_a_planted_difference_is_found_and_named(pair: mysql_pair.Pair, sql: str, named: str) -> None:
    planted(pair, sql)
    result = compare(pair)
    assert result["refused"]
    assert any(named in text for text in result["evidence"]["differences"]), result["evidence"]["differences"]


def test_the_newest_rows_of_a_long_table_are_always_seen(pair: mysql_pair.Pair) -> None:
    write_rows(pair, 900)
    caught_up(pair)
    planted(pair, "UPDATE shop.write_ledger SET note = 'x' ORDER BY id DESC LIMIT 1")
    result = compare(pair, rows=80)
    assert result["evidence"]["rows_by_table"]["shop.write_ledger"] <= 80
    assert "shop.write_ledger key 940" in result["msg"]


def test_a_long_table_without_key_is_counted_and_read_at_its_end(pair: mysql_pair.Pair) -> None:
    for server in (pair.idc, pair.rds):
        server.root(
            "SET GLOBAL super_read_only=0; SET sql_log_bin=0; SET cte_max_recursion_depth=9000;"
            "CREATE TABLE shop.views (at datetime(6), page int, KEY (at));"
            "INSERT INTO shop.views WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
            " SELECT TIMESTAMPADD(SECOND, i, '2026-01-01'), i FROM n; ANALYZE LOCAL TABLE shop.views"
        )
    pair.idc.root("SET GLOBAL super_read_only=1")
    equal = compare(pair)
    assert "failed" not in equal, equal["msg"]
    assert equal["evidence"]["rows_by_table"]["shop.views"] == 501
    planted(pair, "UPDATE shop.views SET page = 0 ORDER BY at DESC LIMIT 1")
    assert "1 times on IDC, 0 times on RDS" in " ".join(compare(pair)["evidence"]["differences"])
    planted(pair, "DELETE FROM shop.views ORDER BY at LIMIT 1")
    assert "4999 rows on IDC and 5000 on RDS" in " ".join(compare(pair)["evidence"]["differences"])


def test_equal_json_in_another_writing_is_equal(pair: mysql_pair.Pair) -> None:
    planted(pair, 'UPDATE shop.kinds SET j = \'{"a":[1,2],  "b":1}\' WHERE part = 1')
    assert "failed" not in compare(pair)


def test_an_error_on_one_side_is_a_failure_never_equal(pair: mysql_pair.Pair) -> None:
    # The application's account may not see RDS's statistics of rows; a table it may not read is not an equal one.
    denied = pair.rds.login_dict("repl")
    result = compare(pair, aws=denied)
    assert result["failed"]
    assert not result["refused"]
    assert "RDS" in result["msg"]


def test_nothing_is_compared_before_the_salvage(pair: mysql_pair.Pair) -> None:
    write_rows(pair, 2)
    result = compare(pair)
    assert result["refused"]
    assert "salvage first" in result["msg"]


def test_an_open_idc_has_moved_on(pair: mysql_pair.Pair) -> None:
    pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    result = compare(pair)
    assert "failed" not in result
    assert result["evidence"]["compared"] is False
