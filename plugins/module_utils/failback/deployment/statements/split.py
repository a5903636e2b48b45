"""Cuts a migration file into statements, and says where it cannot.

The marker ``--> statement-breakpoint`` is cut at first and as plain text, the way the tool does it; what lies between
two markers is cut at semicolons. From a place on that can be read in two ways, the rest stays one statement, with the
reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.statements.lex import certain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from failback.deployment.statements.lex import Token
    from failback.deployment.statements.model import Dialect

BREAKPOINT = "--> statement-breakpoint"

# A body of its own follows: its semicolons end nothing.
_WITH_BODY = frozenset({"PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"})


@dataclass(frozen=True)
class Statement:
    """One statement: its text as written, its tokens, or why it cannot be read (``doubt``: a rule)."""

    text: str
    tokens: tuple[Token, ...]
    doubt: str = ""


def split(text: str, dialect: Dialect) -> list[Statement]:
    """Return the statements of a file in their order; comments alone are none."""
    return [each for piece in text.removeprefix("\ufeff").split(BREAKPOINT) for each in _pieces(piece, dialect)]


def _pieces(text: str, dialect: Dialect) -> Iterator[Statement]:
    found, doubt = certain(text, dialect)
    start = 0
    while start < len(found):
        end = _end(found, start, dialect)
        if doubt and end == len(found):
            break
        if end > start:
            piece = tuple(found[start:end])
            yield Statement(text[piece[0].start : piece[-1].end], piece)
        start = end + 1
    if doubt:
        # From the last certain semicolon on nobody can say where a statement ends.
        yield Statement(text[found[start - 1].end if start else 0 :].strip(), (), doubt)


def _end(found: Sequence[Token], start: int, dialect: Dialect) -> int:
    """Return the index of the semicolon that ends the statement, or the number of tokens."""
    end = next((i for i in range(start, len(found)) if found[i].form == "sign" and found[i].value == ";"), len(found))
    begin = any(token.form == "word" and token.value in {"BEGIN", "ATOMIC"} for token in found[start:end])
    words = {token.value for token in found[start : min(end, start + 12)] if token.form == "word"}
    if dialect == "mysql" and begin and found[start].value == "CREATE" and words & _WITH_BODY:
        return len(found)
    return end
