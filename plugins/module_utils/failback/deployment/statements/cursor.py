"""Walks over the tokens of one statement. A grammar built on it accounts for every token, or gives up."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.statements.lex import Token
    from failback.deployment.statements.model import Dialect

Name = tuple[str, str]

_FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)


class UnreadableError(ValueError):
    """The tokens are not what the grammar knows."""


class Cursor:
    """A place in a list of tokens. Words compare in capitals."""

    def __init__(self, tokens: Sequence[Token], dialect: Dialect) -> None:
        self.tokens = tokens
        self.dialect = dialect
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether every token was read."""
        return self.at >= len(self.tokens)

    def peek(self, *words: str) -> bool:
        """Whether these words or signs come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        return len(ahead) == len(words) and all(
            token.form in {"word", "sign"} and token.value == word for token, word in zip(ahead, words, strict=True)
        )

    def take(self, *words: str) -> bool:
        """Read these words or signs if they come next."""
        if not self.peek(*words):
            return False
        self.at += len(words)
        return True

    def one_of(self, *words: str) -> str:
        """Read one of the words; "" when none comes next."""
        return next((word for word in words if self.take(word)), "")

    def need(self, *words: str) -> None:
        """Read these words. Raises UnreadableError."""
        if not self.take(*words):
            raise UnreadableError(" ".join(words))

    def end(self) -> None:
        """Raise UnreadableError unless every token was read."""
        if not self.done:
            raise UnreadableError("more than was expected")

    def value(self, form: str) -> str:
        """Read a token of this form. Raises UnreadableError."""
        if self.done or self.tokens[self.at].form != form:
            raise UnreadableError(form)
        self.at += 1
        return self.tokens[self.at - 1].value

    def if_value(self, form: str) -> str | None:
        """Read a token of this form, or nothing."""
        return None if self.done or self.tokens[self.at].form != form else self.value(form)

    def name(self) -> str:
        """Read one identifier as the server keeps it. Raises UnreadableError."""
        if not self.done and self.tokens[self.at].form == "word":
            token = self.tokens[self.at]
            self.at += 1
            # PostgreSQL folds ASCII letters of a name without quotes; MySQL keeps what is written.
            return token.written.translate(_FOLDED) if self.dialect == "postgresql" else token.written
        return self.value("name")

    def qualified(self) -> Name:
        """Read ``name`` or ``schema.name``: (schema or "", name). Raises UnreadableError."""
        first = self.name()
        if not self.take("."):
            return "", first
        second = self.name()
        if self.peek("."):
            raise UnreadableError("a name in three parts")
        return first, second

    def parens(self) -> Cursor:
        """Read ``( ... )`` with what it holds. Raises UnreadableError."""
        self.need("(")
        depth, start = 1, self.at
        while depth:
            if self.done:
                raise UnreadableError("brackets")
            token = self.tokens[self.at]
            depth += {"(": 1, ")": -1}.get(token.value, 0) if token.form == "sign" else 0
            self.at += 1
        return Cursor(self.tokens[start : self.at - 1], self.dialect)

    def rest(self) -> Sequence[Token]:
        """Return what is left, without reading it."""
        return self.tokens[self.at :]

    def commas(self) -> list[Cursor]:
        """Cut what is left at commas outside brackets, and read it all. Raises UnreadableError."""
        parts: list[Cursor] = []
        depth, start = 0, self.at
        for here in range(self.at, len(self.tokens)):
            token = self.tokens[here]
            if token.form != "sign":
                continue
            depth += {"(": 1, ")": -1}.get(token.value, 0)
            if token.value == "," and depth == 0:
                parts.append(Cursor(self.tokens[start:here], self.dialect))
                start = here + 1
        parts.append(Cursor(self.tokens[start:], self.dialect))
        self.at = len(self.tokens)
        if depth or not all(part.tokens for part in parts):
            raise UnreadableError("commas")
        return parts

    def names(self) -> list[str]:
        """Read all that is left as names between commas. Raises UnreadableError."""
        found = []
        for part in self.commas():
            found.append(part.name())
            part.end()
        return found

    def has_word(self, *words: str) -> bool:
        """Whether one of the words stands anywhere, brackets included (a quoted name is none)."""
        return any(token.form == "word" and token.value in words for token in self.tokens)


def plain(name: Name) -> str:
    """Return a qualified name as people write it."""
    return ".".join(part for part in name if part)
