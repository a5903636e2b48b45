"""How each table of the shop is filled: a pure description, turned into INSERT ... SELECT statements by `statements`.

Values come from CRC32 of a salt and the row's number, so that the same number of rows gives the same data every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.shop import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK_ROWS = 25_000
WAREHOUSES = 2
_SPAN_SECONDS = 57_000_000
_BASE = "timestamp'2025-01-01 00:00:00'"


@dataclass(frozen=True)
class Sizes:
    """How many rows each table gets, for a wanted total of `rows`."""

    rows: int

    def of(self, thousandths: int) -> int:
        """Return that share of the rows, at least 40."""
        return max(40, self.rows * thousandths // 1000)

    @property
    def customers(self) -> int:
        """Return the number of customers."""
        return self.of(60)

    @property
    def products(self) -> int:
        """Return the number of products."""
        return self.of(20)

    @property
    def orders(self) -> int:
        """Return the number of orders."""
        return self.of(150)


@dataclass(frozen=True)
class Fill:
    """One table: its columns, and the expression of each over the row's number `n`."""

    table: str
    rows: int
    columns: dict[str, str]
    source: str = ""


def number(salt: str, modulus: int) -> str:
    """Return an expression: a number from 0 to modulus - 1, fixed by the salt and the row."""
    return f"(crc32(concat('{salt}', n)) % {modulus})"


def word(salt: str, choices: Sequence[str]) -> str:
    """Return an expression: one of the words, fixed by the salt and the row."""
    quoted = ", ".join("'" + choice.replace("'", "''") + "'" for choice in choices)
    return f"elt(1 + {number(salt, len(choices))}, {quoted})"


