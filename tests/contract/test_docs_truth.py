"""What the pages name is there: commands and options in the real click tree, files and folders in the project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from rollback_runner.cli import root

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "roles/*/README.md", "lab/**/*.md")
    for page in PROJECT.glob(pattern)
    if ".lab" not in page.parts and page.parent.name != "reference" and page.name != "CHANGELOG.md"
)
BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"(?<![\w/@-])rollback-runner((?: +[^\s|;&)#>]+)*)")
# Where a text goes on behind the command, an option of another program may follow.
OPTION = re.compile(r"^--?[a-zA-Z][\w-]*$")
# Folders of the project; `inventories/shop` and words in capitals stand for the reader's own.
KEPT = re.compile(
    r"(?<![\w/.$~-])((?:docs|lab|playbooks|plugins|roles|rollback_runner|benchmarks|molecule|execution|tests"
    r"|inventories/(?:lab|lab_releases|example))/[\w./*-]*\w)"
)
ELSEWHERE = ("lab/.lab", "docs/reference/")


def codes(text: str) -> Iterator[str]:
    """Every piece of a page that is set as code."""
    for kind, block in BLOCK.findall(text):
        if kind != "text":  # what was printed is not what somebody shall type
            yield from block.splitlines()
    yield from SPAN.findall(BLOCK.sub("", text))


# What `rollback-runner awx configure` makes is called `rollback-runner SITE ...`; the pages' site is `shop`.
NAMES_OF_OBJECTS = frozenset({"shop"})
# Groups that take the options of one of theirs as their own: `report --html` is `report show --html`.
SHORT_FOR = {"report": "show", "drill": "scenario"}


def options(command: click.Command) -> set[str]:
    """Every spelling of an option that a command takes."""
    found = {"-h", "--help"}
    if isinstance(command, click.Group) and command.name in SHORT_FOR:
        found |= options(command.commands[SHORT_FOR[command.name]])
    for parameter in command.params:
        found |= {*parameter.opts, *parameter.secondary_opts}
    return found


def wrong(words: list[str]) -> str:
    """Say what of a call is not there; "" when all is."""
    if words and words[0].strip(".") in NAMES_OF_OBJECTS:
        return ""
    command: click.Command = root
    taken = options(root)
    for word in words:
        plain = word.strip(",.:'\"()[]")
        if plain.startswith("-"):
            name = plain.partition("=")[0]
            if OPTION.match(name) and name not in taken:
                return f"{command.name} has no option {name}"
        elif isinstance(command, click.Group) and plain in command.commands:
            command = command.commands[plain]
            taken |= options(command)
        elif command is root:
            # Another word after the name is what the command printed, such as its version.
            return f"there is no command {plain}" if re.fullmatch(r"[a-z][a-z-]+", plain) else ""
    return ""


def calls(text: str) -> Iterator[list[str]]:
    """Every call of the command in a page, as words. In code, a command's name alone begins one as well."""
    for code in codes(text):
        if found := CALL.findall(code):
            yield from (one.split() for one in found)
        elif (words := code.split()) and words[0] in root.commands and any(word.startswith("--") for word in words):
            yield words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_command_and_option_is_there(page: Path) -> None:
    found = {" ".join(call): wrong(call) for call in calls(page.read_text(encoding="utf-8"))}
    assert {call: problem for call, problem in found.items() if problem} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_file_is_there(page: Path) -> None:
    missing = []
    for code in codes(page.read_text(encoding="utf-8")):
        for path in KEPT.findall(code):
            stands_for_others = re.search(r"(?<![A-Za-z])[A-Z]{2,}(?![A-Za-z])", path.replace("README", ""))
            if stands_for_others or path.startswith(ELSEWHERE) or "_content" in path:
                continue
            if not any(PROJECT.glob(path)):
                missing.append(path)
    assert missing == []


def test_the_map_names_every_page() -> None:
    text = (PROJECT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [path for path in (PROJECT / "docs").rglob("*.md") if path.parent.name not in {"decisions", "ko"}]
    names = [str(path.relative_to(PROJECT / "docs")) for path in pages if path.name != "README.md"]
    assert [name for name in names if f"]({name})" not in text] == []


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("plan --freeze --as kim", ""),
        ("plan --frees", "plan has no option --frees"),
        ("fase emergency", "there is no command fase"),
        ("phase emergency -i SITE --check", ""),
    ],
)
def test_a_wrong_call_is_seen(call: str, problem: str) -> None:
    assert wrong(call.split()) == problem
