"""SHOW CREATE TABLE taken apart into named pieces that can be compared one by one. Pure.

Left out is what says nothing about the table: the AUTO_INCREMENT counter, display widths of whole numbers (gone since
8.0.19), and the order of indexes, which depends on when they were built. The order of columns counts.
"""

from __future__ import annotations

import re

_NAME = r"`((?:[^`]|``)+)`"
_PIECES = (
    (re.compile(rf"{_NAME} "), "column"),
    (re.compile(r"(PRIMARY) KEY"), "index"),
    (re.compile(rf"(?:UNIQUE |FULLTEXT |SPATIAL )?KEY {_NAME}"), "index"),
    (re.compile(rf"CONSTRAINT {_NAME} FOREIGN KEY"), "foreign key"),
    (re.compile(rf"CONSTRAINT {_NAME} CHECK"), "check"),
)
_COUNTER = re.compile(r" AUTO_INCREMENT=[0-9]+")
_WIDTH = re.compile(r"\b((?:small|medium|big)?int|tinyint(?!\(1\)))\([0-9]+\)(?! unsigned zerofill| zerofill)")

Pieces = dict[tuple[str, str], str]  # (kind, name) -> text


def pieces(create: str) -> Pieces:
    """Take the statement apart; what is not understood becomes a piece of its own, so nothing is left out."""
    head, *lines = create.split("\n")
    found: Pieces = {}
    columns: list[str] = []
    tail: list[str] = []
    for line in lines:
        if tail or line.startswith(")"):
            tail.append(line)
            continue
        text = line.strip().removesuffix(",")
        kind, name = _kind(text)
        if kind == "column":
            columns.append(name)
            text = _WIDTH.sub(r"\1", text)
        found[kind, name or text] = text
    options, _, partitions = "\n".join(tail).removeprefix(")").partition("\n")
    found["kind", ""] = head.split("`", maxsplit=1)[0].strip()
    found["column order", ""] = ", ".join(columns)
    found["options", ""] = _COUNTER.sub("", options).strip()
    if partitions:
        found["partitions", ""] = " ".join(partitions.split())
    return found


def _kind(text: str) -> tuple[str, str]:
    for pattern, kind in _PIECES:
        if match := pattern.match(text):
            return kind, match[1].replace("``", "`")
    return "definition", ""
