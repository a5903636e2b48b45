from __future__ import annotations

from failback.auto_increment import counters_from, plan_raises

A, B, C = ("shop", "a"), ("shop", "b`c"), ("shop", "c")


def test_raises_only_what_is_below_rds() -> None:
    raises = plan_raises({A: 5, B: 9, C: 3}, {A: 7, B: 9, C: 2})
    assert [str(item) for item in raises] == ["shop.a: 5 -> 7"]


def test_adds_the_margin() -> None:
    assert [item.wanted for item in plan_raises({A: 5}, {A: 5}, margin=100)] == [105]


def test_leaves_tables_of_one_side_alone() -> None:
    assert plan_raises({A: 1}, {C: 9}) == ()


def test_quotes_names() -> None:
    assert plan_raises({B: 1}, {B: 2})[0].statement == "ALTER TABLE `shop`.`b``c` AUTO_INCREMENT = 2"


def test_reads_the_servers_rows() -> None:
    assert counters_from([{"table_schema": "shop", "table_name": "a", "next_id": 12}]) == {A: 12}
