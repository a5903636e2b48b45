"""The stake is exact: against the ledger of the writer, and against what IDC lacks row by row."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from failback.binlog import events, stream
from failback.binlog.transactions import Change, Decoder
from failback.gtid import GtidSet
from failback.stake.skim import Skimmer
from stake_side import Ledger, blockers, counts, executed, found, keys, stake, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair

BIG = 17 * 1024 * 1024


@pytest.fixture(name="ledger")
def _ledger(pair: mysql_pair.Pair) -> Iterator[Ledger]:
    ledger = Ledger(pair)
    yield ledger
    ledger.close()


def trade(ledger: Ledger, chance: random.Random, transactions: int) -> None:
    """Mix inserts, updates and deletes of one and of many rows over tables with all kinds of keys."""
    for number in range(transactions):
        with ledger.transaction(rollback=chance.random() < 0.1):
            for _ in range(chance.randint(1, 4)):
                act(ledger, chance, number)
            if chance.random() < 0.2:
                with ledger.given_up():
                    act(ledger, chance, number)
                act(ledger, chance, number)


def act(ledger: Ledger, chance: random.Random, number: int) -> None:
    id_ = chance.randint(1, 40)
    choice = chance.randrange(9)
    if choice == 0:
        rows = ", ".join(f"('N-{number}', {id_})" for _ in range(chance.randint(1, 5)))
        ledger.do("insert", "orders", f"INSERT INTO orders (number, total) VALUES {rows}")
    elif choice == 1:
        ledger.do("update", "orders", "UPDATE orders SET total = total + 1 WHERE id BETWEEN %s AND %s", (id_, id_ + 3))
    elif choice == 2:
        ledger.do("update", "orders", "UPDATE orders SET total = total WHERE id = %s", (id_,))
    elif choice == 3:
        ledger.do("delete", "orders", "DELETE o FROM orders o LEFT JOIN order_items i ON i.order_id = o.id"
                  " WHERE i.id IS NULL AND o.id > %s AND o.id < %s", (id_, id_ + 3))  # fmt: skip
    elif choice == 4:
        ledger.do(
            "insert", "stock_moves", "INSERT IGNORE INTO stock_moves VALUES (%s, %s, 1, '한글')", (f"s{id_}", number)
        )
    elif choice == 5:
        ledger.do(
            "update", "stock_moves", "UPDATE stock_moves SET quantity = quantity + 1 WHERE sku = %s", (f"s{id_}",)
        )
    elif choice == 6:
        ledger.do("delete", "stock_moves", "DELETE FROM stock_moves WHERE sku = %s LIMIT 1", (f"s{id_}",))
    elif choice == 7:
        ledger.do("insert", "clicks", "INSERT INTO clicks VALUES ('home', now(6)), ('cart', now(6))")
    else:
        ledger.do("insert", "people", "INSERT IGNORE INTO people VALUES (%s, 0)", (f"p{id_}-{number}@example.org",))


def test_a_mix_of_everything_is_counted_to_the_row(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    before = {name: keys(pair.rds, f"shop.{name}", column) for name, column in KEYS.items()}
    chance = random.Random(4)  # noqa: S311 - test data
    trade(ledger, chance, 120)
    ledger.shape("ALTER TABLE shop.orders ADD COLUMN channel varchar(10) NULL AFTER number")
    ledger.shape("CREATE TABLE shop.gifts (code char(8) PRIMARY KEY, points int)")
    with ledger.transaction():
        ledger.do("insert", "gifts", "INSERT INTO gifts VALUES ('a', 1), ('b', 2)")
    pair.rds.root("SET GLOBAL binlog_transaction_compression=ON")
    compressed = Ledger(pair)
    trade(compressed, chance, 60)
    compressed.close()
    trade(ledger, chance, 60)
    result = stake(pair)
    for name, done in compressed.changes.items():
        ledger.changes[name] += done
    evidence = result["evidence"]
    assert counts(result) == ledger.counts()
    assert evidence["counted"]["complete"]
    assert evidence["counted"]["data_transactions"] + evidence["counted"]["shape_transactions"] == (
        ledger.transactions + compressed.transactions
    )
    assert evidence["gtid"]["rds_has_idc_lacks"]["transactions"] == evidence["counted"]["transactions"]
    for name, column in KEYS.items():
        after, rows = keys(pair.rds, f"shop.{name}", column), table(result, f"shop.{name}")["rows"]
        assert (rows["new"], rows["removed"]) == (len(after - before[name]), len(before[name] - after)), name
    assert [item["tables"] for item in evidence["ddl"]] == [["shop.orders"], ["shop.gifts"]]
    assert blockers(result) == []
    assert evidence["verdict"]["saved"] == "all"
    assert evidence["verdict"]["way"] == "switch-first"


KEYS = {"orders": "id", "stock_moves": "concat(sku, '#', move)", "people": "email"}


def test_without_column_names_in_the_log_it_is_as_exact(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    pair.rds.root("SET GLOBAL binlog_row_metadata=MINIMAL")
    before = {name: keys(pair.rds, f"shop.{name}", column) for name, column in KEYS.items()}
    trade(ledger, random.Random(5), 60)  # noqa: S311 - test data
    result = stake(pair)
    assert counts(result) == ledger.counts()
    for name, column in KEYS.items():
        after, rows = keys(pair.rds, f"shop.{name}", column), table(result, f"shop.{name}")["rows"]
        assert (rows["new"], rows["removed"]) == (len(after - before[name]), len(before[name] - after)), name


def test_rows_are_stepped_over_as_the_decoder_reads_them(pair: mysql_pair.Pair) -> None:
    pair.rds.root(ALL_TYPES)
    decoder, skimmer, rows = Decoder(), Skimmer(), 0
    for event in stream.since(pair.rds.login(), GtidSet.parse(pair.cutover)):
        decoded = [item for item in decoder.changes((event,)) if isinstance(item, Change)]
        if event.kind == events.TABLE_MAP:
            skimmer.name(event)
        if not decoded:
            continue
        table_ = skimmer.table(event)
        assert table_ is not None
        for place, column in enumerate(table_.columns):
            walked = skimmer._walk(event, table_, (place,))
            read = [tuple(side and side.raw[column.name] for side in (item.before, item.after)) for item in decoded]
            assert walked == read, column.name
        rows += len(decoded)
    assert rows == 12


ALL_TYPES = """
SET NAMES utf8mb4; SET time_zone='+00:00';
CREATE TABLE shop.types (id bigint PRIMARY KEY, ti tinyint unsigned, si smallint, mi mediumint, i int, f float,
 d double, de decimal(30,9), y year, da date, t time(3), dt datetime(6), ts timestamp(1) NULL, c char(200),
 vc varchar(40), lv varchar(400), bi binary(9), vb varbinary(300), tt tinytext, tx text, mt mediumtext, lb longblob,
 e enum('a','b'), s set('x','y','z'), b bit(11), j json, g geometry, v vector(3));
