"""The columns of an Alembic revision, and what hangs on them: types, defaults, foreign keys. Pure.

Source of facts: SQLAlchemy's documentation of Column, ForeignKey and server_default.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from failback.deployment.migrations.operation_calls import Call, UnreadableCallError, attribute, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_SAID = ("nullable", "server_default", "primary_key", "autoincrement", "comment", "default", "unique", "index")
_ACTIONS = frozenset({"", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION"})


def column(node: ast.expr, dialect_of: Call, *, in_new_table: bool = False) -> str:
    """Spell ``sa.Column("name", sa.Integer(), nullable=False, server_default="0")``.

    In a new table its foreign keys are spelled beside it (`foreign_keys`). Raises `UnreadableCallError`.
    """
    if not isinstance(node, ast.Call) or attribute(node.func) != "Column":
        raise UnreadableCallError
    mine = Call(node, dialect_of.dialect)
    mine.only(len(node.args) if in_new_table else 2, *_SAID)
    if len(node.args) < 2:  # noqa: PLR2004 - a name and a type
        raise UnreadableCallError
    said = f"{mine.text(0, 'name')} {_type(node.args[1])}"
    primary = mine.flag("primary_key", default=False)
    if primary or not mine.flag("nullable", default=True):
        said += " NOT NULL"
    # ``default`` is Python's alone: the server knows nothing of it.
    if "server_default" in mine.named and not _none(mine.named["server_default"]):
        said += f" DEFAULT {_default(mine.named['server_default'])}"
    if mine.flag("unique", default=False):
        said += " UNIQUE"
    return said + (" PRIMARY KEY" if primary else "")


def foreign_keys(node: ast.expr, call: Call) -> Iterator[str]:
    """Spell what a part of ``create_table`` points at. Raises `UnreadableCallError` where that is not literal."""
    if not isinstance(node, ast.Call):
        return
    mine = Call(node, call.dialect)
    if attribute(node.func) == "ForeignKeyConstraint":
        yield _foreign(mine, mine.texts(0, "columns"), literal(mine.node(1, "refcolumns")))
    elif attribute(node.func) == "Column":
        for one in node.args[1:]:
            if isinstance(one, ast.Call) and attribute(one.func) == "ForeignKey":
                target = Call(one, call.dialect)
                yield _foreign(target, mine.text(0, "name"), [literal(target.node(0, "column"))])


def actions(call: Call) -> str:
    """Spell ``ondelete`` and ``onupdate``, which act on rows by themselves. Raises `UnreadableCallError`."""
    said = ""
    for name, words in (("ondelete", "ON DELETE"), ("onupdate", "ON UPDATE")):
        act = call.word(name).upper()
        if act not in _ACTIONS:
            raise UnreadableCallError
        said += f" {words} {act}" if act else ""
    return said


def _foreign(call: Call, columns: str, targets: object) -> str:
    if not isinstance(targets, list | tuple) or not targets or not all(isinstance(one, str) for one in targets):
        raise UnreadableCallError
    tables = {one.rpartition(".")[0] for one in targets}
    if len(tables) != 1 or not all(tables):
        raise UnreadableCallError
    table = ".".join(call.quoted(word) for word in tables.pop().split("."))
    theirs = ", ".join(call.quoted(one.rpartition(".")[2]) for one in targets)
    return f"FOREIGN KEY ({columns}) REFERENCES {table} ({theirs}){actions(call)}"


def _type(node: ast.expr) -> str:
    """Spell ``sa.String(length=20)`` and its like."""
    call = node if isinstance(node, ast.Call) else None
    name = attribute(call.func if call is not None else node)
    words = {word.arg: literal(word.value) for word in call.keywords} if call is not None else {}
    places = [literal(one) for one in call.args] if call is not None else []
    if name in _TYPES and not places and not words:
        return _TYPES[name]
    if name == "DateTime" and not places and set(words) <= {"timezone"}:
        return "timestamp with time zone" if words.get("timezone") else "timestamp"
    if name in _SIZED and set(words) <= {"length", "precision", "scale"}:
        sizes = places or [words[key] for key in ("length", "precision", "scale") if key in words]
        if all(isinstance(size, int) for size in sizes):
            return _SIZED[name] + (f"({','.join(map(str, sizes))})" if sizes else "")
    raise UnreadableCallError


def _default(node: ast.expr) -> str:
    """Spell a server default: a text is quoted, ``sa.text("...")`` stands as it is, and is judged as SQL is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "'" + node.value.replace("'", "''") + "'"
    if isinstance(node, ast.Call) and not node.keywords:
        name = attribute(node.func)
        if name == "text" and len(node.args) == 1:
            value = literal(node.args[0])
            if isinstance(value, str):
                return value
        if name in {"true", "false"} and not node.args:
            return name
        # sa.func.now() and nothing else of sa.func.
        if name == "now" and not node.args and attribute(getattr(node.func, "value", node)) == "func":
            return "CURRENT_TIMESTAMP"
    raise UnreadableCallError  # FetchedValue() among them: the server is told of no default at all


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
