"""The columns of a CREATE TABLE, as far as the reading of data depends on them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from failback.errors import DamagedError
from failback.restore.ddl_tokens import Token, solid, tokens, top_level, unquote

_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
_BINARY = frozenset(
    {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "vector"}
    | {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
    | {"geometrycollection", "geomcollection"}
)
_KEYS = frozenset(
    {"PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "CONSTRAINT", "CHECK", "FOREIGN", "PERIOD"}
)
_SAME = {"utf8": "utf8mb3"}


@dataclass(frozen=True)
class Column:
    """One column; ``kind`` in lower case, ``charset`` "" where it holds no text."""

    name: str
    kind: str
    charset: str
    generated: bool
    invisible: bool

    @property
    def binary(self) -> bool:
        """Whether its values may be any bytes."""
        return self.kind in _BINARY


@lru_cache(maxsize=4096)
def columns_of(create: str) -> tuple[Column, ...]:
    """Read the columns in their order. Raises DamagedError when the statement is not whole."""
    items = solid(tokens(create))
    opening = next((index for index, item, depth in top_level(items) if item.text == "(" and depth == 0), None)
    closing = next((index for index, item, depth in top_level(items) if item.text == ")" and depth == 0), None)
    if opening is None or closing is None or closing < opening:
        raise DamagedError(f"a CREATE TABLE is not whole: {create[:80]!r}")
    default = _charset(items[closing + 1 :], _collation(items[closing + 1 :], "utf8mb4"))
    found = [_column(part, default) for part in _parts(items[opening + 1 : closing])]
    return tuple(column for column in found if column is not None)


def _parts(items: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for _, item, depth in top_level(items):
        if item.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(item)
    return [part for part in parts if part]


def _column(part: list[Token], default: str) -> Column | None:
    first = part[0]
    if len(part) < 2 or (first.kind == "word" and first.upper in _KEYS):  # noqa: PLR2004 - a name and a type
        return None
    kind = part[1].text.lower()
    rest = part[2:]
    words = {item.upper for item in rest if item.kind == "word"}
    charset = _charset(rest, _collation(rest, default)) if kind in _TEXT else ""
    if charset == "binary":
        charset, kind = "", "varbinary"
    generated = "GENERATED" in words or any(
        item.upper == "AS" and rest[index + 1 : index + 2] and rest[index + 1].text == "("
        for index, item in enumerate(rest)
    )
    return Column(unquote(first), kind, charset, generated, "INVISIBLE" in words)


def _charset(items: list[Token], default: str) -> str:
    for index, item in enumerate(items):
        if item.kind != "word":
            continue
        after = [one for one in items[index + 1 : index + 4] if one.text != "="]
        if item.upper == "CHARSET" and after:
            return _plain(after[0])
        if item.upper == "SET" and index and items[index - 1].upper == "CHARACTER" and after:
            return _plain(after[0])
    return default


def _collation(items: list[Token], default: str) -> str:
    """Give the character set a COLLATE names: its first part."""
    for index, item in enumerate(items):
        if item.upper == "COLLATE" and item.kind == "word":
            after = [one for one in items[index + 1 : index + 3] if one.text != "="]
            if after:
                return _plain(after[0]).split("_", 1)[0]
    return default


def _plain(token: Token) -> str:
    name = token.text.strip("'\"`").lower()
    return _SAME.get(name, name)
