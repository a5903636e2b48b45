from __future__ import annotations

import pytest
from failback.gtid import GtidSet
from failback.position import decode

R = "22222222-2222-4222-8222-222222222222"


def gtid(number: int) -> tuple[str, str]:
    return ("Gtid", f"SET @@SESSION.GTID_NEXT= '{R}:{number}'")


def run(*events: tuple[str, str], extra: str = f"{R}:11-20") -> object:
    rows = [{"Event_type": kind, "Info": info} for kind, info in events]
    return decode(rows, GtidSet.parse(extra))


HEARTBEAT = [("Query", "BEGIN"), ("Table_map", "table_id: 90 (mysql.rds_heartbeat2)"), ("Write_rows", ""), ("Xid", "")]


def test_housekeeping_is_harmless() -> None:
    found = run(gtid(11), *HEARTBEAT, gtid(12), *HEARTBEAT, extra=f"{R}:11-12")
    assert found.harmless
    assert found.sentence() == ""


def test_housekeeping_in_statement_format_is_harmless_too() -> None:
    statement = (
        "Query",
        "use `mysql`; INSERT INTO mysql.rds_heartbeat2(id, value) values (1,14) ON DUPLICATE KEY UPDATE",
    )
    assert run(gtid(11), ("Query", "BEGIN"), statement, ("Query", "COMMIT"), extra=f"{R}:11").harmless


@pytest.mark.parametrize(
    "event",
    [
        ("Table_map", "table_id: 91 (shop.orders)"),
        ("Table_map", "table_id: 91 (mysql.rds_heartbeat2.x)"),
        ("Table_map", "table_id: 91 (mysql.user)"),
        ("Table_map", "something new"),
        ("Query", "use `shop`; DROP TABLE orders"),
        ("Query", "use `shop`; UPDATE orders SET a=1 /* mysql.rds_heartbeat2 */"),
        ("Query", "ALTER USER 'shop_app'@'%' ACCOUNT UNLOCK"),
        ("Transaction_payload", "compression='ZSTD'"),
        ("Execute_load_query", "x"),
        ("XA_prepare", "XA PREPARE 'x'"),
    ],
)
def test_anything_else_is_an_alarm(event: tuple[str, str]) -> None:
    found = run(gtid(11), *HEARTBEAT, event, extra=f"{R}:11")
    assert not found.harmless
    assert found.sentence().startswith("1 transactions after FINAL")


def test_names_the_tables_written() -> None:
    found = run(gtid(11), ("Table_map", "table_id: 91 (shop.orders)"), gtid(12), ("Table_map", "t: 9 (shop.items)"))
    assert "shop.items, shop.orders" in found.sentence()


def test_transactions_up_to_final_are_passed_over() -> None:
    assert run(gtid(10), ("Table_map", "table_id: 91 (shop.orders)"), gtid(11), *HEARTBEAT, extra=f"{R}:11").harmless


def test_what_was_not_seen_is_not_harmless() -> None:
    found = run(gtid(11), *HEARTBEAT, extra=f"{R}:11-13")
    assert not found.harmless
    assert str(found.undecoded) == f"{R}:12-13"
    assert "2 transactions that could not be read" in found.sentence()


def test_an_empty_transaction_and_an_anonymous_one_are_alarms() -> None:
    assert not run(gtid(11), ("Query", "BEGIN"), ("Query", "COMMIT"), extra=f"{R}:11").harmless
    anonymous = ("Anonymous_Gtid", "SET @@SESSION.GTID_NEXT= 'ANONYMOUS'")
    assert not run(anonymous, ("Table_map", "t: 1 (shop.orders)"), extra="").harmless


def test_tagged_transactions_are_known() -> None:
    tagged = ("Gtid_tagged", f"SET @@SESSION.GTID_NEXT= '{R}:fence:3'")
    assert run(tagged, *HEARTBEAT, extra=f"{R}:fence:3").harmless
