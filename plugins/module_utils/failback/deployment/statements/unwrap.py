"""Opens the one block drizzle-kit writes around PostgreSQL statements, which swallows "it is there already"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.deployment.statements.split import Statement, split

if TYPE_CHECKING:
    from failback.deployment.statements.model import Dialect

_BEGIN = ["BEGIN"]
_END = ["EXCEPTION", "WHEN", "DUPLICATE_OBJECT", "THEN", "NULL"]


def unwrapped(statement: Statement, dialect: Dialect) -> list[Statement]:
    """Return what stands inside ``DO $$ BEGIN ...; EXCEPTION WHEN duplicate_object THEN null; END $$``.

    Nothing for any other statement, or for a block of any other shape.
    """
    tokens = statement.tokens
    if dialect != "postgresql" or len(tokens) != 2 or (tokens[0].form, tokens[0].value) != ("word", "DO"):  # noqa: PLR2004 - DO and its text
        return []
    if tokens[1].form != "text" or not tokens[1].written.startswith("$"):
        return []
    pieces = split(tokens[1].value, dialect)
    if len(pieces) != 3 or any(piece.doubt for piece in pieces):  # noqa: PLR2004 - BEGIN and one statement, EXCEPTION, END
        return []
    first, swallowed, last = pieces
    if _words(first)[:1] != _BEGIN or _words(swallowed) != _END or _words(last) != ["END"]:
        return []
    inside = first.tokens[1:]
    if not inside or inside[0].value not in {"ALTER", "CREATE"}:
        return []
    start = inside[0].start - first.tokens[0].start
    return [Statement(first.text[start:], inside)]


def _words(statement: Statement) -> list[str]:
    return [token.value for token in statement.tokens]
