"""What an Alembic revision does, read from its Python without running it. Pure.

``upgrade`` must be a plain list of calls of ``op`` with literal arguments; then each call becomes the SQL that Alembic
would send, near enough to be judged. Anything else (a condition, a loop, a query, a type of its own) is None: a step
that cannot be read, which counts as unknown. Source of facts: Alembic's operation reference.
"""

from __future__ import annotations

import ast
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.migrations import alembic
from failback.deployment.migrations.operation_calls import Call, UnreadableCallError, attribute, literal
from failback.deployment.migrations.operation_columns import actions, column, foreign_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from failback.deployment.migrations.gate import Dialect


@dataclass(frozen=True)
class Step:
    """One call, as it stands in the file, and its SQL; None when it cannot be read."""

    text: str
    sql: str | None


def steps(content: bytes, dialect: Dialect) -> tuple[Step, ...]:
    """Read every step of ``upgrade``; one unreadable step when there is no such function."""
    function = alembic.upgrade(content)
    if function is None:
        return (Step("upgrade()", None),)
    return tuple(_steps(function.body, dialect))


def _steps(body: Sequence[ast.stmt], dialect: Dialect) -> Iterator[Step]:
    for node in body:
        if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue  # a docstring, or nothing
        try:
            yield Step(ast.unparse(node), _sql(node, dialect))
        except UnreadableCallError:
            yield Step(ast.unparse(node), None)


def _sql(node: ast.stmt, dialect: Dialect) -> str:
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        raise UnreadableCallError
    if not isinstance(call.func.value, ast.Name) or call.func.value.id != "op":
        raise UnreadableCallError
    known = _CALLS.get(call.func.attr)
    if known is None or any(word.arg is None for word in call.keywords):
        raise UnreadableCallError
    return known(Call(call, dialect))


def _create_table(call: Call) -> str:
    # Nobody older knows the table, whatever its own constraints are; what it hangs on counts: other tables (their rows
    # can no longer go while it points at them), and words that make it more than a table.
    call.only(len(call.call.args), "schema", "if_not_exists", "comment", "mysql_engine", "mysql_charset")
    said = []
    for node in call.call.args[1:]:
        with suppress(UnreadableCallError):  # a type of its own
            said.append(column(node, call, in_new_table=True))
    said = said or ["id int"]
    for node in call.call.args[1:]:
        said += foreign_keys(node, call)
    again = "IF NOT EXISTS " if call.flag("if_not_exists", default=False) else ""
    return f"CREATE TABLE {again}{call.table(0)} ({', '.join(said)})"


def _add_column(call: Call) -> str:
    call.only(2, "table_name", "column", "schema")
    return f"ALTER TABLE {call.table(0)} ADD COLUMN {column(call.node(1, 'column'), call)}"


def _drop_column(call: Call) -> str:
    call.only(2, "table_name", "column_name", "schema")
    return f"ALTER TABLE {call.table(0)} DROP COLUMN {call.text(1, 'column_name')}"


def _drop_table(call: Call) -> str:
    call.only(1, "table_name", "schema")
    return f"DROP TABLE {call.table(0)}"


def _rename_table(call: Call) -> str:
    call.only(2, "old_table_name", "new_table_name", "schema")
    return f"ALTER TABLE {call.table(0, 'old_table_name')} RENAME TO {call.text(1, 'new_table_name')}"


def _create_index(call: Call) -> str:
    call.only(3, "index_name", "table_name", "columns", "unique", "schema")
    unique = "UNIQUE " if call.flag("unique", default=False) else ""
    return f"CREATE {unique}INDEX {call.text(0, 'index_name')} ON {call.table(1)} ({call.texts(2, 'columns')})"


def _drop_index(call: Call) -> str:
    call.only(2, "index_name", "table_name", "schema")
    name = call.text(0, "index_name")
    return f"DROP INDEX {name} ON {call.table(1)}" if call.dialect == "mysql" else f"DROP INDEX {name}"


def _unique(call: Call) -> str:
    call.only(3, "constraint_name", "table_name", "columns", "schema")
    name = call.text(0, "constraint_name")
    return f"ALTER TABLE {call.table(1)} ADD CONSTRAINT {name} UNIQUE ({call.texts(2, 'columns')})"


def _foreign(call: Call) -> str:
    names = ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols")
    call.only(5, *names, "ondelete", "onupdate", "source_schema", "referent_schema")
    table = call.table(1, "source_table", "source_schema")
    said = f"ALTER TABLE {table} ADD CONSTRAINT {call.text(0, 'constraint_name')} FOREIGN KEY"
    theirs = f"{call.table(2, 'referent_table', 'referent_schema')} ({call.texts(4, 'remote_cols')})"
    return f"{said} ({call.texts(3, 'local_cols')}) REFERENCES {theirs}{actions(call)}"


def _execute(call: Call) -> str:
    call.only(1, "sqltext")
    node = call.node(0, "sqltext")
    if isinstance(node, ast.Call) and attribute(node.func) == "text":
        Call(node, call.dialect).only(1)
        node = node.args[0]
    value = literal(node)
    if not isinstance(value, str):
        raise UnreadableCallError
    return value


_CALLS: Mapping[str, Callable[[Call], str]] = {
    "create_table": _create_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_unique_constraint": _unique,
    "create_foreign_key": _foreign,
    "execute": _execute,
}
