"""What is known while the statements of one or several migrations are judged one after the other.

What a migration itself made is no older code's business; but only as long as every statement before was understood:
after one that is breaking or unknown, a name may mean something else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.deployment.statements.cursor import plain
from failback.deployment.statements.model import Part, Warned
from failback.deployment.statements.words import KINDS, WARNINGS, reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from failback.deployment.statements.column_types import ColumnType
    from failback.deployment.statements.cursor import Name
    from failback.deployment.statements.definition import Reference
    from failback.deployment.statements.known import Column, Columns
    from failback.deployment.statements.model import Dialect


@dataclass
class State:
    """The schema before, and what was made since.

    ``created``: tables, by the name the statement gave them. ``fresh``: columns added to older tables which older code
    leaves NULL: no default, nothing automatic. ``enums``: types made here.
    """

    dialect: Dialect
    before: Columns | None
    created: set[Name] = field(default_factory=set)
    fresh: set[tuple[Name, str]] = field(default_factory=set)
    enums: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Know nothing any more: a statement was not understood, or took names away."""
        self.before = None
        self.created.clear()
        self.fresh.clear()
        self.enums.clear()

    def forget_table(self, name: Name) -> None:
        """Know nothing of one table any more."""
        self.before = self.before.following(name, None) if self.before else None
        self.fresh = {each for each in self.fresh if each[0] != name}

    def forget_column(self, table: Name, name: str) -> None:
        """Know nothing of one column any more, nor that older code leaves a column of this table NULL."""
        known = self.before.table(table) if self.before else None
        if self.before and known:
            self.before = self.before.following(table, known.with_column(self.spelled(name), None))
        self.fresh = {each for each in self.fresh if each[0] != table}

    def spelled(self, column: str) -> str:
        """Return a column's name as it is compared."""
        return column.lower() if self.dialect == "mysql" else column

    def column(self, table: Name, name: str) -> Column | None:
        """Return what is known of a column."""
        return self.before.column(table, name) if self.before else None

    def put_column(self, table: Name, name: str, column: Column) -> None:
        """Remember how a column is from now on."""
        known = self.before.table(table) if self.before else None
        if self.before and known:
            self.before = self.before.following(table, known.with_column(self.spelled(name), column))

    def all_fresh(self, table: Name, columns: Iterable[str]) -> bool:
        """Whether older code leaves each of these columns NULL."""
        return all((table, self.spelled(each)) in self.fresh for each in columns)

    def is_enum(self, kind: ColumnType) -> bool:
        """Whether a type the schema made is a list of values, so that it has no rules of its own."""
        name = kind.name if "." in kind.name else f"public.{kind.name}"
        return name in self.enums or bool(self.before and name in self.before.enums)


def part(rule: str, touched: str, *warnings: str) -> Part:
    """Return one judged action."""
    warns = tuple(Warned(each, *WARNINGS[each]) for each in dict.fromkeys(warnings))
    kind = KINDS[rule]
    return Part(kind, rule, touched, reason(rule), warns)  # type: ignore[arg-type]  # the keys of the catalogue


def of_column(table: Name, column: str) -> str:
    """Return ``table.column`` as people write it."""
    return f"{plain(table)}.{column}"


def holds_parent(state: State, reference: Reference) -> tuple[str, ...]:
    """Return the warning that older code cannot delete what a new foreign key points at, if it knows that table."""
    return () if reference.table in state.created else ("holds-parent",)
