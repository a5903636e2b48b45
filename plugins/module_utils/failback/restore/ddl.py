"""Take CREATE TABLE apart: what must stand before the rows are loaded, and what is cheaper to add after. Pure.

Left out of the bare table: secondary indexes and foreign keys. Kept in it: every column, generated ones too, the
primary key, CHECKs, partitions, all options, and those keys without which the table would be another one:

- the key an AUTO_INCREMENT column needs, and those before it of its kind, so that the order of keys stays;
- without a primary key the first UNIQUE key over NOT NULL columns: InnoDB makes it the clustered index, and adding
  it later would write the whole table again;
- keys without a name: only the server knows what it would call them;
- all keys of a table whose engine is not InnoDB.

SHOW CREATE TABLE writes one element a line, but nothing here depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from failback.errors import DamagedError, RefusedError
from failback.restore.ddl_tokens import Token, solid, text_of, tokens, top_level, unquote

if TYPE_CHECKING:
    from collections.abc import Callable

KeyKind = Literal["unique", "plain", "fulltext", "spatial"]


@dataclass(frozen=True)
class Index:
    """A secondary index; ``clause`` is what follows ADD in ALTER TABLE."""

    name: str
    kind: KeyKind
    clause: str
    parts: tuple[str, ...] = ()  # its columns; "" for a part with a length or an expression


@dataclass(frozen=True)
class ForeignKey:
    """A named foreign key; ``clause`` is what follows ADD in ALTER TABLE."""

    name: str
    clause: str


@dataclass(frozen=True)
class SplitTable:
    """A table in the order it is made: bare, then its indexes, then its foreign keys."""

    bare: str
    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    kept: tuple[str, ...]  # names of the secondary indexes that stay in the bare table
    columns: tuple[str, ...]
    engine: str  # in capitals, "" when the statement names none
    charsets: frozenset[str]  # character sets and collations it names, in lower case
    collations: frozenset[str]
    ansi_quotes: bool

    @property
    def transactional(self) -> bool:
        """Whether a piece of its rows can be rolled back. Unknown engines count as not."""
        return self.engine in {"", "INNODB"}


@dataclass(frozen=True)
class _Element:
    """One element between the commas of the column list."""

    items: tuple[Token, ...]

    @property
    def words(self) -> list[Token]:
        return solid(self.items)


@dataclass(frozen=True)
class _Key:
    element: _Element
    name: str
    kind: KeyKind
    parts: tuple[str, ...]  # plain columns only; a prefix or an expression is "" here


def split(create: str) -> SplitTable:
    """Take one CREATE TABLE statement apart.

    Raises DamagedError when it is not whole, RefusedError when it is of a kind no dump writes (LIKE, AS SELECT).
    """
    items = tokens(create)
    opened, closed = _column_list(items, create)
    elements = _elements(items[opened + 1 : closed])
    tail = items[closed + 1 :]
    engine = _option(tail, "ENGINE").upper()
    keys = [key for element in elements if (key := _key(element)) is not None]
    foreign = [(element, name) for element in elements if (name := _foreign_key(element)) is not None]
    late = _late(keys, elements) if engine in {"", "INNODB"} else []
    gone = {id(key.element) for key in late} | {id(element) for element, name in foreign if name}
    stay = [element for element in elements if id(element) not in gone]
    head = "".join(item.text for item in items[: opened + 1])
    # A list that a tool wrote one element a line stays readable; commas are put anew.
    bare = head + "\n  " + ",\n  ".join(text_of(element.items) for element in stay) + "\n"
    bare += "".join(item.text for item in items[closed:])
    every = solid(items)
    return SplitTable(
        bare=bare.strip().rstrip(";"),
        indexes=tuple(Index(key.name, key.kind, text_of(key.element.items), key.parts) for key in late),
        foreign_keys=tuple(ForeignKey(name, text_of(element.items)) for element, name in foreign if name),
        kept=tuple(key.name for key in keys if id(key.element) not in gone),
        columns=tuple(unquote(element.words[0]) for element in elements if _is_column(element)),
        engine=engine,
        charsets=frozenset(_named(every, ("CHARSET",)) | _named(every, ("CHARACTER", "SET"))),
        collations=frozenset(_named(every, ("COLLATE",))),
        ansi_quotes=any(item.text.startswith('"') for item in solid(items[:opened])),
    )


def _column_list(items: list[Token], create: str) -> tuple[int, int]:
    words = [item.upper for item in solid(items)[:8]]
    if words[:1] != ["CREATE"] or "TABLE" not in words:
        raise DamagedError(f"not a CREATE TABLE statement: {create[:80]!r}")
    opened = next((i for i, item, depth in top_level(items) if item.text == "(" and not depth), -1)
    closed = next((i for i, item, depth in top_level(items) if i > opened and item.text == ")" and not depth), -1)
    if opened < 0 or closed < 0:
        if "LIKE" in {item.upper for item in items}:
            raise RefusedError(f"a table made with LIKE cannot be restored by itself: {create[:80]!r}")
        raise DamagedError(f"a CREATE TABLE statement is cut short: {create[:80]!r}")
    if any(item.upper in {"LIKE", "SELECT"} for item in solid(items[:opened] + items[opened + 1 : opened + 3])):
        raise RefusedError(f"a table made with LIKE or SELECT cannot be restored by itself: {create[:80]!r}")
    return opened, closed


def _elements(inner: list[Token]) -> list[_Element]:
    """Cut the column list at its outer commas. A version comment that spans a whole element stays with it."""
    found: list[_Element] = []
    current: list[Token] = []
    for _, item, depth in top_level(inner):
        if item.kind == "punct" and item.text == "," and not depth:
            found.append(_Element(tuple(current)))
            current = []
        else:
            current.append(item)
    found.append(_Element(tuple(current)))
    if any(not element.words for element in found):
        raise DamagedError("a CREATE TABLE statement has an empty element in its column list")
    return found


def _is_column(element: _Element) -> bool:
    first = element.words[0]
    if first.kind in {"name", "text"}:
        return True
    reserved = {"PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK"}
    return first.kind == "word" and first.upper not in reserved


def _after_constraint(element: _Element) -> tuple[str, list[Token]]:
    """Give the name after CONSTRAINT ("" when there is none) and the words behind it."""
    words = element.words
    if words[0].upper != "CONSTRAINT" or words[0].kind != "word":
        return "", words
    kinds = {"PRIMARY", "UNIQUE", "FOREIGN", "CHECK"}
    if len(words) > 1 and not (words[1].kind == "word" and words[1].upper in kinds):
        return unquote(words[1]), words[2:]
    return "", words[1:]


def _foreign_key(element: _Element) -> str | None:
    """Give the constraint's name, "" for one without a name, None for what is no foreign key."""
    if _is_column(element):
        return None
    name, words = _after_constraint(element)
    return name if words and words[0].upper == "FOREIGN" else None


