"""What an Alembic revision does, read from its Python without running it. Pure.

``upgrade`` must be a plain list of calls of ``op`` with literal arguments; then each call becomes the SQL that Alembic
would send, near enough to be judged. Anything else (a condition, a loop, a query, a type of its own) is None: a step
that cannot be read, which counts as unknown. Source of facts: Alembic's operation reference.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from failback.deployment.migrations import alembic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from failback.deployment.migrations.gate import Dialect

_TYPES = {
    "Integer": "int",
    "SmallInteger": "smallint",
    "BigInteger": "bigint",
    "Boolean": "boolean",
    "Float": "float",
    "Date": "date",
    "Text": "text",
    "JSON": "json",
    "UUID": "uuid",
}
_SIZED = {"String": "varchar", "VARCHAR": "varchar", "CHAR": "char", "Numeric": "numeric", "DECIMAL": "numeric"}


@dataclass(frozen=True)
class Step:
    """One call, as it stands in the file, and its SQL; None when it cannot be read."""

    text: str
    sql: str | None


class _UnreadableError(Exception):
    """A call says something that is not known here."""


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
        except _UnreadableError:
            yield Step(ast.unparse(node), None)


def _sql(node: ast.stmt, dialect: Dialect) -> str:
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        raise _UnreadableError
    if not isinstance(call.func.value, ast.Name) or call.func.value.id != "op":
        raise _UnreadableError
    known = _CALLS.get(call.func.attr)
    if known is None or any(word.arg is None for word in call.keywords):
        raise _UnreadableError
    return known(_Call(call, dialect))


@dataclass(frozen=True)
class _Call:
    """One call's arguments, by place or by name."""

    call: ast.Call
    dialect: Dialect

    @property
    def named(self) -> dict[str, ast.expr]:
        return {str(word.arg): word.value for word in self.call.keywords}

    def only(self, *allowed: str) -> None:
        """Refuse what says more than is read here."""
        if set(self.named) - set(allowed):
            raise _UnreadableError

    def node(self, at: int, name: str) -> ast.expr:
        if at < len(self.call.args):
            return self.call.args[at]
        if name in self.named:
            return self.named[name]
        raise _UnreadableError

    def text(self, at: int, name: str) -> str:
        # op.f("name") only says that a naming convention was applied already.
        node = self.node(at, name)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "f":
            node = node.args[0]
        value = _literal(node)
        if not isinstance(value, str):
            raise _UnreadableError
        return self.quoted(value)

    def texts(self, at: int, name: str) -> list[str]:
        value = _literal(self.node(at, name))
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise _UnreadableError
        return [self.quoted(one) for one in value]

    def flag(self, name: str, *, default: bool) -> bool:
        value = _literal(self.named[name]) if name in self.named else default
        if not isinstance(value, bool):
            raise _UnreadableError
        return value

    def table(self, at: int, name: str = "table_name") -> str:
        schema = _literal(self.named["schema"]) if "schema" in self.named else None
        return (self.quoted(str(schema)) + "." if schema else "") + self.text(at, name)

    def quoted(self, name: str) -> str:
        mark = "`" if self.dialect == "mysql" else '"'
        return mark + name.replace(mark, mark * 2) + mark


def _literal(node: ast.expr) -> object:
    try:
        return cast("object", ast.literal_eval(node))
    except ValueError as error:
        raise _UnreadableError from error


def _type(node: ast.expr) -> str:
    """Read ``sa.String(length=20)`` and its like."""
    call = node if isinstance(node, ast.Call) else None
    func = call.func if call is not None else node
    name = func.attr if isinstance(func, ast.Attribute) else ""
    words = {word.arg: _literal(word.value) for word in call.keywords} if call is not None else {}
    places = [_literal(one) for one in call.args] if call is not None else []
    if name in _TYPES and not places and not words:
        return _TYPES[name]
    if name == "DateTime" and not places and set(words) <= {"timezone"}:
        return "timestamp with time zone" if words.get("timezone") else "timestamp"
    if name in _SIZED and set(words) <= {"length", "precision", "scale"}:
        sizes = places or [words[key] for key in ("length", "precision", "scale") if key in words]
        if all(isinstance(size, int) for size in sizes):
            return _SIZED[name] + (f"({','.join(map(str, sizes))})" if sizes else "")
    raise _UnreadableError


