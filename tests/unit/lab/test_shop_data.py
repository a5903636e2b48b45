"""The shop's description, without a server: what a rollback must carry is there, and it is the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.shop import data
from lab.shop.fill import CHUNK_ROWS, Sizes, fills, statements

SHOP = Path(data.__file__).parent
SCHEMA = (SHOP / "schema.sql").read_text(encoding="utf-8")
PROGRAMS = (SHOP / "programs.sql").read_text(encoding="utf-8")


def test_the_default_is_about_three_hundred_thousand_rows() -> None:
    rows = sum(fill.rows for fill in fills(Sizes(data.DEFAULT_ROWS)))
    assert 295_000 < rows < 310_000


def test_it_scales_to_millions_in_bounded_statements() -> None:
    orders = next(fill for fill in fills(Sizes(3_000_000)) if fill.table == "orders")
    assert orders.rows == 450_000
    assert len(list(statements(orders))) == -(-450_000 // CHUNK_ROWS)


def test_the_same_number_of_rows_gives_the_same_statements() -> None:
    once, again = ([text for fill in fills(Sizes(5_000)) for text in statements(fill)] for _ in range(2))
    assert once == again


@pytest.mark.parametrize(
    "part",
    [
        *("FOREIGN KEY", "UNIQUE KEY", " json ", "decimal(", "datetime(6)", " timestamp ", "varbinary(", "STORED"),
        *("ON DELETE CASCADE", "utf8mb4", "CHECK ("),
    ],
)
def test_the_schema_has_what_a_rollback_must_carry(part: str) -> None:
    assert part in SCHEMA


@pytest.mark.parametrize("kind", ["VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "EVENT"])
def test_the_programs_have_each_kind(kind: str) -> None:
    assert f" {kind} shop." in PROGRAMS


def test_there_are_tables_enough_and_one_without_a_key() -> None:
    tables = [text for text in data.sql_statements(SCHEMA) if text.startswith("CREATE TABLE")]
    assert len(tables) >= 12
    assert [text.split()[2] for text in tables if "PRIMARY KEY" not in text] == ["shop.page_views"]


def test_tokens_are_not_unique_so_that_a_double_write_shows() -> None:
    ledger = next(text for text in data.sql_statements(SCHEMA) if "shop.write_ledger" in text)
    assert "KEY write_ledger_token (token)" in ledger
    assert "UNIQUE KEY write_ledger_token" not in ledger


def test_comments_and_delimiters_are_no_statements() -> None:
    assert list(data.sql_statements("-- end with $$\nDELIMITER $$\nSELECT 1$$\n\nSELECT ';'$$\n")) == [
        "SELECT 1",
        "SELECT ';'",
    ]
