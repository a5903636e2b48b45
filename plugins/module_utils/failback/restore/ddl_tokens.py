"""Tokens of one SQL statement, enough to take a CREATE TABLE apart without being fooled by what stands in quotes. Pure.

Lexical rules: MySQL reference manual, "Literal Values", "Schema Object Names" and "Comments". A version comment
(``/*!50100 ... */``) is transparent: its opening and closing marks are tokens of kind "mark", its inside is read as
SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from failback.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["word", "name", "text", "punct", "space", "mark"]

# Order matters: what opens a quote or a comment is seen before punctuation.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--(?=[\s])[^\n]*|\#[^\n]*|/\*(?!M?!)(?s:.*?)\*/)
  | (?P<mark>/\*M?!\d*|\*/)
  | (?P<name>`(?:[^`]|``)*`)
  | (?P<text>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
  | (?P<word>(?:[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?)|[\w$@.\u0080-\uffff]+)
  | (?P<punct>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One token as it stands in the text."""

    kind: Kind
    text: str

    @property
    def upper(self) -> str:
        """The word in capitals; other kinds as they stand."""
        return self.text.upper() if self.kind == "word" else self.text


def tokens(sql: str) -> list[Token]:
    """Cut a statement into tokens; joined again they give the same text. Raises DamagedError on an open quote."""
    found: list[Token] = []
    for match in _TOKEN.finditer(sql):
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are named as the kinds
        text = match.group()
        if kind == "punct" and text in "`'\"":
            raise DamagedError(f"a statement ends inside quotes: ...{sql[match.start() : match.start() + 60]!r}")
        found.append(Token(kind, text))
    return found


def solid(items: Sequence[Token]) -> list[Token]:
    """Leave out white space, comments and the marks of version comments."""
    return [item for item in items if item.kind not in ("space", "mark")]


def top_level(items: Sequence[Token]) -> Iterator[tuple[int, Token, int]]:
    """Give each token with its index and how many parentheses enclose it."""
    depth = 0
    for index, item in enumerate(items):
        if item.kind == "punct" and item.text == ")":
            depth -= 1
        yield index, item, depth
        if item.kind == "punct" and item.text == "(":
            depth += 1


def unquote(token: Token) -> str:
    """Give the name a token stands for."""
    text = token.text
    if token.kind == "name":
        return text[1:-1].replace("``", "`")
    if token.kind == "text" and text.startswith('"'):
        return text[1:-1].replace('""', '"')
    return text


def text_of(items: Sequence[Token]) -> str:
    """Put tokens together again."""
    return "".join(item.text for item in items).strip()
