"""The second opinion: sqlglot reads what our own grammar called compatible, and has to see the same thing.

Facts, measured with sqlglot 30.30: it gives ``Command`` for what it does not know, raises ParseError for some, and
passes over table options of ALTER TABLE in silence. So a statement it does not turn into the expected form, with
exactly one action, is not agreed upon.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.statements.cursor import Cursor
    from failback.deployment.statements.lex import Token
    from failback.deployment.statements.model import Dialect, Part

_READ = {"mysql": "mysql", "postgresql": "postgres"}
# It says on the log what it falls back to; for us that is an answer, and no news.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


def agrees_on_action(cursor: Cursor, found: Part) -> bool:
    """Whether sqlglot reads one action of an ALTER TABLE as one action, of the form the rule is about."""
    tree = _read(f"ALTER TABLE t {written(cursor.tokens)}", cursor.dialect)
    if not isinstance(tree, exp.Alter) or len(tree.args.get("actions") or []) != 1:
        return False
    action = tree.args["actions"][0]
    if found.rule in {"add-nullable-column", "add-column-with-default"}:
        if not isinstance(action, exp.ColumnDef):
            return False
        return _is_nullable(action) if found.rule == "add-nullable-column" else _default(action)
    return not isinstance(action, exp.Command)


def written(tokens: Sequence[Token]) -> str:
    """Return the tokens as they were written, without comments: sqlglot stumbles over some of them."""
    last = 0
    text = ""
    for token in tokens:
        text += ("" if token.start == last else " ") + token.written
        last = token.end
    return text.strip()


def _default(column: exp.ColumnDef) -> bool:
    """Whether the column has a default that is not NULL."""
    kinds = (each.kind for each in column.constraints)
    return any(isinstance(kind, exp.DefaultColumnConstraint) and not isinstance(kind.this, exp.Null) for kind in kinds)


def _is_nullable(column: exp.ColumnDef) -> bool:
    """Whether nothing demands a value."""
    kinds = [each.kind for each in column.constraints]
    demands = any(isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null") for kind in kinds)
    return not demands and not _default(column)


def agrees(text: str, dialect: Dialect, kind: str) -> bool:
    """Whether sqlglot reads the text as one statement that creates a thing of this kind (TABLE, INDEX, VIEW)."""
    tree = _read(text, dialect)
    return isinstance(tree, exp.Create) and str(tree.args.get("kind")).upper() == kind


def is_plain_insert(text: str, dialect: Dialect) -> bool:
    """Whether sqlglot reads an INSERT of literals alone."""
    tree = _read(text, dialect)
    if not isinstance(tree, exp.Insert) or not isinstance(tree.expression, exp.Values):
        return False
    calm = (exp.Values, exp.Tuple, exp.Literal, exp.Null, exp.Boolean, exp.Neg, exp.Paren)
    return all(isinstance(node, calm) for node in tree.expression.walk())


def _read(text: str, dialect: Dialect) -> exp.Expr | None:
    try:
        trees = sqlglot.parse(text, read=_READ[dialect])
    except (SqlglotError, RecursionError):
        return None
    return trees[0] if len(trees) == 1 else None
