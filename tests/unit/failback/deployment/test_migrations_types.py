"""Types in one spelling: what the server says, what a snapshot says, what a statement says."""

from __future__ import annotations

import pytest
from failback.deployment.migrations.types import canonical, sure


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        ("mysql", "serial", "bigint unsigned"),
        ("mysql", "boolean", "tinyint(1)"),
        ("mysql", "int(11)", "INT"),
        ("mysql", "BIGINT(20) UNSIGNED", "bigint unsigned"),
        ("mysql", "int(10) unsigned zerofill", "int unsigned"),
        ("mysql", "tinyint(4)", "tinyint"),
        ("mysql", "decimal", "decimal(10,0)"),
        ("mysql", "NUMERIC(8)", "decimal(8,0)"),
        ("mysql", "decimal(10, 2)", "decimal(10,2)"),
        ("mysql", "real", "double"),
        ("mysql", "char", "char(1)"),
        ("mysql", "timestamp(0)", "timestamp"),
        ("mysql", "ENUM('new', 'paid')", "enum('new','paid')"),
        ("mysql", "varchar(20) character set utf8mb4 collate utf8mb4_bin", "varchar(20)"),
        ("mysql", "year(4)", "year"),
        ("postgresql", "serial", "integer"),
        ("postgresql", "varchar(255)", "character varying(255)"),
        ("postgresql", "timestamp", "timestamp without time zone"),
        ("postgresql", "timestamp (3) with time zone", "timestamp(3) with time zone"),
        ("postgresql", "timestamptz(3)", "timestamp(3) with time zone"),
        ("postgresql", "numeric(10, 2)", "NUMERIC(10,2)"),
        ("postgresql", "numeric(5)", "numeric(5,0)"),
        ("postgresql", "text[3]", "text[]"),
        ("postgresql", '"public"."order_status"', "order_status"),
        ("postgresql", "varchar(10)[]", "character varying(10)[]"),
        ("postgresql", "bool", "boolean"),
        ("postgresql", "float8", "double precision"),
    ],
)
def test_one_type_in_two_spellings(dialect: str, one: str, other: str) -> None:
    """Neither spelling is a difference."""
    assert canonical(one, dialect) == canonical(other, dialect)


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        ("mysql", "varchar(255)", "varchar(64)"),
        ("mysql", "int", "int unsigned"),
        ("mysql", "tinyint(1)", "tinyint"),
        ("mysql", "enum('A','b')", "enum('a','b')"),
        ("mysql", "timestamp", "timestamp(3)"),
        ("postgresql", "timestamp", "timestamptz"),
        ("postgresql", "integer", "bigint"),
        ("postgresql", "text", "text[]"),
    ],
)
def test_two_types(dialect: str, one: str, other: str) -> None:
    """What differs stays different."""
    assert canonical(one, dialect) != canonical(other, dialect)


def test_what_is_not_known_is_not_sure() -> None:
    """A type of the application's own cannot be judged by its name."""
    assert sure(canonical("varchar(10)", "mysql"), "mysql")
    assert sure(canonical("bigint unsigned", "mysql"), "mysql")
    assert not sure(canonical("geometry", "mysql"), "mysql")
    assert sure(canonical("timestamp(3)", "postgresql"), "postgresql") is True
    assert sure(canonical("varchar(10)[]", "postgresql"), "postgresql")
    assert not sure(canonical("order_status", "postgresql"), "postgresql")
