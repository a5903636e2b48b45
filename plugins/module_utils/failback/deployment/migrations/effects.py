"""What a statement leaves behind in a schema, so that it can be seen whether it ran. Pure.

A check that holds without the statement says nothing, so it is dropped (``IF NOT EXISTS``, a table that the recorded
migrations make anyway). What cannot be seen in a schema (data, routines) gives no check at all: unclear.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from failback.deployment.migrations import types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from failback.deployment.migrations.gate import Dialect
    from failback.deployment.migrations.schema import Schema, Table

Ran = Literal["done", "open", "unclear"]
Kind = Literal["table", "view", "column", "index", "constraint", "primary", "type", "value", "shape", "default"]
_RENAME = re.compile(r"\s*RENAME\s+TABLE\s+(?P<old>\S+)\s+TO\s+(?P<new>[^\s;,]+)\s*;?\s*", re.IGNORECASE)
_VALUE = re.compile(r"\s*ALTER\s+TYPE\s+(?P<type>\S+)\s+ADD\s+VALUE\s+'(?P<value>[^']*)'.*", re.IGNORECASE | re.DOTALL)
# Its complaints on what it does not understand go to the terminal otherwise; here they are answers like any other.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Check:
    """One thing to look for: whether it is there, or (``shape``) what a column is like.

    ``type`` "" and ``nullable`` None: the statement does not say. ``loose``: it may hold although the statement never
    ran (IF EXISTS, a column that was like that before), so only a schema from before makes it say something.
    """

    kind: Kind
    table: str
    name: str = ""
    there: bool = True
    type: str = ""
    nullable: bool | None = None
    loose: bool = False


def ran(statement: str, dialect: Dialect, live: Schema, before: Schema | None) -> Ran:
    """Tell from the live schema whether a statement took effect; ``before`` is the schema without it."""
    seen = []
    for check in checks(statement, dialect):
        without = holds(check, before) if before is not None else None
        if without is not True and not (before is None and check.loose):
            seen.append(holds(check, live))
    if not seen or None in seen:
        return "unclear"
    return "done" if all(seen) else "open" if not any(seen) else "unclear"


@cache
def checks(statement: str, dialect: Dialect) -> tuple[Check, ...]:
    """Return what to look for; nothing when the statement leaves nothing that a schema shows."""
    try:
        trees = sqlglot.parse(statement, dialect="postgres" if dialect == "postgresql" else dialect)
    except SqlglotError:
        return ()
    if len(trees) != 1 or trees[0] is None:
        return ()
    for name in trees[0].find_all(exp.Identifier):
        name.set("this", _folded(name.this, dialect, quoted=bool(name.args.get("quoted"))))
    return tuple(_checks(trees[0], statement, dialect))


def tables_of(statement: str, dialect: Dialect) -> set[str]:
    """Return the tables that a statement's effects are about."""
    return {check.table for check in checks(statement, dialect) if check.table}


def holds(check: Check, schema: Schema) -> bool | None:
    """Look for it in a schema; None when that cannot say."""
    if check.kind == "table":
        return (check.table in schema.tables) is check.there
    if check.kind == "view":
        return (check.name in schema.views) is check.there
    if check.kind == "type":
        return (check.name in schema.types) is check.there
    if check.kind == "value":
        return (check.name in schema.types.get(check.table, ())) is check.there
    if check.kind == "index" and not check.table:
        return any(check.name in table.indexes for table in schema.tables.values()) is check.there
    table = schema.tables.get(check.table)
    return None if table is None else _in_table(check, table)


def _in_table(check: Check, table: Table) -> bool | None:
    if check.kind == "primary":
        return table.primary is check.there
    if check.kind in {"index", "constraint"}:
        return (check.name in table.indexes or check.name in table.constraints) is check.there
    column = table.columns.get(check.name)
    if check.kind == "column":
        return (column is not None) is check.there
    if column is None:
        return None
    if check.kind == "default":
        return column.default is check.there
    typed = not check.type or column.type == check.type
    return typed and check.nullable in (None, column.nullable)


def _checks(tree: exp.Expr, statement: str, dialect: Dialect) -> Iterator[Check]:
    if isinstance(tree, exp.Create):
        yield from _create(tree)
    elif isinstance(tree, exp.Drop):
        yield from _drop(tree)
    elif isinstance(tree, exp.Alter) and tree.args.get("kind") == "TABLE":
        yield from _alter(tree, dialect)
    elif isinstance(tree, exp.Command):
        if (match := _RENAME.fullmatch(statement)) is not None:
            yield Check("table", _bare(match["new"], dialect))
            yield Check("table", _bare(match["old"], dialect), there=False)
        elif (match := _VALUE.fullmatch(statement)) is not None:
            yield Check("value", _bare(match["type"], dialect), match["value"])


def _create(tree: exp.Create) -> Iterator[Check]:
    kind, loose = str(tree.args.get("kind")), bool(tree.args.get("exists"))
    if kind == "TABLE":
        yield Check("table", _name(tree.this.find(exp.Table)), loose=loose)
    elif kind == "INDEX" and tree.this.name:
        yield Check("index", _name(tree.this.args.get("table")), tree.this.name, loose=loose)
    elif kind == "VIEW":
        yield Check("view", "", _name(tree.find(exp.Table)), loose=loose or bool(tree.args.get("replace")))
    elif kind == "TYPE":
        yield Check("type", "", _name(tree.find(exp.Table)))


