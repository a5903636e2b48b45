"""The shape of a MySQL schema: every object by its name, with its definition in one comparable text. Reads only.

Two servers that were given the same statements have the same shape; counters (AUTO_INCREMENT), comments on nothing and
the order in which indexes were made do not count. The order of columns does where a statement is to be recognised by
what it did (``digest``), and does not where two ways to the same schema are compared (``compare``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.approval import canonical
from failback.errors import FailbackError
from failback.mysql import quote_name
from failback.sql import quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.mysql import Server

OURS = "__rollback_runner_reversal"  # the note of a reversal that is under way; part of no schema
_COUNTER = re.compile(r"\sAUTO_INCREMENT=\d+")
_DEFINER = re.compile(r"\sDEFINER=(?:`[^`]*`|\S+?)@(?:`[^`]*`|\S+)")
_ALGORITHM = re.compile(r"\sALGORITHM=\w+")
_COLUMN = re.compile(r"^\s+`((?:[^`]|``)+)`\s+(.*?),?$")
_KINDS = (
    ("view", "SHOW CREATE VIEW", "Create View"),
    ("procedure", "SHOW CREATE PROCEDURE", "Create Procedure"),
    ("function", "SHOW CREATE FUNCTION", "Create Function"),
    ("trigger", "SHOW CREATE TRIGGER", "SQL Original Statement"),
    ("event", "SHOW CREATE EVENT", "Create Event"),
)


@dataclass(frozen=True)
class Shape:
    """A schema's objects. ``tables``: name -> CREATE TABLE as the server shows it; ``programs``: (kind, name) -> text.

    ``defaults``: character set and collation that new tables take.
    """

    tables: Mapping[str, str]
    programs: Mapping[tuple[str, str], str]
    defaults: tuple[str, str] = ("", "")

    def digest(self) -> str:
        """Digest it; a table's columns count in their order."""
        return canonical.digest(
            {
                "tables": {name: _plain(text) for name, text in self.tables.items()},
                "programs": {f"{kind} {name}": text for (kind, name), text in self.programs.items()},
                "defaults": list(self.defaults),
            }
        )

    def columns(self, table: str) -> dict[str, str]:
        """Give a table's columns with their definitions; {} where there is no such table."""
        found = (_COLUMN.match(line) for line in self.tables.get(table, "").splitlines())
        return {match[1].replace("``", "`"): match[2] for match in found if match}

    def parts(self) -> dict[str, str]:
        """Take it apart: ``table``, ``table.column``, ``table: rest`` and ``kind name`` with their definitions."""
        found: dict[str, str] = {f"{kind} {name}": text for (kind, name), text in self.programs.items()}
        for name, text in self.tables.items():
            lines = _plain(text).splitlines()
            found[name] = lines[-1]
            for line in lines[1:-1]:
                match = _COLUMN.match(line)
                key = f"{name}.{match[1]}" if match else f"{name}: {line.strip().rstrip(',')}"
                found[key] = match[2] if match else ""
        return found


def read(server: Server, schema: str, ignore: Sequence[str] = ()) -> Shape:
    """Read it. Raises FailbackError where the account may not see a definition, for then nothing can be compared."""
    left_out = {OURS, *ignore}
    row = server.row(
        "SELECT default_character_set_name AS c, default_collation_name AS o FROM information_schema.schemata"
        " WHERE schema_name=%s",
        (schema,),
    )
    if not row:
        raise FailbackError(f"there is no schema {schema} on {server.name}: correct deployment_database.schema")
    listed = _list(server, schema)
    tables: dict[str, str] = {}
    programs: dict[tuple[str, str], str] = {}
    names = [name for kind, name in listed if kind == "table" and name not in left_out]
    for name in names:
        shown = server.row(f"SHOW CREATE TABLE {quote_name(schema)}.{quote_name(name)}")
        tables[name] = str(shown["Create Table"])
    for kind, show, column in _KINDS:
        for name in (name for found, name in listed if found == kind and name not in left_out):
            text = server.row(f"{show} {quote_name(schema)}.{quote_name(name)}").get(column)
            if text is None:
                raise FailbackError(
                    f"the account on {server.name} may not see the {kind} {schema}.{name}: grant it SHOW_ROUTINE and"
                    " SHOW VIEW, or use another in deployment_database"
                )
            programs[kind, name] = _ALGORITHM.sub("", _DEFINER.sub("", str(text)))
    return Shape(tables, programs, (str(row["c"]), str(row["o"])))


def compare(wanted: Shape, found: Shape) -> dict[str, str]:
    """Say where one is not as the other: by object, in one word each. Pure; the order of columns does not count."""
    left, right = wanted.parts(), found.parts()
    said = dict.fromkeys(left.keys() - right.keys(), "missing")
    said |= dict.fromkeys(right.keys() - left.keys(), "not expected")
    said |= {
        name: f"is {right[name]}, expected {left[name]}"
        for name in left.keys() & right.keys()
        if left[name] != right[name]
    }
    # A table that is missing or new is said once, not once for each of its columns.
    whole = {name for name in said if name in wanted.tables or name in found.tables}
    whole = {name for name in whole if (name in left) != (name in right)}
    inside = tuple(f"{name}{mark}" for name in whole for mark in (".", ": "))
    return {name: text for name, text in sorted(said.items()) if not (inside and name.startswith(inside))}


def _plain(create: str) -> str:
    return _COUNTER.sub("", create)


def _list(server: Server, schema: str) -> list[tuple[str, str]]:
    text = quote_text(schema)
    rows = server.rows(
        "SELECT IF(table_type='VIEW', 'view', 'table') AS k, table_name AS n FROM information_schema.tables"
        f" WHERE table_schema={text}"
        " UNION ALL SELECT LOWER(routine_type), routine_name FROM information_schema.routines"
        f" WHERE routine_schema={text}"
        f" UNION ALL SELECT 'trigger', trigger_name FROM information_schema.triggers WHERE trigger_schema={text}"
        f" UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema={text}"
    )
    return sorted((str(row["k"]), str(row["n"])) for row in rows)