def _key(element: _Element) -> _Key | None:
    """Read a secondary index; None for anything else."""
    if _is_column(element):
        return None
    name, words = _after_constraint(element)
    kinds: dict[str, KeyKind] = {"UNIQUE": "unique", "FULLTEXT": "fulltext", "SPATIAL": "spatial"}
    first = words[0].upper
    kind = kinds.get(first, "plain")
    if first in kinds:
        words = words[1:]
        if words and words[0].kind == "word" and words[0].upper in {"KEY", "INDEX"}:
            words = words[1:]
    elif first in {"KEY", "INDEX"}:
        words = words[1:]
    else:
        return None
    if words and words[0].text != "(" and words[0].upper != "USING":
        name = unquote(words[0])
    return _Key(element, name, kind, _parts(words))


def _parts(words: list[Token]) -> tuple[str, ...]:
    """Give the columns of a key; a part with a length or an expression is ""."""
    parts: list[list[Token]] = []
    for _, item, depth in top_level(words):
        if item.text == "(" and not depth and item.kind == "punct" and not parts:
            parts.append([])
        elif item.text == ")" and not depth and item.kind == "punct":
            break
        elif item.text == "," and depth == 1 and item.kind == "punct":
            parts.append([])
        elif parts:
            parts[-1].append(item)
    return tuple(
        unquote(part[0]) if part and part[0].text != "(" and all(item.text != "(" for item in part) else ""
        for part in parts
    )


def _late(keys: list[_Key], elements: list[_Element]) -> list[_Key]:
    """Choose the keys that are added after the rows."""
    named = [key for key in keys if key.name]
    columns = {unquote(e.words[0]).lower(): [t.upper for t in e.words[1:]] for e in elements if _is_column(e)}
    primary = next((e for e in elements if not _is_column(e) and _is_primary(e)), None)
    inline_primary = any("PRIMARY" in words for words in columns.values())
    keep: set[int] = set()
    counter = next((name for name, words in columns.items() if "AUTO_INCREMENT" in words), "")
    primary_parts = _parts(primary.words) if primary else ()
    if counter and not inline_primary and (not primary_parts or primary_parts[0].lower() != counter):
        keep |= _through(named, lambda key: bool(key.parts) and key.parts[0].lower() == counter)
    if primary is None and not inline_primary:
        not_null = {name for name, words in columns.items() if _not_null(words)}
        clustered = _first_clustered(named, not_null)
        keep |= {id(clustered)} if clustered else set()
    return [key for key in named if id(key) not in keep]


def _through(keys: list[_Key], wanted: Callable[[_Key], bool]) -> set[int]:
    """Keep the first key that is wanted, and those of its kind before it."""
    chosen = next((key for key in keys if wanted(key)), None)
    if chosen is None:
        return set()
    before = keys[: keys.index(chosen)]
    return {id(chosen)} | {id(key) for key in before if key.kind == chosen.kind}


def _first_clustered(keys: list[_Key], not_null: set[str]) -> _Key | None:
    return next(
        (key for key in keys if key.kind == "unique" and key.parts and all(p.lower() in not_null for p in key.parts)),
        None,
    )


def _is_primary(element: _Element) -> bool:
    _, words = _after_constraint(element)
    return bool(words) and words[0].upper == "PRIMARY"


def _not_null(words: list[str]) -> bool:
    return any(pair == ("NOT", "NULL") for pair in pairwise(words))


def _option(tail: list[Token], name: str) -> str:
    """Read a table option's value, ``NAME [=] value``; the last one counts, as in MySQL."""
    words = [item for _, item, depth in top_level(tail[1:]) if not depth and item.kind not in {"space", "mark"}]
    value = ""
    for position, item in enumerate(words):
        if item.kind == "word" and item.upper == name:
            rest = words[position + 1 :]
            rest = rest[1:] if rest and rest[0].text == "=" else rest
            value = unquote(rest[0]).strip("'") if rest else ""
            if name == "ENGINE":
                break  # those of partitions come behind and say the same
    return value


def _named(words: list[Token], after: tuple[str, ...]) -> set[str]:
    """Names that follow these words, with or without an equals sign."""
    found = set()
    for position in range(len(words) - len(after)):
        window = words[position : position + len(after)]
        if all(item.kind == "word" and item.upper == word for item, word in zip(window, after, strict=True)):
            rest = words[position + len(after) :]
            rest = rest[1:] if rest and rest[0].text == "=" else rest
            if rest and rest[0].kind in {"word", "text", "name"}:
                found.add(unquote(rest[0]).strip("'").lower())
    return found
