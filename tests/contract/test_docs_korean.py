"""The Korean pages say what the English ones say: the same parts, commands, names and links."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMES = sorted(path.name for path in (DOCS / "ko").glob("*.md"))
BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
REMARK = re.compile(r"\s+(?:#|--) .*$")
CELL = re.compile(r"(?<!\\)[|]")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def both(name: str) -> tuple[str, str]:
    return (DOCS / name).read_text(encoding="utf-8"), (DOCS / "ko" / name).read_text(encoding="utf-8")


def shape(text: str) -> list[str]:
    """The lines that make the form of a page: headings by their depth, rows of tables by their cells, list points."""
    found = []
    for line in BLOCK.sub("", text).splitlines():
        if match := re.match(r"(#{1,6}) ", line):
            found.append(match[1])
        elif line.startswith("|"):
            found.append(f"row of {len(CELL.findall(line)) - 1}")
        elif re.match(r"(?:- |\d+\. )", line):
            found.append("point")
    return found


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Each block, line by line, without the remarks: those are in the reader's language."""
    return [(kind, [REMARK.sub("", line).rstrip() for line in body.splitlines()]) for kind, body in BLOCK.findall(text)]


def words(text: str) -> Counter[str]:
    """Every piece of code inside the sentences."""
    return Counter(re.findall(r"`([^`\n]+)`", BLOCK.sub("", text)))


def test_there_are_pages_to_compare() -> None:
    assert {"first-drill.md", "emergency.md", "what-if.md"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_are_the_same(name: str) -> None:
    english, korean = both(name)
    assert shape(english) == shape(korean)


@pytest.mark.parametrize("name", NAMES)
def test_the_blocks_are_the_same(name: str) -> None:
    english, korean = both(name)
    assert commands(english) == commands(korean)


@pytest.mark.parametrize("name", NAMES)
def test_the_names_in_the_sentences_are_the_same(name: str) -> None:
    english, korean = both(name)
    assert words(english) - words(korean) == Counter()
    assert words(korean) - words(english) == Counter()


@pytest.mark.parametrize("name", NAMES)
def test_the_links_lead_to_the_same_pages(name: str) -> None:
    english, korean = both(name)
    pages = [Counter(Path(link.partition("#")[0]).name for link in LINK.findall(text)) for text in (english, korean)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_korean(name: str) -> None:
    text = re.sub(r"`[^`\n]+`", "", BLOCK.sub("", both(name)[1]))
    lines = [
        line
        for line in text.splitlines()
        if len(re.findall(r"[A-Za-z]", line)) > len("a sentence of English, by its length")
    ]
    assert [line for line in lines if not re.search("[가-힣]", line)] == []


def test_the_commands_of_both_readmes_are_the_same() -> None:
    found = []
    for name in ("README.md", "README.ko.md"):
        blocks = commands((DOCS.parent / name).read_text(encoding="utf-8"))
        found.append([lines for kind, lines in blocks if kind == "console"])
    assert found[0] == found[1]
