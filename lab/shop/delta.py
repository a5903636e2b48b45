"""What RDS got since the cut-over: a few thousand small transactions, and the changes of shape that people forget.

Run it as an account that exists on both sides (`rr_admin`): the event it creates runs as that account. Besides rows it
leaves one added column, one new table, one new account, one new event that writes once a minute (so a fence that
forgets the event scheduler is found out), and ids that were given out and rolled back.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pymysql.cursors import Cursor

from lab.shop import words

if TYPE_CHECKING:
    import pymysql

DEFAULT_TRANSACTIONS = 3_000
NEW_ACCOUNT = "partner_api"
NEW_COLUMN = ("products", "origin")
NEW_TABLE = "gift_cards"
NEW_EVENT = "stock_watch"
GAP_ROWS = 25

Act = Callable[[Cursor, random.Random], None]


def run(connection: pymysql.Connection[Cursor], transactions: int = DEFAULT_TRANSACTIONS, seed: int = 20261122) -> None:
    """Make that many transactions. Needs the rights of an RDS master account. Raises pymysql.MySQLError."""
    chance = random.Random(seed)
    connection.autocommit(value=False)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = '+00:00'")
        for done in range(transactions):
            if done == transactions // 2:
                change_shape(cursor)
            act = chance.choices(tuple(_ACTS), weights=tuple(_ACTS.values()))[0]
            act(cursor, chance)
            connection.commit()
        give_ids_out_and_roll_back(connection, cursor, chance)
    connection.autocommit(value=True)


def trade(connection: pymysql.Connection[Cursor], transactions: int, seed: int) -> None:
    """Make that many transactions and change no shape. A seed of its own gives orders and tokens of its own."""
    chance = random.Random(seed)
    connection.autocommit(value=False)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = '+00:00'")
        for _ in range(transactions):
            chance.choices(tuple(_ACTS), weights=tuple(_ACTS.values()))[0](cursor, chance)
            connection.commit()
    connection.autocommit(value=True)


def change_shape(cursor: Cursor) -> None:
    """Change what people forget when they only copy rows: a column, a table, an event, an account."""
    table, column = NEW_COLUMN
    cursor.execute(f"ALTER TABLE shop.{table} ADD COLUMN {column} varchar(40) NULL COMMENT '원산지' AFTER name")
    cursor.execute(f"UPDATE shop.{table} SET {column} = substring_index(name, ' ', 1) WHERE id % 20 = 0")
    cursor.execute(
        f"CREATE TABLE shop.{NEW_TABLE} (code char(16) CHARACTER SET ascii NOT NULL PRIMARY KEY, "
        "customer_id bigint NOT NULL, "
        "balance decimal(12, 2) NOT NULL, message varchar(200) NULL, issued_at datetime(6) NOT NULL, "
        f"CONSTRAINT {NEW_TABLE}_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id))",
    )
    cursor.execute(
        f"INSERT INTO shop.{NEW_TABLE} "
        "SELECT concat('GIFT', lpad(id, 12, '0')), id, 50000, concat(name, '님께 드립니다'), now(6) "
        "FROM shop.customers WHERE id <= 200",
    )
    cursor.execute(
        f"CREATE EVENT shop.{NEW_EVENT} ON SCHEDULE EVERY 1 MINUTE ON COMPLETION PRESERVE DO "
        "INSERT INTO shop.audit_log (entity, entity_id, what, detail, account, at) "
        "SELECT 'stock', 0, 'watch', json_object('low', count(*)), current_user(), now(6) "
        "FROM shop.stock WHERE quantity < 10",
    )
    # Nobody needs this password: the server makes one up, and it is not kept.
    cursor.execute(f"CREATE USER IF NOT EXISTS '{NEW_ACCOUNT}'@'%' IDENTIFIED BY RANDOM PASSWORD")
    cursor.fetchall()
    cursor.execute(f"GRANT SELECT ON shop.products TO '{NEW_ACCOUNT}'@'%'")


def give_ids_out_and_roll_back(connection: pymysql.Connection[Cursor], cursor: Cursor, chance: random.Random) -> None:
    """Leave ids that clients may have seen and that no row carries: IDC must never give them out again."""
    for _ in range(GAP_ROWS):
        _place_order(cursor, chance)
        _join(cursor, chance)
    connection.rollback()


def _pick(cursor: Cursor, table: str, chance: random.Random, condition: str = "true") -> tuple[int, ...] | None:
    """Return an existing id among the first of a table, as a row; None when nothing fits."""
    cursor.execute(
        f"SELECT id FROM shop.{table} WHERE id >= %s AND {condition} ORDER BY id LIMIT 1", (chance.randint(1, 40),)
    )
    row: tuple[int, ...] | None = cursor.fetchone()
    return row


def _top(cursor: Cursor, table: str, chance: random.Random) -> int:
    """Return an id of a table at random. The generated ids have no holes, so the lower half is always there."""
    cursor.execute(f"SELECT max(id) FROM shop.{table}")
    row = cursor.fetchone()
    return chance.randint(1, max(1, int(row[0] if row else 1) // 2))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _token(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _place_order(cursor: Cursor, chance: random.Random) -> None:
    token = _token(chance)
    cursor.execute(
        "INSERT INTO shop.orders (number, token, customer_id, status, total, memo, placed_at) "
        "VALUES (%s, %s, %s, 'placed', 0, %s, %s)",
        (f"D{token[24:]}", token, _top(cursor, "customers", chance), chance.choice(words.MEMOS), _now()),
    )
    order = cursor.lastrowid
    for line, product in enumerate(
        sorted({_top(cursor, "products", chance) for _ in range(chance.randint(1, 3))}), start=1
    ):
        cursor.execute(
            "INSERT INTO shop.order_items (order_id, line, product_id, quantity, unit_price) "
            "SELECT %s, %s, id, %s, price FROM shop.products WHERE id = %s",
            (order, line, chance.randint(1, 3), product),
        )
        cursor.execute(
            "UPDATE shop.stock SET quantity = quantity - 1 WHERE product_id = %s AND warehouse_id = 1", (product,)
        )
    cursor.execute(
        "UPDATE shop.orders SET total = (SELECT sum(amount) FROM shop.order_items WHERE order_id = %s) WHERE id = %s",
        (order, order),
    )


def _pay(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute("SELECT id, total FROM shop.orders WHERE status = 'placed' ORDER BY id DESC LIMIT 1")
    row = cursor.fetchone()
    if row is None:
        return
    cursor.execute("UPDATE shop.orders SET status = 'paid' WHERE id = %s", (row[0],))
    cursor.execute(
        "INSERT INTO shop.payments (order_id, method, amount, approval, answer, paid_at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        (
            *(row[0], chance.choice(("card", "transfer", "kakaopay", "naverpay")), row[1], chance.randbytes(16)),
            *(json.dumps({"결과": "승인"}, ensure_ascii=False), _now()),
        ),
    )


def _ship(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute("SELECT id FROM shop.orders WHERE status = 'paid' ORDER BY id LIMIT 1")
    row = cursor.fetchone()
    if row is None:
        return
    cursor.execute("UPDATE shop.orders SET status = 'shipped' WHERE id = %s", row)
    cursor.execute(
        "INSERT INTO shop.shipments (order_id, warehouse_id, tracking_number, shipped_at) VALUES (%s, %s, %s, %s)",
        (row[0], chance.randint(1, 6), f"DX{chance.randrange(10**12):012d}", _now()),
    )


def _change_price(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute(
        "UPDATE shop.products SET price = price + %s, "
        "attributes = json_set(attributes, '$.\"할인\"', %s) WHERE id = %s",
        (chance.randint(1, 50) * 10, chance.randint(1, 30), _top(cursor, "products", chance)),
    )


def _join(cursor: Cursor, chance: random.Random) -> None:
    token = _token(chance)
    cursor.execute(
        "INSERT INTO shop.customers (email, name, password_digest, preferences, joined_at) VALUES (%s, %s, %s, %s, %s)",
        (
            *(f"{token}@example.org", chance.choice(words.FAMILY_NAMES) + chance.choice(words.GIVEN_NAMES)),
            *(chance.randbytes(32), json.dumps({"언어": "ko"}, ensure_ascii=False), _now()),
        ),
    )
    cursor.execute(
        "INSERT INTO shop.addresses (customer_id, label, city, street, postcode) VALUES (%s, %s, %s, %s, %s)",
        (
            *(cursor.lastrowid, chance.choice(words.ADDRESS_LABELS), chance.choice(words.CITIES)),
            *(chance.choice(words.STREETS), f"{chance.randrange(63_000):05d}"),
        ),
    )


def _review(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute(
        "INSERT INTO shop.reviews (product_id, customer_id, rating, body, written_at) VALUES (%s, %s, %s, %s, %s)",
        (
            *(_top(cursor, "products", chance), _top(cursor, "customers", chance), chance.randint(1, 5)),
            *(chance.choice(words.REVIEWS), _now()),
        ),
    )


def _look(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute(
        "INSERT INTO shop.page_views VALUES (%s, NULL, %s, inet6_aton('198.51.100.7'), 'Mozilla/5.0 (Android 15)')",
        (_now(), _top(cursor, "products", chance)),
    )


def _forget_views(cursor: Cursor, _chance: random.Random) -> None:
    """Delete from the table without a primary key, the hard case of row-based replication."""
    cursor.execute("DELETE FROM shop.page_views ORDER BY seen_at LIMIT 3")


def _move_out(cursor: Cursor, chance: random.Random) -> None:
    row = _pick(cursor, "addresses", chance, "label = '선물'")
    if row:
        cursor.execute("DELETE FROM shop.addresses WHERE id = %s", row)


def _drop_order(cursor: Cursor, _chance: random.Random) -> None:
    """Delete an order; its lines go by the foreign key, which row events do not carry."""
    cursor.execute("SELECT id FROM shop.orders WHERE status = 'cancelled' ORDER BY id LIMIT 1")
    row = cursor.fetchone()
    if row:
        cursor.execute("DELETE FROM shop.orders WHERE id = %s", row)


def _use_coupon(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute(
        "UPDATE shop.coupons SET uses = uses + 1 WHERE code = %s", (f"Welcome{1 + 2 * chance.randrange(10)}",)
    )


def _note(cursor: Cursor, chance: random.Random) -> None:
    cursor.execute(
        "INSERT INTO shop.write_ledger (token, client, note) VALUES (%s, 'delta', '전환 이후 기록')",
        (_token(chance),),
    )
    cursor.execute("INSERT INTO shop.markers (token) VALUES (%s)", (_token(chance),))


_ACTS: dict[Act, int] = {
    _place_order: 30,
    _pay: 14,
    _ship: 8,
    _change_price: 10,
    _join: 8,
    _review: 8,
    _look: 8,
    _forget_views: 2,
    _move_out: 3,
    _drop_order: 2,
    _use_coupon: 3,
    _note: 4,
}
