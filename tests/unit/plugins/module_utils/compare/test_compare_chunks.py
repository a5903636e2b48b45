from __future__ import annotations

from dataclasses import replace

import pytest
from failback.compare import chunks
from failback.compare.chunks import Chunk
from failback.compare.digests import Sums, buckets, rows_query, sums_query
from failback.compare.tables import Table, shared, tables_from
from failback.errors import FailbackError
from failback.row_digest import Column


def column(name: str, kind: str = "int", collation: str = "") -> Column:
    return Column(name, kind, kind, nullable=False, collation=collation, default="NULL", extra="", generated="")


def a_table(*key: Column, more: tuple[Column, ...] = ()) -> Table:
    return Table("s", "t", (*key, *more), tuple(part.name for part in key), "PRIMARY" if key else "", 1000, 100)


def test_a_range_over_two_columns_is_spelled_out_for_the_index() -> None:
    table = a_table(column("a"), column("b", "date"))
    assert Chunk(table, ("1", "2026-01-01"), ("3", "2026-01-02")).where == (
        "(`a` > 1 OR (`a` = 1 AND `b` > '2026-01-01')) AND (`a` < 3 OR (`a` = 3 AND `b` <= '2026-01-02'))"
    )


def test_text_bounds_are_bytes_in_the_columns_own_character_set() -> None:
    table = a_table(column("k", "varchar", "euckr_korean_ci"))
    assert Chunk(table, None, ("B0A1",)).where == "(`k` <= _euckr X'B0A1')"
    assert Chunk(a_table(column("k", "varbinary")), ("",), None).where == "(`k` > X'')"


@pytest.mark.parametrize(("kind", "text"), [("int", "1 OR 1"), ("date", "x'"), ("varchar", "zz"), ("varbinary", "0")])
def test_a_bound_no_server_could_have_given_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="not a bound"):
        chunks.literal(column("k", kind, "utf8mb4_bin"), text)


def test_keys_that_do_not_compare_as_they_sort_give_no_bounds() -> None:
    assert chunks.bound_columns(a_table(column("e", "enum"))) == ()
    assert [c.name for c in chunks.bound_columns(a_table(column("a"), column("f", "float")))] == ["a"]


@pytest.mark.parametrize(
    ("low", "high", "rows", "expected"),
    [(1, 10, 5, []), (1, 100, 100, 9), (1, 10**9, 100, None), (-5, 4, 100, 9), (0, 2**64 - 1, 10, [])],
)
def test_numbers_are_cut_evenly_where_they_are_dense(low: int, high: int, rows: int, expected: object) -> None:
    found = chunks.even_bounds(low, high, rows, 10)
    assert (len(found) if isinstance(expected, int) and found is not None else found) == expected


def test_chunks_leave_nothing_out() -> None:
    table = a_table(column("id"))
    made = list(chunks.from_bounds(table, [("10",), ("20",)]))
    assert [chunk.where for chunk in made] == ["(`id` <= 10)", "(`id` > 10) AND (`id` <= 20)", "(`id` > 20)"]
    assert [chunk.what for chunk in made][1] == "id > 10 and <= 20"


def test_without_a_key_sums_are_asked_too() -> None:
    keyed, keyless = Chunk(a_table(column("id"))), Chunk(a_table(more=(column("v"),)))
    assert "SUM(" not in sums_query(keyed)
    assert "SUM(CRC32(" in sums_query(keyless)
    assert "GROUP BY d" in rows_query(keyless, 1, [0])
    large = Chunk(replace(keyless.table, rows_estimate=10**8))
    assert "NO_MERGE" not in sums_query(large), "no temporary table of a hundred million digests"


def test_sums_add_up_whatever_the_chunks() -> None:
    first, second = Sums(2, "F0" * 32, "1-2"), Sums(3, "0F" * 32, "10-20")
    assert first + second == second + first == Sums(5, "FF" * 32, "11-22")
    assert Sums() + first == first
    assert Sums() + Sums(1, "AB" * 32) == Sums(1, "AB" * 32)


@pytest.mark.parametrize("row", [{}, {"n": None, "x": None}, {"n": 3, "x": None}, {"n": 3, "x": "00"}, {"x": "0" * 64}])
def test_no_answer_is_an_error_and_never_equal(row: dict[str, object]) -> None:
    with pytest.raises(FailbackError, match="no usable digest"):
        Sums.from_row(row, "IDC, s.t")  # type: ignore[arg-type]


def test_no_rows_are_an_answer() -> None:
    assert Sums.from_row({"n": 0, "x": "0" * 256, "s": "0-0"}, "IDC") == Sums(0, "0" * 64, "0-0")


def test_buckets_are_bounded() -> None:
    assert (buckets(10, 256), buckets(51_200, 256), buckets(10**10, 256)) == (1, 200, 65_536)


def test_tables_differently_defined_are_compared_by_what_they_share() -> None:
    idc = a_table(column("id"), more=(column("v", "varchar", "latin1_bin"), column("mine")))
    aws = a_table(column("id"), more=(column("v", "varchar", "utf8mb4_bin"), column("yours")))
    found = shared(idc, aws)
    assert [c.name for c in found.columns] == ["id", "v"]
    assert found.portable
    assert found.key == ("id",)
    other_key = shared(a_table(column("id", "bigint")), a_table(column("id")))
    assert other_key.key == (), "rows would lie in other chunks"


def test_a_key_is_unique_over_whole_columns_without_null() -> None:
    columns = [
        {
            "table_schema": "s",
            "table_name": "t",
            "column_name": name,
            "data_type": "int",
            "column_type": "int",
            "is_nullable": "NO",
            "collation_name": None,
            "column_default": None,
            "extra": "",
            "generation_expression": "",
            "table_rows": 1,
            "avg_row_length": 1,
        }
        for name in "abc"
    ]

    def key(index: str, name: str | None, part: int | None = None, nullable: str = "") -> dict[str, object]:
        where = {"table_schema": "s", "table_name": "t", "index_name": index}
        return {**where, "column_name": name, "sub_part": part, "nullable": nullable}

    bad = [key("x", "a", part=3), key("y", "b", nullable="YES"), key("z", None)]
    assert tables_from(columns, bad)["s.t"].key == ()  # type: ignore[arg-type]
    good = [*bad, key("two", "a"), key("two", "b"), key("one", "c")]
    assert tables_from(columns, good)["s.t"].index == "one"  # type: ignore[arg-type]
