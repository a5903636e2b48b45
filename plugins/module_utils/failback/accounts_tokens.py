"""Cutting account statements into words, names, texts and marks. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

Token = tuple[str, str]  # kind, value; the value of a quoted one is what it stands for
_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*(?:\n|$)|\#[^\n]*(?:\n|$))
    |(?P<name>`(?:[^`]|``)*`)
    |(?P<text>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
    |(?P<hex>0[xX][0-9a-fA-F]*)
    |(?P<word>[A-Za-z0-9_$\u0080-\uffff]+)
    |(?P<mark>[@,().*;%])
    |(?P<comment>/\*.*?\*/)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "Z": "\x1a"}


def split(text: str) -> list[str]:
    """Split a script at its semicolons, not at those inside of quotes."""
    found, start = [], 0
    for match in _walk(text, 0):
        if match["mark"] == ";":
            found.append(text[start : match.start()])
            start = match.end()
    return [part for part in [*found, text[start:]] if part.strip()]


def _walk(text: str, number: int) -> Iterator[re.Match[str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if number:
                raise ConfigError(f"statement {number} of the account record cannot be read at character {place}")
            place += 1
            continue
        yield match
        place = match.end()


def tokens(text: str, number: int) -> Iterator[Token]:
    """Cut one statement. Raises ConfigError, which says where but not what: it may be a hash."""
    for match in _walk(text, number):
        kind, raw = str(match.lastgroup), match[0]
        if kind in {"space", "comment"}:
            continue
        if kind == "name":
            yield "name", raw[1:-1].replace("``", "`")
        elif kind == "text":
            yield "text", _unquote(raw)
        elif kind == "word":
            yield "word", raw
        else:
            yield kind, raw


def _unquote(raw: str) -> str:
    body = raw[1:-1].replace(raw[0] * 2, raw[0])
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), body, flags=re.DOTALL)
