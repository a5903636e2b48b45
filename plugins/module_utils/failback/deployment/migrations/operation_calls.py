"""One call of an Alembic revision (``op.add_column(...)``): its arguments, by place or by name. Pure.

What stands in a call and is not asked for makes it unreadable: a word that nobody looked at may change its meaning
(``ondelete="CASCADE"``, ``postgresql_nulls_not_distinct=True``).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from failback.deployment.migrations.gate import Dialect


class UnreadableCallError(Exception):
    """A call says something that is not known here."""


def literal(node: ast.expr) -> object:
    """Return the value that stands there. Raises `UnreadableCallError` for anything that has to be run."""
    try:
        return cast("object", ast.literal_eval(node))
    except ValueError as error:
        raise UnreadableCallError from error


def attribute(node: ast.expr) -> str:
    """Return ``name`` of ``something.name``, "" for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else ""


@dataclass(frozen=True)
class Call:
    """The call, and for whom it is spelled."""

    call: ast.Call
    dialect: Dialect

    @property
    def named(self) -> dict[str, ast.expr]:
        """The arguments given by name."""
        return {str(word.arg): word.value for word in self.call.keywords}

    def only(self, places: int, *allowed: str) -> None:
        """Refuse what says more than is read: more than ``places`` arguments without a name, or another name."""
        if len(self.call.args) > places or set(self.named) - set(allowed):
            raise UnreadableCallError

    def node(self, at: int, name: str) -> ast.expr:
        """Return the argument at this place or of this name. Raises `UnreadableCallError`."""
        if at < len(self.call.args):
            return self.call.args[at]
        if name in self.named:
            return self.named[name]
        raise UnreadableCallError

    def text(self, at: int, name: str) -> str:
        """Return a name, quoted."""
        # op.f("name") only says that a naming convention was applied already.
        node = self.node(at, name)
        if isinstance(node, ast.Call) and attribute(node.func) == "f" and len(node.args) == 1:
            node = node.args[0]
        value = literal(node)
        if not isinstance(value, str):
            raise UnreadableCallError
        return self.quoted(value)

    def texts(self, at: int, name: str) -> str:
        """Return a list of names, quoted and with commas between them."""
        value = literal(self.node(at, name))
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise UnreadableCallError
        return ", ".join(self.quoted(one) for one in value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return what is said under a name that is yes or no."""
        value = literal(self.named[name]) if name in self.named else default
        if not isinstance(value, bool):
            raise UnreadableCallError
        return value

    def word(self, name: str) -> str:
        """Return a text that stands under this name, "" where none does."""
        value = literal(self.named[name]) if name in self.named else None
        if value is not None and not isinstance(value, str):
            raise UnreadableCallError
        return value or ""

    def table(self, at: int, name: str = "table_name", schema: str = "schema") -> str:
        """Return a table's name, quoted, with its schema where one is said."""
        said = self.word(schema)
        return (self.quoted(said) + "." if said else "") + self.text(at, name)

    def quoted(self, name: str) -> str:
        """Return a name as the dialect quotes it."""
        mark = "`" if self.dialect == "mysql" else '"'
        return mark + name.replace(mark, mark * 2) + mark
