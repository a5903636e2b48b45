"""ALTER TABLE, action by action. An action is compatible only when every token of it was read and a rule says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements import alter_mysql, alter_postgresql
from failback.deployment.statements.cursor import UnreadableError, plain
from failback.deployment.statements.keys import EFFECTLESS
from failback.deployment.statements.new_tables import forget_after, on_new
from failback.deployment.statements.second import agrees_on_action
from failback.deployment.statements.state import part

if TYPE_CHECKING:
    from failback.deployment.statements.cursor import Cursor, Name
    from failback.deployment.statements.model import Part
    from failback.deployment.statements.state import State


def alter_table(cursor: Cursor, state: State) -> list[Part]:
    """Judge a statement whose words ALTER TABLE were read. Raises UnreadableError."""
    if cursor.dialect == "postgresql":
        cursor.take("IF", "EXISTS")
        cursor.take("ONLY")
    table = cursor.qualified()
    cursor.take("*")
    actions = [each for each in cursor.commas() if not _effectless(each)]
    if not actions:
        return [part("no-effect", plain(table))]
    return [_action(each, table, state) for each in actions]


def _effectless(cursor: Cursor) -> bool:
    """Read an action that only says how the server does the work."""
    if cursor.dialect != "mysql":
        return False
    for word, values in EFFECTLESS.items():
        if cursor.take(word):
            cursor.take("=")
            if not cursor.one_of(*values):
                raise UnreadableError(word)
            cursor.end()
            return True
    if cursor.peek("FORCE") or cursor.peek("WITH", "VALIDATION") or cursor.peek("WITHOUT", "VALIDATION"):
        cursor.at += 1 if cursor.peek("FORCE") else 2
        cursor.end()
        return True
    return False


def _action(cursor: Cursor, table: Name, state: State) -> Part:
    act = alter_mysql.action if cursor.dialect == "mysql" else alter_postgresql.action
    try:
        found, second = act(cursor, table, state)
        cursor.end()
    except (ValueError, KeyError, IndexError):
        found, second = part("not-understood", plain(table)), False
    found = on_new(found, table, state)
    if found.kind == "compatible" and second and not agrees_on_action(cursor, found):
        found = part("second-reader", found.object)
    forget_after(found, table, state)
    return found
