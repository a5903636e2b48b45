"""A schema as the gate sees it: tables, columns, indexes, constraints; and where two of them differ. Pure.

A snapshot and a live server are read into the same form (snapshots.py, live.py), so that a statement's effect can be
looked for in either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.deployment.migrations import types
from failback.deployment.migrations.gate import Difference
from failback.deployment.migrations.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.deployment.migrations.gate import Dialect


@dataclass(frozen=True)
class Column:
    """``type`` in one spelling (types.canonical). ``default``: an INSERT that leaves it out gets a value."""

    type: str
    nullable: bool = True
    default: bool = False


@dataclass(frozen=True)
class Table:
    """``indexes`` by name, whether unique; ``constraints`` are the names of foreign keys, checks and unique ones."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: Mapping[str, bool] = field(default_factory=dict)
    constraints: frozenset[str] = frozenset()
    primary: bool = False


@dataclass(frozen=True)
class Schema:
    """Tables and views by name (MySQL's in lower case), and PostgreSQL's enum types with their labels."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    views: frozenset[str] = frozenset()
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def folded(schema: Schema) -> Schema:
    """Return it with names in lower case: MySQL compares columns and indexes without case, and often tables too."""
    return Schema(
        tables={name.lower(): _folded(table) for name, table in schema.tables.items()},
        views=frozenset(name.lower() for name in schema.views),
        types=schema.types,
    )


def _folded(table: Table) -> Table:
    return Table(
        columns={name.lower(): column for name, column in table.columns.items()},
        indexes={name.lower(): unique for name, unique in table.indexes.items()},
        constraints=frozenset(name.lower() for name in table.constraints),
        primary=table.primary,
    )


def differences(expected: Schema, live: Schema, dialect: Dialect) -> tuple[Difference, ...]:
    """Name where the live schema is not what the files say. Tables that the files do not name are not looked at."""
    return tuple(_differences(expected, live, dialect))


def _differences(expected: Schema, live: Schema, dialect: Dialect) -> Iterator[Difference]:
    for name, table in sorted(expected.tables.items()):
        there = live.tables.get(name)
        if there is None:
            yield Difference(name, words("no_table", table=name))
            continue
        for column, wanted in table.columns.items():
            is_so = there.columns.get(column)
            if is_so is None:
                yield Difference(f"{name}.{column}", words("no_column", column=f"{name}.{column}"))
            else:
                yield from _column(f"{name}.{column}", wanted, is_so, dialect)
        for column, extra in there.columns.items():
            if column not in table.columns:
                grave = not extra.nullable and not extra.default
                told = words("extra_required" if grave else "extra_column", column=f"{name}.{column}")
                yield Difference(f"{name}.{column}", told, grave)
        yield from _indexes(name, table, there)
    for name, labels in sorted(expected.types.items()):
        if set(labels) - set(live.types.get(name, ())):
            yield Difference(name, words("no_type", type=name))


def _column(name: str, wanted: Column, is_so: Column, dialect: Dialect) -> Iterator[Difference]:
    if wanted.type != is_so.type:
        grave = types.sure(wanted.type, dialect) and types.sure(is_so.type, dialect)
        yield Difference(name, words("other_type", column=name, is_so=is_so.type, wanted=wanted.type), grave)
    if wanted.nullable and not is_so.nullable:
        yield Difference(name, words("not_null", column=name))
    elif is_so.nullable and not wanted.nullable:
        yield Difference(name, words("nullable", column=name), grave=False)
    elif wanted.default and not is_so.default and not is_so.nullable:
        yield Difference(name, words("no_default", column=name))


def _indexes(name: str, table: Table, there: Table) -> Iterator[Difference]:
    known = {*table.indexes, *table.constraints, "primary"}
    for index, unique in sorted(there.indexes.items()):
        if unique and index not in known:
            yield Difference(f"{name}.{index}", words("extra_unique", index=f"{name}.{index}"))
    for index in sorted(set(table.indexes) - set(there.indexes) - there.constraints):
        yield Difference(f"{name}.{index}", words("no_index", index=f"{name}.{index}"), grave=False)
