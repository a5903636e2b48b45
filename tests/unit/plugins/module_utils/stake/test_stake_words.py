"""Amounts in the business's words."""

from __future__ import annotations

import pytest
from failback.errors import ConfigError
from failback.stake import words
from failback.stake.words import Amount, Name

ORDERS = Name("orders", "order", "주문")
MOVES = Name("stock movements", "stock movement", "재고 이동")


@pytest.mark.parametrize(
    ("many", "one"),
    [("orders", "order"), ("entries", "entry"), ("addresses", "address"), ("boxes", "box"), ("stock movements",
     "stock movement"), ("stock", "stock"), ("invoices", "invoice"), ("glass", "glass"), ("purchases", "purchase"),
     ("ties", "tie")],
)  # fmt: skip
def test_the_word_for_one(many: str, one: str) -> None:
    assert words.singular(many) == one


def test_names_are_read_with_what_a_site_may_leave_out() -> None:
    found = words.names({"shop.people": {"en": "people", "one": "person", "ko": "회원", "counter": "명"}})
    assert found["shop.people"].of(1) == {"en": "1 person", "ko": "회원 1명"}
    assert found["shop.people"].of(1234) == {"en": "1,234 people", "ko": "회원 1,234명"}


@pytest.mark.parametrize(
    "wrong", [{"shop.orders": {"en": "orders"}}, {"orders": {"en": "orders", "ko": "주문"}}, {"shop.orders": "orders"}]
)
def test_a_wrong_entry_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=f"site_tables: {next(iter(wrong))}"):
        words.names(wrong)


def test_the_headline_puts_named_tables_first() -> None:
    told = words.headline(
        [
            Amount(ORDERS, named=True, changes=40, new=35, changed=2, removed=0),
            Amount(words.unnamed("shop.log"), named=False, changes=5000),
            Amount(MOVES, named=True, changes=1204, new=1204, changed=0, removed=0),
        ]
    )
    assert told["en"] == "37 orders, 1,204 stock movements, 5,000 rows of shop.log"
    assert told["ko"] == "주문 37건, 재고 이동 1,204건, shop.log 5,000건"


def test_many_tables_are_summed_up() -> None:
    many = [Amount(words.unnamed(f"shop.t{n}"), named=False, changes=n) for n in range(1, 11)]
    told = words.headline(many)
    assert told["en"].endswith(", 10 rows in 4 other tables")
    assert told["ko"].endswith("그 밖의 테이블 4개 10건")


def test_a_line_says_what_became_of_the_rows() -> None:
    line = Amount(ORDERS, named=True, changes=99, new=35, changed=0, removed=2).detail()
    assert line == {"en": "37 orders (35 new, 2 removed)", "ko": "주문 37건(신규 35, 삭제 2)"}
    bare = Amount(ORDERS, named=True, changes=99).detail()
    assert bare == {"en": "99 changes to orders", "ko": "주문 변경 작업 99회"}


def test_nothing_is_said_as_nothing() -> None:
    assert words.headline([])["en"] == "no rows of the service"
