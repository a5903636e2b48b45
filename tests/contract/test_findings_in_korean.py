"""Every finding that people see in prepare has its Korean sentence: the code is read, nobody keeps a list."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from rollback_runner import korean, our_yaml
from rollback_runner.content import PACKAGE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIBRARY = ROOT / "plugins" / "module_utils" / "failback"
ACTIONS = ROOT / "plugins" / "action"
FOLDERS = ("stake", "fitness", "access", "people", "drills", "backup")
PLUGINS = ("access_*.py", "room.py", "host_fitness.py", "team_call.py", "channel_canary.py", "backup_check.py")
FILES = [path for folder in FOLDERS for path in sorted((LIBRARY / folder).glob("*.py"))]
FILES += [LIBRARY / "contingency.py", *(path for name in PLUGINS for path in sorted(ACTIONS.glob(name)))]
PAIRS = [row for path in sorted((PACKAGE / "korean").glob("*.yml")) for row in our_yaml.read(path)]


def spelled(node: ast.expr) -> str | None:
    """What stands in the code, with a word for each fact; None where the sentence is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "fact" for part in node.values)
    return None


def sentences(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Finding" and len(node.args) > 2:
            text = spelled(node.args[2])
            # A sentence that is nothing but a fact is one that somebody else made.
            if text and re.sub(r"fact|\W", "", text):
                yield text


SAID = [(f"{path.name}: {text[:60]}", text) for path in FILES for text in sentences(path)]


def test_the_code_is_read() -> None:
    assert len(SAID) > 80


@pytest.mark.parametrize("text", [text for _, text in SAID], ids=[name for name, _ in SAID])
def test_every_sentence_has_its_korean(text: str) -> None:
    assert korean.fits(text), f"rollback_runner/korean/*.yml has no pair for: {text}"
    assert re.search(r"[가-힣]", korean.said(text, "ko")), korean.said(text, "ko")
    assert korean.said(text, "en") == text


@pytest.mark.parametrize("row", PAIRS, ids=[row["en"][:60] for row in PAIRS])
def test_a_pair_has_the_same_facts_on_both_sides(row: dict[str, str]) -> None:
    names = re.compile(r"\{([a-z]+)\}")
    english, korean = names.findall(row["en"]), names.findall(row["ko"])
    assert sorted(english) == sorted(korean)
    assert len(set(english)) == len(english)
