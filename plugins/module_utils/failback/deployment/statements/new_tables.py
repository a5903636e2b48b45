"""What a rule means on a table the migration made itself, and what is still known after a statement that breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from failback.deployment.statements.words import reason

if TYPE_CHECKING:
    from failback.deployment.statements.cursor import Name
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State

# About one column, or keys: the other columns of the table stay what they were.
_OF_A_COLUMN = frozenset(
    (
        "drop-column",
        "rename-column",
        "add-required-column",
        "set-not-null",
        "narrow-type",
        "change-type",
        "remove-enum-value",
        "drop-default",
        "change-default",
        "change-automatic",
        "hide-column",
        "add-unique",
        "add-foreign-key",
        "foreign-key-deletes",
        "add-check",
        "drop-key",
        "drop-foreign-key",
        "type-before-unknown",
        "timestamp-by-setting",
        "default-not-proven",
        "own-type",
        "computed",
        "automatic-column",
        "index-on-long-values",
    )
)
_OF_THE_TABLE = frozenset(("change-collation", "add-primary-key", "row-security", "engine"))


def on_new(found: Part, table: Name, state: State) -> Part:
    """Return the part as it counts for a table that the migration made itself: nobody else uses it."""
    if table not in state.created or (found.kind != "compatible" and found.rule not in _OF_A_COLUMN | _OF_THE_TABLE):
        return found
    warns = tuple(each for each in found.warns if each.rule == "holds-parent")
    return replace(found, kind="compatible", rule="on-new-table", reason=reason("on-new-table"), warns=warns)


def forget_after(found: Part, table: Name, state: State) -> None:
    """Keep only what is still known after this part."""
    if found.kind == "compatible":
        return
    if found.rule in _OF_THE_TABLE:
        state.forget_table(table)
    elif found.rule in _OF_A_COLUMN:
        state.forget_column(table, found.object.rpartition(".")[2])
    else:
        # It may have given names another meaning.
        state.forget()
