"""The reading of dump text, case by case and against a slow, plain reader of the same rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from failback.restore.formats.insert_pieces import InsertPieces, Reading
from failback.restore.formats.insert_text import count_rows, loadable
from failback.restore.formats.scan import Alien, Comment, Rest, Run, Scanner, Statement
from failback.restore.model import Table
from failback.restore.sql_text_table import columns_of
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Table(
    "s", "t", "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` varchar(9)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
)
HARD = [
    b",_binary ",
    b"(_binary ",
    b"_binary '",
    b"),(",
    b"')",
    b"'",
    b'"',
    b"\\",
    b"0x41",
    b",0x41,",
    b"CONVERT(",
    b'CONVERT("',
]
HARD += [
    b" USING UTF8MB4)",
    b'" USING UTF8MB4)',
    b"\0",
    b"\x1a",
    b"\n",
    b"\r",
    b"NULL",
    b"",
    b",",
    b")",
    "한😀".encode(),
    b"\xff\xfe",
]
values = st.lists(st.sampled_from(HARD), max_size=5).map(b"".join)
cells = st.one_of(st.none(), st.integers(-9, 99), values, values.map(lambda raw: ("binary", raw)))
rows = st.lists(st.tuples(cells, cells), min_size=1, max_size=6)


def escaped(raw: bytes) -> bytes:
    table = {0: b"\\0", 10: b"\\n", 13: b"\\r", 26: b"\\Z", 34: b'\\"', 39: b"\\'", 92: b"\\\\"}
    return b"".join(table.get(byte, bytes((byte,))) for byte in raw)


def written(cell: object, quote: bytes, *, hexadecimal: bool = False) -> bytes:
    """Write a value as mysqldump does (or mydumper, with the other quote)."""
    if cell is None:
        return b"NULL"
    if isinstance(cell, int):
        return str(cell).encode()
    if isinstance(cell, tuple):
        raw = cell[1]
        if hexadecimal:
            return b"0x" + raw.hex().upper().encode() if raw else quote * 2
        return b"_binary " + quote + escaped(raw) + quote
    assert isinstance(cell, bytes)
    return quote + escaped(cell) + quote


def body_of(found: list[tuple[object, object]], quote: bytes, separator: bytes, *, hexadecimal: bool = False) -> bytes:
    lines = [b",".join(written(cell, quote, hexadecimal=hexadecimal) for cell in row) for row in found]
    return b"(" + separator.join(lines) + b")"


def load_data(text: bytes, quote: bytes, separator: bytes) -> list[list[bytes | None]]:
    """Read as LOAD DATA does: OPTIONALLY ENCLOSED BY quote, ESCAPED BY backslash."""
    token = re.compile(quote + rb"((?:[^\\" + quote + rb"]|\\.)*)" + quote + rb"|([^,)]*)", re.DOTALL)
    back = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"Z": b"\x1a"}
    found: list[list[bytes | None]] = [[]]
    at = 0
    while at <= len(text):
        match = token.match(text, at)
        assert match
        if match.group(1) is not None:
            value = re.sub(rb"\\(.)", lambda m: back.get(m.group(1), m.group(1)), match.group(1), flags=re.DOTALL)
            found[-1].append(value)
        else:
            found[-1].append(None if match.group(2) == b"NULL" else match.group(2))
        at = match.end()
        if at == len(text):
            break
        if text.startswith(separator, at):
            found.append([])
            at += len(separator)
        else:
            assert text.startswith(b",", at), text[at:]
            at += 1
    return found


def plain(cell: object) -> bytes | None:
    if cell is None:
        return None
    if isinstance(cell, int):
        return str(cell).encode()
    return cell[1] if isinstance(cell, tuple) else cell  # type: ignore[return-value]


@given(rows, st.sampled_from([b"'", b'"']), st.sampled_from([b"),(", b")\n,(", b"),\n("]), st.booleans())
def test_what_load_data_reads_is_what_was_written(
    found: list[tuple[object, object]],
    quote: bytes,
    separator: bytes,
    hexadecimal: bool,  # noqa: FBT001 - drawn
) -> None:
    body = body_of(found, quote, separator, hexadecimal=hexadecimal)
    read = load_data(loadable(body, quote)[1:-1], quote, separator)
    assert read == [[plain(cell) for cell in row] for row in found]
    assert count_rows(body, quote, 2) == (len(found), True)
    assert count_rows(body, quote, 3)[1] is False


@given(
    st.lists(
        st.one_of(st.none(), st.sampled_from([b'{"a": 1}', b'"x\\" y"', b"[]", b"3", b'"),("', b'" USING UTF8MB4)"'])),
        min_size=1,
    )
)
def test_json_of_mydumper(found: list[bytes | None]) -> None:
    cells = [b"NULL" if one is None else b'CONVERT("' + escaped(one) + b'" USING UTF8MB4)' for one in found]
    body = b"(" + b"\n,(".join(cell + b',"CONVERT(")' for cell in cells)
    assert load_data(loadable(body, b'"')[1:-1], b'"', b")\n,(") == [[one, b"CONVERT("] for one in found]
    assert count_rows(body.replace(b"\n", b""), b'"', 2) == (len(found), True)


def scan(text: bytes, size: int, huge: int = 1 << 20) -> list[object]:
    blocks: Iterator[bytes] = iter([text[low : low + size] for low in range(0, len(text), size)])
    return list(Scanner(blocks, huge).events())


TEXT = b"""-- MySQL dump 10.13  Distrib 9.7.4
/*!40101 SET NAMES utf8mb4 */;