def _drop(tree: exp.Drop) -> Iterator[Check]:
    kind, loose = str(tree.args.get("kind")), bool(tree.args.get("exists"))
    for one in tree.args.get("tables") or ():
        if kind == "TABLE":
            yield Check("table", _name(one), there=False, loose=loose)
        elif kind == "INDEX":
            on = tree.args.get("cluster")
            yield Check("index", _name(on.this) if on is not None else "", _name(one), there=False, loose=loose)
        elif kind == "VIEW":
            yield Check("view", "", _name(one), there=False, loose=loose)
        elif kind == "TYPE":
            yield Check("type", "", _name(one), there=False, loose=loose)


def _alter(tree: exp.Alter, dialect: Dialect) -> Iterator[Check]:
    table, actions = _name(tree.this), tree.args.get("actions") or ()
    renamed = [_name(one.this) for one in actions if isinstance(one, exp.AlterRename)]
    if renamed:
        yield Check("table", renamed[-1])
        yield Check("table", table, there=False)
    for action in actions:
        yield from _action(renamed[-1] if renamed else table, action, dialect)


def _action(table: str, action: exp.Expr, dialect: Dialect) -> Iterator[Check]:
    if isinstance(action, exp.ColumnDef):
        yield Check("column", table, action.name, loose=bool(action.args.get("exists")))
    elif isinstance(action, exp.RenameColumn):
        yield Check("column", table, action.args["to"].name)
        yield Check("column", table, action.this.name, there=False)
    elif isinstance(action, exp.ModifyColumn):
        yield from _modify(table, action, dialect)
    elif isinstance(action, exp.AlterColumn):
        yield from _alter_column(table, action, dialect)
    elif isinstance(action, exp.DropPrimaryKey):
        yield Check("primary", table, there=False)
    elif isinstance(action, exp.AddConstraint):
        yield from _constraints(table, action.expressions)
    elif isinstance(action, exp.Drop):
        kind: Kind = "column" if action.args.get("kind") == "COLUMN" else "constraint"
        for one in action.args.get("tables") or ():
            yield Check(kind, table, one.name, there=False, loose=bool(action.args.get("exists")))


def _constraints(table: str, added: Sequence[exp.Expr]) -> Iterator[Check]:
    for one in added:
        if isinstance(one, exp.PrimaryKey) or one.find(exp.PrimaryKey) is not None:
            yield Check("primary", table)
        elif one.name and isinstance(one, exp.Constraint | exp.IndexColumnConstraint):
            yield Check("constraint", table, one.name)


def _modify(table: str, action: exp.ModifyColumn, dialect: Dialect) -> Iterator[Check]:
    old = action.args.get("rename_from")
    if old is not None and old.name != action.this.name:
        yield Check("column", table, action.this.name)
        yield Check("column", table, old.name, there=False)
    text, nullable = shape(action.this, dialect)
    yield Check("shape", table, action.this.name, type=text, nullable=nullable, loose=True)


def _alter_column(table: str, action: exp.AlterColumn, dialect: Dialect) -> Iterator[Check]:
    if (dtype := action.args.get("dtype")) is not None:
        yield Check("shape", table, action.name, type=_type(dtype, dialect), loose=True)
    elif (nullable := action.args.get("allow_null")) is not None:
        yield Check("shape", table, action.name, nullable=bool(nullable), loose=True)
    elif action.args.get("default") is not None or action.args.get("drop"):
        there = action.args.get("default") is not None
        yield Check("default", table, action.name, there=there, loose=True)


def shape(column: exp.ColumnDef, dialect: Dialect) -> tuple[str, bool]:
    """Return the type that a column's definition gives it, and whether it may be NULL."""
    text = _type(column.args.get("kind"), dialect)
    limits = [one.args.get("kind") for one in column.args.get("constraints") or ()]
    required = any(
        (isinstance(one, exp.NotNullColumnConstraint) and not one.args.get("allow_null"))
        or isinstance(one, exp.PrimaryKeyColumnConstraint)
        for one in limits
    )
    return text, not required


def _type(node: exp.Expr | None, dialect: Dialect) -> str:
    text = node.sql(dialect="postgres" if dialect == "postgresql" else dialect) if node is not None else ""
    return types.canonical(text, dialect) if text else ""


def _name(node: exp.Expr | None) -> str:
    return node.name if node is not None else ""


def _bare(text: str, dialect: Dialect) -> str:
    quoted = text.endswith(("`", '"'))
    return _folded(text.replace("`", "").replace('"', "").rsplit(".", 1)[-1], dialect, quoted=quoted)


def _folded(name: str, dialect: Dialect, *, quoted: bool) -> str:
    """Write a name as the schema has it: MySQL compares without case, PostgreSQL folds what is not quoted."""
    return name if quoted and dialect == "postgresql" else name.lower()
