from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from failback import sample
from failback.row_digest import Column, column_expressions, row_expression


def a_column(name: str = "c", kind: str = "int", **changes: Any) -> Column:
    return replace(
        Column(name, kind, kind, nullable=False, collation="", default="NULL", extra="", generated=""), **changes
    )


def a_table(name: str = "t", kind: str = "bigint", rows: int = 100, key: tuple[str, ...] = ("id",)) -> sample.Table:
    return sample.Table("shop", name, (a_column("id", kind), a_column("v", "varchar")), key, rows)


def test_null_and_empty_are_told_apart_by_a_bitmap() -> None:
    expression = row_expression([a_column("a", "varchar", nullable=True), a_column("b", "varchar", nullable=True)])
    assert "(ISNULL(`a`))<<1|ISNULL(`b`)" in expression


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("varbinary", "LENGTH(`c`),`c`"),
        ("geometry", "SHA2(`c`,256)"),
        ("bit", "`c`+0"),
        ("float", "POINT(`c`,0)"),
        ("json", "SHA2(`c`,256)"),
        ("longtext", "SHA2(`c`,256)"),
        ("blob", "LENGTH(`c`),`c`"),
        ("varchar", "LENGTH(`c`),`c`"),
        ("decimal", "`c`"),
        ("enum", "CAST(`c` AS UNSIGNED)"),
    ],
)
def test_each_type_has_its_way(kind: str, part: str) -> None:
    assert part in ",".join(column_expressions(a_column(kind=kind)))


def test_text_that_cannot_hold_the_separator_needs_no_length() -> None:
    assert column_expressions(a_column(kind="varchar", collation="utf8mb4_0900_ai_ci")) == ("`c`",)
    assert column_expressions(a_column(kind="varchar", collation="latin1_swedish_ci")) == ("LENGTH(`c`)", "`c`")


def test_more_nullable_columns_than_a_number_has_bits_give_several_bitmaps() -> None:
    expression = row_expression([a_column(f"c{number}", nullable=True) for number in range(121)])
    assert expression.count("ISNULL") == 121
    assert max(part.count("<<1") for part in expression.split(",")) == 59


def test_virtual_columns_are_not_read_and_names_are_quoted() -> None:
    expression = row_expression([a_column("a`b"), a_column("v", extra="virtual generated", generated="1")])
    assert "`a``b`" in expression
    assert "`v`" not in expression


def test_the_newest_rows_are_always_a_chunk() -> None:
    for table in (a_table(), a_table(kind="varchar"), a_table(key=("id", "v"))):
        chunks = sample.plan_chunks(table, 500, (1, 100_000) if table.number_key else None, "seed")
        assert chunks[0].what == "newest rows"
        assert "DESC LIMIT 125" in chunks[0].tail


def test_chunks_are_the_same_for_a_seed_and_others_for_another() -> None:
    first, again, other = (
        [chunk.tail for chunk in sample.plan_chunks(a_table(), 500, (1, 10**12), seed)] for seed in ("a", "a", "b")
    )
    assert first == again != other


def test_a_short_table_is_one_chunk() -> None:
    assert [c.what for c in sample.plan_chunks(a_table(), 500, (1, 300), "s")] == ["all rows"]


def test_an_empty_table_gives_chunks_too() -> None:
    assert len(sample.plan_chunks(a_table(), 500, (None, None), "s")) == 2


def test_a_table_without_key_is_read_whole_or_counted() -> None:
    assert sample.plan_chunks(a_table(key=(), rows=10), 500, None, "s")[0].what == "all rows"
    large = sample.plan_chunks(a_table(key=(), rows=10**6), 500, None, "s")
    assert large[0].what == "row count only"
    assert "SHA2" not in sample.table_query(large)


def test_a_long_table_without_key_is_read_from_the_end_of_an_index() -> None:
    table = replace(a_table(key=(), rows=10**6), index="seen_at")
    newest, count = sample.plan_chunks(table, 500, ("2026-01-01 00:00:00.5", None), "s")
    assert newest.tail == "WHERE `seen_at` >= '2026-01-01 00:00:00.5'"
    assert count.what == sample.COUNT_ONLY
    assert "ORDER BY `seen_at` DESC LIMIT 500,1" in sample.range_query([table], 500)


def test_chunk_sums_carry_count_and_order_independent_sums() -> None:
    query = sample.table_query(sample.plan_chunks(a_table(), 500, (1, 300), "s"))
    for part in ("COUNT(*)", "COUNT(d)", "BIT_XOR", "SUM(", "FORCE INDEX (PRIMARY)"):
        assert part in query


def test_small_tables_are_never_left_out() -> None:
    tables = [a_table("big1", rows=9000), a_table("big2", rows=8000), a_table("small", rows=3)]
    chosen, left_out = sample.choose(tables, 1, 500)
    assert [t.name for t in chosen] == ["big1", "small"]
    assert [t.name for t in left_out] == ["big2"]


def test_names_every_difference_of_definition() -> None:
    idc = a_table("both")
    aws = replace(idc, columns=(idc.columns[0], replace(idc.columns[1], column_type="varchar(9)"), a_column("new")))
    found = sample.schema_differences([idc, a_table("mine")], [aws, a_table("yours")])
    assert found == [
        "shop.mine exists only on IDC",
        "shop.yours exists only on RDS",
        "shop.both.new exists only on RDS",
        "shop.both.v is defined differently",
    ]


def test_names_another_key_and_another_order() -> None:
    idc = a_table()
    aws = replace(idc, key=("v",), columns=idc.columns[::-1])
    assert sample.schema_differences([idc], [aws]) == [
        "shop.t has another primary key on IDC than on RDS",
        "shop.t has its columns in another order",
    ]


def test_names_differing_rows_by_key() -> None:
    idc = [{"k": "1", "d": "a"}, {"k": "2", "d": "b"}, {"k": "9", "d": "x"}]
    aws = [{"k": "1", "d": "a"}, {"k": "2", "d": "B"}, {"k": "10", "d": "y"}]
    assert sample.differing_rows(idc, aws) == ["key 2: different content", "key 9: only on IDC", "key 10: only on RDS"]


def test_counts_duplicates_of_a_table_without_key() -> None:
    assert sample.differing_rows([{"d": "f" * 64, "n": 3}], [{"d": "f" * 64, "n": 2}]) == [
        "row with digest ffffffffffff: 3 times on IDC, 2 times on RDS"
    ]