INSERT INTO shop.types (id) VALUES (1), (2);
INSERT INTO shop.types VALUES (3, 200, -3, 8000000, 5, 1.5, 2.5, -123456789.123456789, 2026, '2026-01-02',
 '-10:11:12.125', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.6', repeat('가', 150), '나', repeat('다', 300),
 0xff00, repeat('z', 290), 'q', repeat('r', 3000), 'm', repeat('L', 70000), 'b', 'x,z', b'10101010101',
 '{"a": [1, 2, {"b": "c"}]}', ST_GeomFromText('POINT(1 2)'), TO_VECTOR('[1,2,3]'));
INSERT INTO shop.types SELECT 4, ti, NULL, mi, NULL, f, NULL, de, y, da, NULL, dt, ts, c, NULL, lv, bi, NULL, tt, tx,
 mt, lb, e, s, b, j, NULL, v FROM shop.types WHERE id = 3;
UPDATE shop.types SET vc = concat('x', vc), j = NULL, si = id ORDER BY id DESC;
DELETE FROM shop.types;
"""


def test_business_words_in_two_languages(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.do("insert", "orders", "INSERT INTO orders (number) VALUES " + ", ".join(["('N')"] * 36))
        ledger.do("update", "orders", "UPDATE orders SET total = 9 WHERE id = 1")
        ledger.do("insert", "people", "INSERT INTO people VALUES ('new@example.org', 1)")
        values = ", ".join(f"('m', {number}, 1, '')" for number in range(1204))
        ledger.do("insert", "stock_moves", f"INSERT INTO stock_moves VALUES {values}")
    evidence = stake(pair)["evidence"]
    assert evidence["sentence"] == {
        "en": "37 orders, 1,204 stock movements, 1 person",
        "ko": "주문 37건, 재고 이동 1,204건, 회원 1명",
    }
    assert evidence["lines"][0] == {"en": "37 orders (36 new, 1 changed)", "ko": "주문 37건(신규 36, 변경 1)"}
    assert evidence["verdict"]["sentence"]["en"].startswith("All of it can be saved")
    assert evidence["extent"]["en"].startswith("1 transaction, 1,242 row changes, ")
    assert evidence["histories"] == {
        "en": "RDS has 1 transaction that IDC lacks; IDC has none that RDS lacks",
        "ko": "IDC에 없고 RDS에만 있는 트랜잭션 1건, RDS에 없고 IDC에만 있는 트랜잭션 0건",
    }


def test_a_transaction_over_sixteen_megabytes(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    with ledger.transaction():
        for _ in range(2):
            ledger.do(
                "insert", "orders", "INSERT INTO orders (number, memo) VALUES ('big', repeat('x', %s))", (BIG // 2,)
            )
        ledger.do("insert", "orders", "INSERT INTO orders (number, memo) VALUES ('big', repeat('y', %s))", (BIG,))
    pair.rds.root("SET GLOBAL binlog_transaction_compression=ON")
    packed = Ledger(pair)
    with packed.transaction():
        packed.do("insert", "orders", "INSERT INTO orders (number, memo) VALUES ('big', repeat('z', %s))", (BIG,))
    packed.close()
    result = stake(pair)
    assert counts(result) == {"shop.orders": (4, 0, 0)}
    assert result["evidence"]["counted"]["bytes"] > 2 * BIG


def test_housekeeping_and_other_schemas_are_not_the_services_data(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    beat = "INSERT INTO mysql.rds_heartbeat2 VALUES (1, 1) ON DUPLICATE KEY UPDATE value = value + 1;"
    pair.rds.root(beat * 3 + f"SET SESSION binlog_format=STATEMENT; {beat}")
    pair.rds.root(
        "CREATE DATABASE other; CREATE TABLE other.t (id int PRIMARY KEY); INSERT INTO other.t VALUES (1), (2)"
    )
    pair.rds.root("BEGIN; INSERT INTO other.t VALUES (3); INSERT INTO shop.people VALUES ('both', 1); COMMIT")
    with ledger.transaction():
        ledger.do("insert", "orders", "INSERT INTO orders (number) VALUES ('N')")
    result = stake(pair)
    counted = result["evidence"]["counted"]
    assert counts(result) == {"shop.orders": (1, 0, 0), "shop.people": (1, 0, 0)}
    assert counted["housekeeping_transactions"] == 4
    assert counted["other_schemas_transactions"] == 1
    assert counted["data_transactions"] == 2
    assert counted["transactions"] == 9
    assert found(result)["schema:other"]["severity"] == "warning"
    assert "mysql.rds_heartbeat2" not in result["evidence"]["sentence"]["en"]


def test_xa_counts_when_it_is_committed(pair: mysql_pair.Pair) -> None:
    for name, ending in (("one", "XA COMMIT 'one'"), ("two", "XA ROLLBACK 'two'"), ("three", "DO 1")):
        pair.rds.root(
            f"XA START '{name}'; INSERT INTO shop.orders (number) VALUES ('{name}'); XA END '{name}';"
            f" XA PREPARE '{name}'; {ending}"
        )
    pair.rds.root("XA START 'x'; INSERT INTO shop.orders (number) VALUES ('x'); XA END 'x'; XA COMMIT 'x' ONE PHASE")
    try:
        result = stake(pair)
    finally:
        pair.rds.root("XA ROLLBACK 'three'")
    assert counts(result) == {"shop.orders": (2, 0, 0)}
    assert found(result)["rds:prepared"]["severity"] == "blocker"
    assert "rds:prepared" not in found(stake(pair))


def test_tables_made_dropped_renamed_and_emptied(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    ledger.shape("CREATE TABLE passing (id int PRIMARY KEY)")
    with ledger.transaction():
        ledger.do("insert", "passing", "INSERT INTO passing VALUES (1), (2), (3)")
    ledger.shape("DROP TABLE passing")
    ledger.shape("CREATE TABLE drafts (id int PRIMARY KEY)")
    with ledger.transaction():
        ledger.do("insert", "drafts", "INSERT INTO drafts VALUES (1), (2)")
    ledger.shape("RENAME TABLE drafts TO letters")
    ledger.shape("ALTER TABLE letters RENAME TO mails")
    ledger.shape("TRUNCATE TABLE clicks")
    ledger.shape("DROP TABLE people")
    result = stake(pair)
    assert table(result, "shop.passing")["dropped_since"]
    assert "passing" not in result["evidence"]["sentence"]["en"]
    assert counts(result)["shop.mails"] == (2, 0, 0)
    told = found(result)
    assert "IDC still has about 2 rows" in told["ddl:dropped:shop.people"]["sentence"]
    assert "ddl:emptied:shop.clicks" in told
    assert "ddl:dropped:shop.passing" not in told
    assert len(result["evidence"]["ddl"]) == 7


def test_a_table_rebuilt_beside_and_renamed_over_is_not_told_as_new_rows(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    ledger.shape("CREATE TABLE _people_new LIKE people")
    with ledger.transaction():
        ledger.do("insert", "people", "INSERT INTO _people_new SELECT * FROM people")
    ledger.shape("RENAME TABLE people TO _people_old, _people_new TO people")
    ledger.shape("DROP TABLE _people_old")
    result = stake(pair)
    assert table(result, "shop.people")["rows"] is None
    assert "ddl:replaced:shop.people" in found(result)


def test_what_idc_has_already_is_told_apart(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.do("insert", "orders", "INSERT INTO orders (number) VALUES ('N'), ('M')")
    done = executed(pair.rds)
    # As if IDC had followed so far.
    pair.idc.root(f"SET GLOBAL super_read_only=0; SET GLOBAL gtid_purged='+{extra(done, pair.cutover)}';"
                  " SET GLOBAL super_read_only=1")  # fmt: skip
    with ledger.transaction():
        ledger.do("delete", "clicks", "DELETE FROM clicks")
        ledger.do("insert", "people", "INSERT INTO people VALUES ('late@example.org', 1)")
    result = stake(pair)
    counted = result["evidence"]["counted"]
    assert counted["rows"] == {"inserted": 3, "updated": 0, "deleted": 0}
    assert counted["rows_not_on_idc"] == {"inserted": 1, "updated": 0, "deleted": 0}
    assert result["evidence"]["gtid"]["rds_has_idc_lacks"]["transactions"] == 1
    assert blockers(result) == []


def extra(done: str, cutover: str) -> str:
    """Only what is beyond the cut-over."""
    return ",".join(part for part in done.split(",") if part not in cutover.replace("\\n", "").split(","))


def test_nothing_written_is_nothing_at_stake(pair: mysql_pair.Pair) -> None:
    evidence = stake(pair)["evidence"]
    assert evidence["sentence"]["en"] == "no rows of the service"
    assert evidence["counted"]["complete"]
    assert evidence["verdict"]["saved"] == "all"


def test_a_second_look_and_a_rehearsal_say_the_same(pair: mysql_pair.Pair, ledger: Ledger) -> None:
    trade(ledger, random.Random(6), 30)  # noqa: S311 - test data
    stable = [stake(pair), stake(pair), stake(pair, check=True)]
    for result in stable:
        for name in ("measured_at",):
            result["evidence"].pop(name)
        for name in ("seconds", "rows_per_second", "megabytes_per_second"):
            result["evidence"]["counted"].pop(name)
    assert stable[0]["evidence"] == stable[1]["evidence"] == stable[2]["evidence"]
