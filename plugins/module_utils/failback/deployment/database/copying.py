"""Copy a schema into a scratch server: every definition, and rows to try statements on.

Small tables whole; of larger ones the oldest and the newest rows by primary key, so a statement is tried on values that
are really there, but not on all of them. Nothing is written where it is copied from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.mysql import quote_name, version_tuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.database.shape import Shape
    from failback.mysql import Server

WHOLE = 5000  # rows of a table that are copied whole; of larger ones this many
_BATCH = 500  # rows in one INSERT
_ROUNDS = 8  # views may need each other, in any order


@dataclass(frozen=True)
class Copied:
    """What was copied. ``sampled``: tables of which only some rows were."""

    rows: int
    tables: int
    sampled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Likeness:
    """Options that let the scratch server treat names and defaults as the real one does."""

    version: str
    options: tuple[str, ...] = field(default=())


def likeness(server: Server) -> Likeness:
    """Read what a scratch server must share with this one."""
    row = server.row(
        "SELECT @@version AS v, @@lower_case_table_names AS n, @@GLOBAL.character_set_server AS c,"
        " @@GLOBAL.collation_server AS o, @@GLOBAL.sql_mode AS m,"
        " @@GLOBAL.explicit_defaults_for_timestamp AS e"
    )
    options = (
        f"--lower-case-table-names={row['n']!s}",
        f"--character-set-server={row['c']!s}",
        f"--collation-server={row['o']!s}",
        f"--sql-mode={row['m']!s}",
        f"--explicit-defaults-for-timestamp={row['e']!s}",
        "--innodb-redo-log-capacity=64M",
        "--innodb-buffer-pool-size=64M",
    )
    return Likeness(str(row["v"]), options)


def definitions(target: Server, schema: str, shape: Shape) -> None:
    """Make the schema with everything in it but rows; triggers come later. Raises MySQLError."""
    charset, collation = shape.defaults
    target.execute(f"CREATE DATABASE {quote_name(schema)} CHARACTER SET {charset} COLLATE {collation}")
    target.execute(f"USE {quote_name(schema)}")
    target.execute("SET SESSION foreign_key_checks=0, sql_mode=@@GLOBAL.sql_mode")
    for create in shape.tables.values():
        target.execute(create)
    _programs(target, {key: text for key, text in shape.programs.items() if key[0] != "trigger"})


def triggers(target: Server, shape: Shape) -> None:
    """Make the triggers, once the rows are there: they must not run at the copying."""
    for (kind, _name), text in shape.programs.items():
        if kind == "trigger":
            target.execute(text)
    target.execute("SET SESSION foreign_key_checks=1")


def rows(source: Server, target: Server, schema: str, tables: Sequence[str], whole: Sequence[str] = ()) -> Copied:
    """Copy rows; the tables in ``whole`` are copied whole, whatever their size. Raises FailbackError."""
    copied, sampled = 0, []
    for table in tables:
        columns, key = _columns(source, schema, table)
        if not columns:
            continue
        limit = 0 if table in whole else WHOLE
        found = _read(source, schema, table, columns, key, limit)
        if limit and len(found) > limit:
            found = found[: limit // 2] + _read(source, schema, table, columns, key, limit // 2, newest=True)
            sampled.append(table)
        copied += _write(target, schema, table, columns, found)
    return Copied(copied, len(tables), tuple(sampled))


def _read(  # noqa: PLR0913, PLR0917 - one query has these parts
    source: Server,
    schema: str,
    table: str,
    columns: Sequence[str],
    key: Sequence[str],
    limit: int,
    *,
    newest: bool = False,
) -> list[tuple[object, ...]]:
    listed = ", ".join(map(quote_name, columns))
    order = ", ".join(f"{quote_name(name)}{' DESC' if newest else ''}" for name in key)
    query = f"SELECT {listed} FROM {quote_name(schema)}.{quote_name(table)}" + (f" ORDER BY {order}" if order else "")
    if limit:
        # One more than is kept tells that there are more.
        query += f" LIMIT {limit if newest else limit + 1}"
    with source.deadline(60.0):
        return [tuple(row[name] for name in columns) for row in source.rows(query)]


def _write(target: Server, schema: str, table: str, columns: Sequence[str], found: Sequence[tuple[object, ...]]) -> int:
    listed = ", ".join(map(quote_name, columns))
    marks = f"({', '.join(['%s'] * len(columns))})"
    # Rows at both ends of a small table may meet: a row that is there already is the same one.
    begin = f"INSERT IGNORE INTO {quote_name(schema)}.{quote_name(table)} ({listed}) VALUES "
    for start in range(0, len(found), _BATCH):
        part = found[start : start + _BATCH]
        target.execute(begin + ", ".join([marks] * len(part)), [value for row in part for value in row])
    return len(found)


def _columns(source: Server, schema: str, table: str) -> tuple[list[str], list[str]]:
    """Name the columns that hold something of their own, and those of the primary key."""
    found = source.rows(
        "SELECT column_name AS c, extra AS e FROM information_schema.columns WHERE table_schema=%s AND table_name=%s"
        " ORDER BY ordinal_position",
        (schema, table),
    )
    key = source.rows(
        "SELECT column_name AS c FROM information_schema.statistics WHERE table_schema=%s AND table_name=%s"
        " AND index_name='PRIMARY' AND column_name IS NOT NULL ORDER BY seq_in_index",
        (schema, table),
    )
    # VIRTUAL GENERATED and STORED GENERATED are computed; DEFAULT_GENERATED is a default by expression.
    kept = [str(row["c"]) for row in found if " GENERATED" not in str(row["e"]).upper()]
    return kept, [str(row["c"]) for row in key]


def _programs(target: Server, wanted: Mapping[tuple[str, str], str]) -> None:
    left = dict(wanted)
    problem: MySQLError | None = None
    for _ in range(_ROUNDS):
        if not left:
            return
        for key, text in list(left.items()):
            try:
                target.execute(text)
            except MySQLError as error:
                problem = error
            else:
                del left[key]
    if left:
        kind, name = next(iter(left))
        raise FailbackError(f"the {kind} {name} cannot be made on the scratch server: {problem}") from problem


def version_apart(real: str, scratch: str) -> str:
    """Say that the two servers are of different versions, or ""; pure. Definitions are shown differently then."""
    if version_tuple(real)[:2] == version_tuple(scratch)[:2]:
        return ""
    return f"the scratch server is MySQL {scratch}, the real one {real}: name an image of that version"
