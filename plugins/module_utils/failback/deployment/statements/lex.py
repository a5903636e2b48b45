"""Cuts SQL text into tokens, of MySQL or PostgreSQL, and refuses to guess.

A text whose meaning depends on how a server is set (a backslash before a quote), or that hides SQL from one reader and
not from another (``/*! ... */``), raises DoubtError: whoever judges treats the whole text as unknown.

Facts: MySQL 8.4 manual 11.1 (literals), 11.7 (comments: ``--`` needs white space after it); PostgreSQL manual 4.1
(nested comments, dollar quotes, ``E''``, ``U&''``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from failback.deployment.statements.model import Dialect

Form = Literal["word", "name", "text", "number", "sign"]

_SPACE = re.compile(r"[ \t\r\n\f\v]+")
# A byte 0, or what stands for bytes that are no UTF-8: a server may read other signs there.
_NO_TEXT = re.compile("[\0\ufffd]")
_AFTER_DASHES = frozenset({"", *" \t\r\n\f\v"})
_LINE = re.compile(r"[^\n]*")
# A word may begin with a digit in MySQL; digits alone are a number.
_WORD = re.compile(r"[A-Za-z0-9_$\u0080-\U0010ffff]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?![A-Za-z0-9_$.\u0080-\U0010ffff])")
_DOLLAR = re.compile(r"\$(?:[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?\$")
_COMMENT_MARK = re.compile(r"/\*|\*/")


class DoubtError(ValueError):
    """The text can be read in more than one way; the argument is the rule that says why."""


@dataclass(frozen=True)
class Token:
    """One token. ``value``: a word in capitals, a name or text without its quotes, a number or sign as written."""

    form: Form
    value: str
    start: int
    end: int
    written: str


def tokens(text: str, dialect: Dialect) -> list[Token]:
    """Return all tokens of the text, without comments. Raises DoubtError."""
    found, doubt = certain(text, dialect)
    if doubt:
        raise DoubtError(doubt)
    return found


def certain(text: str, dialect: Dialect) -> tuple[list[Token], str]:
    """Return the tokens up to the first place that can be read in two ways, and the rule that says why; "" for none."""
    if _NO_TEXT.search(text):
        return [], "not-text"
    found: list[Token] = []
    at = 0
    try:
        while at < len(text):
            after = _skipped(text, at, dialect)
            if after == at:
                found.append(_token(text, at, dialect))
                after = found[-1].end
            at = after
    except DoubtError as doubt:
        return found, str(doubt)
    return found, ""


def _skipped(text: str, at: int, dialect: Dialect) -> int:
    """Return where white space or a comment that begins here ends; ``at`` itself when there is none."""
    if space := _SPACE.match(text, at):
        return space.end()
    dashes = text.startswith("--", at) and (dialect == "postgresql" or text[at + 2 : at + 3] in _AFTER_DASHES)
    if dashes or (dialect == "mysql" and text[at] == "#"):
        found = _LINE.match(text, at)
        if found and "\r" in found.group().removesuffix("\r"):
            # PostgreSQL ends the comment there, MySQL does not.
            raise DoubtError("not-text")
        return found.end() if found else at
    if not text.startswith("/*", at):
        return at
    if text.startswith(("/*!", "/*M!", "/*+"), at):
        raise DoubtError("hidden-sql")
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, at):
        # MySQL's comments do not nest: a second opening inside one is plain text.
        depth += 1 if mark.group() == "/*" and (dialect == "postgresql" or depth == 0) else 0
        depth -= 1 if mark.group() == "*/" else 0
        if depth == 0:
            return mark.end()
    raise DoubtError("unfinished")


def _token(text: str, at: int, dialect: Dialect) -> Token:  # noqa: PLR0911 - one line per form of token
    sign = text[at]
    if sign == "'" or (sign == '"' and dialect == "mysql"):
        return _quoted(text, at, "text", backslash=True)
    if sign == "`" and dialect == "mysql":
        return _quoted(text, at, "name", backslash=False)
    if sign == '"':
        return _quoted(text, at, "name", backslash=False)
    if dialect == "postgresql" and (tag := _DOLLAR.match(text, at)):
        close = text.find(tag.group(), tag.end())
        if close < 0:
            raise DoubtError("unfinished")
        return Token("text", text[tag.end() : close], at, close + len(tag.group()), text[at : close + len(tag.group())])
    if number := _NUMBER.match(text, at):
        return Token("number", number.group(), at, number.end(), number.group())
    if word := _WORD.match(text, at):
        if text.startswith(("'", '&"', "&'"), word.end()) and word.group().upper() in {"E", "U", "N", "B", "X"}:
            # E'', U&'', N'', B'', X'': other rules inside the quotes. Nothing a migration needs.
            raise DoubtError("special-literal")
        # Capitals of ASCII alone: an identifier with other letters stays as it is written.
        return Token("word", _capitals(word.group()), at, word.end(), word.group())
    return Token("sign", sign, at, at + 1, sign)


def _capitals(word: str) -> str:
    return word.upper() if word.isascii() else word


def _quoted(text: str, at: int, form: Form, *, backslash: bool) -> Token:
    quote = text[at]
    value: list[str] = []
    now = at + 1
    while now < len(text):
        sign = text[now]
        if sign == "\\" and backslash:
            # With NO_BACKSLASH_ESCAPES, or PostgreSQL's standard strings, the literal would end elsewhere.
            if text[now + 1 : now + 2] in {quote, ""}:
                raise DoubtError("backslash")
            # Any other pair ends at the same place in both settings, a doubled backslash too.
            value.append(text[now : now + 2])
            now += 2
        elif sign != quote:
            value.append(sign)
            now += 1
        elif text[now + 1 : now + 2] == quote:
            value.append(quote)
            now += 2
        else:
            return Token(form, "".join(value), at, now + 1, text[at : now + 1])
    raise DoubtError("unfinished")