def _column(node: ast.expr, call: _Call) -> str:
    """Read ``sa.Column("name", sa.Integer(), nullable=False, server_default="0")``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "Column":
        raise _UnreadableError
    mine = _Call(node, call.dialect)
    mine.only("nullable", "server_default", "primary_key", "autoincrement", "comment", "default", "unique", "index")
    if len(node.args) != 2:  # noqa: PLR2004 - a name and a type; a foreign key or a sequence beside them is more
        raise _UnreadableError
    said = f"{mine.text(0, 'name')} {_type(node.args[1])}"
    primary = mine.flag("primary_key", default=False)
    if primary or not mine.flag("nullable", default=True):
        said += " NOT NULL"
    # Whatever the default is, it is one: the value is of no concern to older code. ``default`` is Python's alone.
    if "server_default" in mine.named and not _none(mine.named["server_default"]):
        said += " DEFAULT 0"
    if mine.flag("unique", default=False):
        said += " UNIQUE"
    return said + (" PRIMARY KEY" if primary else "")


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _create_table(call: _Call) -> str:
    # Nobody older knows the table, whatever its constraints are; its plain columns are told for what follows.
    columns = [said for node in call.call.args[1:] if (said := _try_column(node, call))]
    again = "IF NOT EXISTS " if call.flag("if_not_exists", default=False) else ""
    return f"CREATE TABLE {again}{call.table(0)} ({', '.join(columns) or 'id int'})"


def _try_column(node: ast.expr, call: _Call) -> str:
    try:
        return _column(node, call)
    except _UnreadableError:
        return ""


def _add_column(call: _Call) -> str:
    call.only("schema")
    return f"ALTER TABLE {call.table(0)} ADD COLUMN {_column(call.node(1, 'column'), call)}"


def _drop_column(call: _Call) -> str:
    return f"ALTER TABLE {call.table(0)} DROP COLUMN {call.text(1, 'column_name')}"


def _drop_table(call: _Call) -> str:
    return f"DROP TABLE {call.table(0)}"


def _rename_table(call: _Call) -> str:
    return f"ALTER TABLE {call.table(0, 'old_table_name')} RENAME TO {call.text(1, 'new_table_name')}"


def _create_index(call: _Call) -> str:
    unique = "UNIQUE " if call.flag("unique", default=False) else ""
    columns = ", ".join(call.texts(2, "columns"))
    return f"CREATE {unique}INDEX {call.text(0, 'index_name')} ON {call.table(1)} ({columns})"


def _drop_index(call: _Call) -> str:
    name = call.text(0, "index_name")
    return f"DROP INDEX {name} ON {call.table(1)}" if call.dialect == "mysql" else f"DROP INDEX {name}"


def _unique(call: _Call) -> str:
    columns = ", ".join(call.texts(2, "columns"))
    name = call.text(0, "constraint_name")
    return f"ALTER TABLE {call.table(1)} ADD CONSTRAINT {name} UNIQUE ({columns})"


def _foreign(call: _Call) -> str:
    mine, theirs = ", ".join(call.texts(3, "local_cols")), ", ".join(call.texts(4, "remote_cols"))
    table = call.quoted(str(_literal(call.node(1, "source_table"))))
    said = f"ALTER TABLE {table} ADD CONSTRAINT {call.text(0, 'constraint_name')} FOREIGN KEY ({mine})"
    return f"{said} REFERENCES {call.text(2, 'referent_table')} ({theirs})"


def _execute(call: _Call) -> str:
    call.only("sqltext")
    node = call.node(0, "sqltext")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "text":
        node = node.args[0]
    value = _literal(node)
    if not isinstance(value, str):
        raise _UnreadableError
    return value


_CALLS: Mapping[str, Callable[[_Call], str]] = {
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
