"""Judges every statement of a migration: whether code written for the schema before keeps working after it.

The rule is the whitelist: a statement is compatible only when our own grammar accounted for each of its tokens, a rule
says that it is compatible, and where sqlglot knows the statement, sqlglot saw the same. Anything else is breaking, or
unknown, which is treated as breaking. ``docs/migrations.md`` has the rules and what is assumed of older code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements.alter import alter_table
from failback.deployment.statements.create import create
from failback.deployment.statements.cursor import Cursor
from failback.deployment.statements.model import Finding, gravest
from failback.deployment.statements.others import other
from failback.deployment.statements.second import written
from failback.deployment.statements.split import split
from failback.deployment.statements.state import State, part
from failback.deployment.statements.unwrap import unwrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.statements.known import Columns
    from failback.deployment.statements.model import Dialect, Part
    from failback.deployment.statements.split import Statement

_OF_AN_INDEX = frozenset({"add-unique", "index-on-long-values", "computed"})


def classify(sql_text: str, dialect: Dialect, before: Columns | None) -> list[Finding]:
    """Judge each statement of one migration file, in order. No statement at all (comments alone) gives no finding.

    ``before``: the schema the older code was written for, as the migration found it; None when it is not known. Then
    a change of a column's type is never called compatible. Never raises for any text.
    """
    return classify_files([sql_text], dialect, before)[0]


def classify_files(texts: Sequence[str], dialect: Dialect, before: Columns | None) -> list[list[Finding]]:
    """Judge several migration files that were applied one after the other.

    What an earlier one made (a table, a column older code leaves NULL) counts as new in a later one. ``before``: the
    schema as the first one found it.
    """
    state = State(dialect, before)
    return [
        [_judged(statement, number, state) for number, statement in enumerate(split(text, dialect), 1)]
        for text in texts
    ]


def _judged(statement: Statement, number: int, state: State) -> Finding:
    parts = tuple(_parts(statement, state))
    found = gravest(parts)
    warns = tuple(dict.fromkeys(each for judged in parts for each in judged.warns))
    return Finding(statement.text, number, found.kind, found.rule, found.reason, warns, found.object, parts)


def _parts(statement: Statement, state: State) -> list[Part]:
    if statement.doubt:
        state.forget()
        return [part(statement.doubt, "")]
    inner = unwrapped(statement, state.dialect)
    if inner:
        # What was there already is left as it is: a type of that name is not certain to be this one.
        enums = set(state.enums)
        found_inside = [each for one in inner for each in _parts(one, state)]
        state.enums &= enums
        return found_inside
    cursor = Cursor(statement.tokens, state.dialect)
    try:
        if cursor.take("ALTER", "TABLE"):
            return alter_table(cursor, state)
        text = written(statement.tokens)
        found = create(cursor, text, state) if cursor.take("CREATE") else other(cursor, text, state)
        cursor.end()
    except (ValueError, KeyError, IndexError):
        found = part("not-understood", "")
    # An index gives no name another meaning, whatever it forbids.
    if found.kind != "compatible" and found.rule not in _OF_AN_INDEX:
        state.forget()
    return [found]
