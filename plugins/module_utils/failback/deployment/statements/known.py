"""The schema as it was before a statement, as far as judging needs it. Pure data."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from failback.deployment.statements.column_types import ColumnType
    from failback.deployment.statements.cursor import Name
    from failback.deployment.statements.model import Dialect

# ("literal", "pending") or ("expression", "now"): one spelling for what a snapshot, a server and a statement say.
Default = tuple[Literal["literal", "expression"], str]


@dataclass(frozen=True)
class Column:
    """A column. ``type`` is None when it could not be read. ``collation``: "" is the table's own, None not known.

    ``name``: with the capitals it has; "" where nobody said.
    """

    type: ColumnType | None
    nullable: bool
    default: Default | None = None
    auto: bool = False
    on_update: bool = False
    generated: bool = False
    collation: str | None = ""
    name: str = ""


@dataclass(frozen=True)
class Constraint:
    """A constraint by its name. ``acts``: a foreign key that deletes or changes rows by itself (CASCADE, SET NULL)."""

    kind: Literal["primary", "unique", "foreign", "check"]
    acts: bool = False


@dataclass(frozen=True)
class Table:
    """A table. ``engine`` and ``collation`` are "" where nobody said."""

    columns: Mapping[str, Column]
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    engine: str = ""
    collation: str = ""

    def with_column(self, name: str, column: Column | None) -> Table:
        """Return the table with this column put in, or taken out (None)."""
        columns = {key: value for key, value in self.columns.items() if key != name}
        return replace(self, columns=columns if column is None else {**columns, name: column})


@dataclass(frozen=True)
class Columns:
    """The tables of the schema before. ``enums``: types with a list of values that the schema made (PostgreSQL)."""

    dialect: Dialect
    tables: Mapping[Name, Table] = field(default_factory=lambda: MappingProxyType({}))
    enums: frozenset[str] = frozenset()

    def table(self, name: Name) -> Table | None:
        """Return a table by the name a statement uses, None when it is not known."""
        return self.tables.get(self.key(name))

    def column(self, table: Name, name: str) -> Column | None:
        """Return a column, None when it or its table is not known."""
        found = self.table(table)
        return found.columns.get(self.spelled(name)) if found else None

    def spelled(self, name: str) -> str:
        """Return a column's name as it is compared: MySQL does not tell capitals apart."""
        return name.lower() if self.dialect == "mysql" else name

    def key(self, name: Name) -> Name:
        """Return a table's key; PostgreSQL's schema ``public`` is the one meant when none is named."""
        return ("", name[1]) if self.dialect == "postgresql" and name[0] == "public" else name

    def following(self, name: Name, table: Table | None) -> Columns:
        """Return what is known after a table became ``table``; None: nothing is known of it any more."""
        tables = {key: value for key, value in self.tables.items() if key != self.key(name)}
        return replace(self, tables=tables if table is None else {**tables, self.key(name): table})
