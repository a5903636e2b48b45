"""What a reversal does to data, told from the schema before and after its rehearsal, and from the rows that were tried.

The schema tells it, not the statements: whatever is gone afterwards is lost, however it was written, unless a statement
renamed it in so many words. Pure, but for ``contents``, which reads the scratch server.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from failback.deployment.statements.split import split
from failback.mysql import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from failback.deployment.database.shape import Shape
    from failback.deployment.statements.split import Statement
    from failback.mysql import Server

# `back`: it was gone since the migration and is there again, without what it once held.
Kind = Literal["table_gone", "column_gone", "column_back", "table_back", "values_changed", "rows_changed"]


@dataclass(frozen=True)
class Effect:
    """One effect on data. ``rows`` and ``filled`` are of the tried rows: how many there are, how many hold a value."""

    kind: Kind
    table: str
    column: str = ""
    rows: int | None = None
    filled: int | None = None

    @property
    def object(self) -> str:
        """The table, or the table and its column."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Content:
    """What a table holds: its rows, and per column how many have a value and a checksum over all of them."""

    rows: int
    columns: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Renamed:
    """A name that a statement gave to a table (``column`` "") or a column, in the old name's place."""

    table: str
    old: str
    new: str
    column: bool


def contents(server: Server, schema: str, shape: Shape) -> dict[str, Content]:
    """Read what every table of a schema holds. Raises FailbackError."""
    found: dict[str, Content] = {}
    for table in shape.tables:
        columns = list(shape.columns(table))
        parts = [
            f"COUNT({name}), BIT_XOR(CRC32(CONCAT_WS(0x1f, CAST({name} AS CHAR CHARACTER SET utf8mb4))))"
            for name in map(quote_name, columns)
        ]
        named = ", ".join(["COUNT(*) AS n0", *(_aliased(part, place) for place, part in enumerate(parts, 1))])
        row = server.row(f"SELECT {named} FROM {quote_name(schema)}.{quote_name(table)}")
        figures = [int(str(value)) for value in row.values()]
        pairs = zip(figures[1::2], figures[2::2], strict=True)
        found[table] = Content(figures[0], dict(zip(columns, pairs, strict=True)))
    return found


def _aliased(part: str, place: int) -> str:
    count, checksum = part.split(", ", 1)
    return f"{count} AS c{place}, {checksum} AS s{place}"


def effects(
    before: Shape, after: Shape, then: Mapping[str, Content], now: Mapping[str, Content], statements: Iterable[str]
) -> tuple[Effect, ...]:
    """Tell what happened to the data."""
    names = renamed(statements)
    tables = {one.old: one.new for one in names if not one.column}
    found: list[Effect] = []
    for table in before.tables:
        new = tables.get(table, table)
        if new not in after.tables:
            found.append(Effect("table_gone", table))
            continue
        found += _columns(table, new, before, after, then.get(table), now.get(new), names)
    arrived = set(after.tables) - set(before.tables) - set(tables.values())
    found += [Effect("table_back", table, rows=now[table].rows if table in now else None) for table in sorted(arrived)]
    return tuple(found)


def _columns(  # noqa: PLR0913, PLR0917 - one table, before and after
    table: str,
    new: str,
    before: Shape,
    after: Shape,
    then: Content | None,
    now: Content | None,
    names: tuple[Renamed, ...],
) -> list[Effect]:
    columns = {one.old: one.new for one in names if one.column and one.table in {table, new}}
    old_ones, new_ones = before.columns(table), after.columns(new)
    found: list[Effect] = []
    for column in old_ones:
        name = columns.get(column, column)
        if name not in new_ones:
            found.append(Effect("column_gone", table, column))
        elif then and now and then.rows == now.rows and then.columns[column] != now.columns[name]:
            found.append(Effect("values_changed", table, column, rows=now.rows))
    for name in new_ones.keys() - old_ones.keys() - set(columns.values()):
        held = now.columns[name][0] if now else None
        found.append(Effect("column_back", new, name, rows=now.rows if now else None, filled=held))
    if then and now and then.rows != now.rows:
        found.append(Effect("rows_changed", table, rows=now.rows - then.rows))
    return sorted(found, key=lambda one: (one.kind, one.object))


def renamed(statements: Iterable[str]) -> tuple[Renamed, ...]:
    """Read the names that statements give in so many words: RENAME COLUMN, CHANGE, RENAME TO, RENAME TABLE."""
    found: list[Renamed] = []
    for text in statements:
        for statement in split(text, "mysql"):
            words = _words(statement)
            signs = [upper for upper, _ in words]
            if signs[:2] == ["ALTER", "TABLE"] and len(words) > 2:  # noqa: PLR2004 - the table's name
                found += _altered(words)
            elif signs[:2] == ["RENAME", "TABLE"]:
                found += [
                    Renamed(words[at - 1][1], words[at - 1][1], words[at + 1][1], column=False)
                    for at, sign in enumerate(signs[:-1])
                    if sign == "TO"
                ]
    return tuple(found)


def _words(statement: Statement) -> list[tuple[str, str]]:
    """Give words as (in capitals, as written) and quoted names as ("", name); a schema before a dot is left out."""
    items = statement.tokens
    return [
        (item.value.upper(), item.written) if item.form == "word" else ("", item.value)
        for place, item in enumerate(items)
        if item.form in {"word", "name"} and not (place + 1 < len(items) and items[place + 1].value == ".")
    ]


def _altered(words: list[tuple[str, str]]) -> list[Renamed]:
    table = words[2][1]
    found: list[Renamed] = []
    for at, (sign, _) in enumerate(words):
        after = [name for upper, name in words[at + 1 : at + 5] if upper not in {"COLUMN", "TO", "AS"}]
        follows = words[at + 1][0] if at + 1 < len(words) else ""
        names_two = len(after) > 1
        if names_two and (sign == "CHANGE" or (sign == "RENAME" and follows == "COLUMN")):
            found.append(Renamed(table, after[0], after[1], column=True))
        elif sign == "RENAME" and follows not in {"COLUMN", "INDEX", "KEY"} and after:
            found.append(Renamed(table, table, after[0], column=False))
    return [one for one in found if one.old != one.new]