CREATE TABLE `t` (
  `a` int COMMENT 'x;y'
);
INSERT INTO `t` VALUES (1,'a;'),(2,'b');
INSERT INTO `t` VALUES (3,'c');
DELIMITER ;;
CREATE PROCEDURE p() BEGIN SELECT 1;
INSERT INTO `t` VALUES (9,9);
END ;;
DELIMITER ;
mysqldump: Error 2013: Lost connection
INSERT INTO `t` (`a`,`b`) VALUES (4,"""


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
def test_events_do_not_depend_on_the_blocks(size: int) -> None:
    events = scan(TEXT, size)
    kinds = [type(event) for event in events if not isinstance(event, Run)]
    assert kinds == [Comment, Statement, Statement, Statement, Alien, Rest]
    runs = [event for event in events if isinstance(event, Run)]
    head = b"INSERT INTO `t` VALUES "
    assert (
        b"".join(run.head + run.body + b";\n" for run in runs) == head + b"(1,'a;'),(2,'b');\n" + head + b"(3,'c');\n"
    )
    program = next(event for event in events if isinstance(event, Statement) and b"PROCEDURE" in event.text)
    assert program.text.endswith(b"END")


def pieces(text: bytes, huge: int) -> list[bytes]:
    making = InsertPieces("f", Reading())
    made = [piece for event in scan(text, 997, huge) if isinstance(event, Run) for piece in making.feed(event, TABLE)]
    made += making.close()
    return [b"".join(piece.blocks()) for piece in made]


def test_a_huge_statement_is_given_in_chunks_and_comes_out_the_same() -> None:
    value = b"A long text, ',_binary ' and (more) \\\\ of it. " + b"x" * 60
    found: list[tuple[object, object]] = [(number, ("binary", value * 40)) for number in range(40)]
    text = b"INSERT INTO `t` VALUES " + body_of(found, b"'", b"),(") + b";\n"
    assert len(scan(text, 997, 10_000)) > 5
    assert b"".join(pieces(text, 10_000)) == b"".join(pieces(text, 1 << 24))
    assert load_data(pieces(text, 10_000)[0], b"'", b"),(") == [[plain(cell) for cell in row] for row in found]


def test_columns_of_a_hard_table() -> None:
    create = """CREATE TABLE `t` (
      `a,b` enum('x,y','(') CHARACTER SET latin1 DEFAULT NULL COMMENT 'CHARACTER SET gbk, )',
      `g` int GENERATED ALWAYS AS ((`a` * 2)) STORED,
      `j` json, `v` varbinary(9), `i` int /*!80023 INVISIBLE */, `c` char(5) COLLATE utf8mb4_bin,
      `s` varchar(9) CHARACTER SET binary,
      PRIMARY KEY (`g`), KEY `k` (`v`(3)), CONSTRAINT `x` CHECK (`g` > 0)
    ) ENGINE=InnoDB DEFAULT CHARSET=latin2 COMMENT='DEFAULT CHARSET=sjis'"""
    found = {one.name: one for one in columns_of(create)}
    assert list(found) == ["a,b", "g", "j", "v", "i", "c", "s"]
    assert found["a,b"].charset == "latin1"
    assert found["c"].charset == "utf8mb4"
    assert found["g"].generated
    assert found["i"].invisible
    assert [name for name, one in found.items() if one.binary] == ["v", "s"]