def moment(rows: int, salt: str) -> str:
    """Return an expression: a time that grows with the row's number, over 22 months, to the microsecond."""
    seconds = max(1, _SPAN_SECONDS // rows)
    return f"({_BASE} + interval n * {seconds} second + interval {number(salt, 1_000_000)} microsecond)"


def statements(fill: Fill) -> Iterator[str]:
    """Yield the INSERT statements of one table, in chunks that keep each transaction small."""
    columns, values = ", ".join(fill.columns), ", ".join(fill.columns.values())
    for first in range(1, fill.rows + 1, CHUNK_ROWS):
        last = min(fill.rows, first + CHUNK_ROWS - 1)
        yield (
            f"INSERT INTO shop.{fill.table} ({columns}) WITH RECURSIVE numbers (n) AS "
            f"(SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) "
            f"SELECT {values} FROM numbers {fill.source}"
        )


def fills(sizes: Sizes) -> list[Fill]:
    """Return all tables in the order that their foreign keys ask for."""
    return [*_people(sizes), *_goods(sizes), *_trade(sizes), *_traces(sizes)]


def _people(sizes: Sizes) -> list[Fill]:
    return [
        Fill(
            "customers",
            sizes.customers,
            {
                "id": "n",
                "email": "concat('user', n, '@example.org')",
                "name": f"concat({word('cf', words.FAMILY_NAMES)}, {word('cg', words.GIVEN_NAMES)})",
                "grade": f"elt(1 + ({number('cr', 10)} > 5) + ({number('cr', 10)} > 8), '일반', '우수', 'VIP')",
                "password_digest": "unhex(sha2(concat('customer', n), 256))",
                "preferences": f"json_object('언어', 'ko', '수신동의', {number('cp', 2)} = 1, "
                f"'관심', json_array({word('ci', words.CATEGORIES)}, {word('cj', words.CATEGORIES)}))",
                "points": f"{number('ct', 500_000)} / 100",
                "joined_at": moment(sizes.customers, "ca"),
            },
        ),
        Fill(
            "addresses",
            sizes.of(70),
            {
                "id": "n",
                "customer_id": f"1 + (n - 1) % {sizes.customers}",
                "label": word("al", words.ADDRESS_LABELS),
                "city": word("ac", words.CITIES),
                "street": f"concat({word('as', words.STREETS)}, ' ', 1 + {number('an', 400)})",
                "postcode": f"lpad({number('ap', 63_000)}, 5, '0')",
            },
        ),
    ]


def _goods(sizes: Sizes) -> list[Fill]:
    return [
        Fill(
            "categories",
            40,
            {
                "id": "n",
                "parent_id": "if(n <= 8, NULL, 1 + n % 8)",
                "slug": "concat('category-', n)",
                "name": "elt(n, " + ", ".join(f"'{name}'" for name in words.CATEGORIES) + ")",
            },
        ),
        Fill(
            "suppliers",
            60,
            {
                "id": "n",
                "name": f"concat({word('so', words.ORIGINS)}, {word('se', words.SUPPLIER_ENDINGS)})",
                "business_number": f"concat(lpad(n, 3, '1'), '-', lpad({number('sb', 99)}, 2, '0'), "
                "'-', lpad(n, 5, '0'))",
                "contact": f"json_object('담당', {word('sc', words.GIVEN_NAMES)}, '도시', {word('sd', words.CITIES)})",
            },
        ),
        Fill("warehouses", 6, {"id": "n", "code": "concat('WH-', n)", "city": word("wc", words.CITIES)}),
        Fill(
            "products",
            sizes.products,
            {
                "id": "n",
                "sku": "concat('KR-', lpad(n, 8, '0'))",
                "category_id": f"1 + {number('pc', 40)}",
                "supplier_id": f"1 + {number('ps', 60)}",
                "name": f"concat({word('po', words.ORIGINS)}, ' ', {word('pg', words.GOODS)}, "
                f"' ', {word('pz', words.SIZES)})",
                "description": f"concat('산지에서 바로 보내는 ', {word('pg', words.GOODS)}, "
                f"'입니다. ', {word('pr', words.REVIEWS)})",
                "attributes": f"json_object('색상', {word('pk', words.COLOURS)}, '크기', {word('pz', words.SIZES)}, "
                f"'무게', {number('pw', 9000)} / 1000e0, '태그', json_array('신선', {word('po', words.ORIGINS)}))",
                "price": f"1000 + {number('pp', 2990)} * 100",
                "weight_kg": f"{number('pw', 9000)} / 1000",
                "image_digest": f"if({number('pi', 10)} = 0, NULL, unhex(sha2(concat('image', n), 256)))",
                "created_at": moment(sizes.products, "pt"),
            },
        ),
        Fill(
            "stock",
            sizes.products * WAREHOUSES,
            {
                "product_id": f"1 + (n - 1) % {sizes.products}",
                "warehouse_id": f"1 + (n - 1) div {sizes.products}",
                "quantity": f"5000 + {number('sq', 50_000)}",
                "counted_at": moment(sizes.products * WAREHOUSES, "st"),
            },
        ),
        Fill(
            "coupons",
            20,
            {
                "code": "concat(if(n % 2, 'Welcome', 'welcome'), n)",
                "title": "concat('가입 축하 할인 ', n, '%')",
                "discount": "n",
                "valid_until": "timestamp'2027-12-31 14:59:59.999999'",
            },
        ),
    ]


def _trade(sizes: Sizes) -> list[Fill]:
    orders, items = sizes.orders, sizes.of(350)
    # The first 60 % of the orders were shipped, the next 20 % paid, the rest only placed or cancelled.
    shipped, paid = sizes.of(90), sizes.of(120)
    return [
        Fill(
            "orders",
            orders,
            {
                "id": "n",
                "number": f"concat('S', lpad(n, 9, '0'), '-', lpad({number('on', 99_999)}, 5, '0'))",
                "customer_id": f"1 + {number('oc', sizes.customers)}",
                "status": f"case when n <= {shipped} then if(n % 3, 'delivered', 'shipped') "
                f"when n <= {paid} then 'paid' "
                "else if(n % 4, 'placed', 'cancelled') end",
                "coupon_code": f"if({number('ok', 12)} = 0, concat('Welcome', 1 + 2 * {number('ow', 10)}), NULL)",
                "total": "0",
                "memo": f"if({number('om', 5)} = 0, {word('oo', words.MEMOS)}, NULL)",
                "placed_at": moment(orders, "op"),
            },
        ),
        Fill(
            "order_items",
            items,
            {
                "order_id": f"1 + (n - 1) % {orders}",
                "line": f"1 + (n - 1) div {orders}",
                "product_id": "p.id",
                "quantity": f"1 + {number('iq', 4)}",
                "unit_price": "p.price",
            },
            source=f"JOIN shop.products AS p ON p.id = 1 + {number('ip', sizes.products)}",
        ),
        Fill(
            "payments",
            paid,
            {
                "id": "n",
                "order_id": "n",
                "method": "elt(1 + n % 4, 'card', 'transfer', 'kakaopay', 'naverpay')",
                "amount": "(SELECT coalesce(sum(i.amount), 0) FROM shop.order_items AS i WHERE i.order_id = n)",
                "approval": "unhex(left(sha2(concat('approval', n), 256), 32))",
                "answer": f"json_object('결과', '승인', '코드', lpad({number('ya', 9999)}, 4, '0'))",
                "paid_at": moment(orders, "yp"),
            },
        ),
        Fill(
            "shipments",
            shipped,
            {
                "id": "n",
                "order_id": "n",
                "warehouse_id": f"1 + {number('hw', 6)}",
                "tracking_number": "concat('KR', lpad(n, 12, '0'))",
                "shipped_at": moment(orders, "hs"),
                "delivered_at": f"if(n % 3, {moment(orders, 'hd')} + interval 2 day, NULL)",
            },
        ),
    ]


def _traces(sizes: Sizes) -> list[Fill]:
    reviews, views = sizes.of(50), sizes.of(45)
    return [
        Fill(
            "reviews",
            reviews,
            {
                "id": "n",
                "product_id": f"1 + {number('rp', sizes.products)}",
                "customer_id": f"1 + {number('rc', sizes.customers)}",
                "rating": f"1 + {number('rr', 5)}",
                "body": word("rb", words.REVIEWS),
                "written_at": moment(reviews, "rw"),
            },
        ),
        Fill(
            "page_views",
            views,
            {
                "seen_at": moment(views, "vs"),
                "customer_id": f"if({number('vg', 3)} = 0, NULL, 1 + {number('vc', sizes.customers)})",
                "product_id": f"1 + {number('vp', sizes.products)}",
                "address": f"inet6_aton(concat('192.0.2.', {number('va', 255)}))",
                "agent": "'Mozilla/5.0 (X11; Linux x86_64)'",
            },
        ),
        Fill(
            "price_history",
            sizes.of(3),
            {
                "product_id": f"1 + {number('ep', sizes.products)}",
                "price_before": f"1000 + {number('eb', 900)} * 100",
                "price_after": f"1000 + {number('ea', 900)} * 100",
                "changed_at": moment(sizes.of(3), "ec"),
            },
        ),
        Fill(
            "audit_log",
            sizes.of(2),
            {
                "entity": "'products'",
                "entity_id": f"1 + {number('lp', sizes.products)}",
                "what": "'checked'",
                "detail": f"json_object('담당', {word('lw', words.GIVEN_NAMES)})",
                "account": "'shop_batch@%'",
                "at": moment(sizes.of(2), "lt"),
            },
        ),
    ]
