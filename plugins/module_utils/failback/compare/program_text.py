r"""The body of a routine, trigger, event or view, brought to one writing. Pure.

Dump tools lay bodies out anew (mydumper turns ``;\n`` into ``; \n``), so white space outside of quotes and comments
counts only where it separates two words.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<quoted>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)
  | (?P<line>(?:\#|--(?=\s|$))[^\n]*)
  | (?P<block>/\*.*?\*/)
  | (?P<space>\s+)
  | (?P<word>[\w$@.\x80-\U0010ffff]+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def normal_body(text: str) -> str:
    """Give the same text for two bodies that differ in layout alone."""
    parts: list[str] = []
    gap = False
    last_is_word = False
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup or "", match.group()
        if kind == "space":
            gap = True
            continue
        is_word = kind in {"word", "quoted"}
        if gap and is_word and last_is_word:
            parts.append(" ")
        parts.append(f"{token.rstrip()}\n" if kind == "line" else token)
        gap, last_is_word = False, is_word
    return "".join(parts).rstrip(";\n ")
