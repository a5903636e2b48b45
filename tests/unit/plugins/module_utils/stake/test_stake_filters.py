"""Replication filters, as the manual has them."""

from __future__ import annotations

import pytest
from failback.stake.filters import left_out


@pytest.mark.parametrize(
    ("filters", "out"),
    [
        ([], ""),
        ([("REPLICATE_WILD_IGNORE_TABLE", "mysql.%")], ""),
        ([("REPLICATE_WILD_IGNORE_TABLE", "mysql.%,shop.ord%")], "REPLICATE_WILD_IGNORE_TABLE=shop.ord%"),
        ([("REPLICATE_WILD_IGNORE_TABLE", "shop.order_")], "REPLICATE_WILD_IGNORE_TABLE=shop.order_"),
        ([("REPLICATE_WILD_IGNORE_TABLE", r"shop.order\_")], ""),
        ([("REPLICATE_IGNORE_DB", "shop")], "REPLICATE_IGNORE_DB=shop"),
        ([("REPLICATE_DO_DB", "shop,other")], ""),
        ([("REPLICATE_DO_DB", "other")], "REPLICATE_DO_DB=other"),
        ([("REPLICATE_IGNORE_TABLE", "shop.orders")], "REPLICATE_IGNORE_TABLE=shop.orders"),
        ([("REPLICATE_DO_TABLE", "shop.orders"), ("REPLICATE_IGNORE_DB", "")], ""),
        ([("REPLICATE_DO_TABLE", "shop.items")], "REPLICATE_DO_TABLE=shop.items"),
        ([("REPLICATE_WILD_DO_TABLE", "shop.%"), ("REPLICATE_WILD_IGNORE_TABLE", "shop.%")], ""),
        ([("REPLICATE_DO_TABLE", "shop.orders"), ("REPLICATE_IGNORE_TABLE", "shop.orders")], ""),
    ],
)
def test_left_out(filters: list[tuple[str, str]], out: str) -> None:
    assert left_out(filters, "shop.orders") == out
