"""`--help` says the same in Korean: every text, every name in it, and laid out for letters of two columns."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from rich.cells import cell_len

from rollback_runner.cli import help_in_korean, root
from rollback_runner.content import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CLICK = {"Show the version and exit."}  # has its Korean with click's other words
# What must stand in both: options, items, variables, codes and figures, what is typed.
NAMES = re.compile(
    r"--[a-z][a-z-]*|\b[A-Z]{2,}-\d\d\b|\bRR_[A-Z_]+|\bsite_[a-z_]+|`[^`]*`|\b\d+\b|\b[A-Z]{3,}\b", re.ASCII
)
WIDTH = 100


def texts(command: click.Command) -> Iterator[str]:
    yield from filter(None, (command.help, command.short_help))
    yield from (one.help for one in command.params if isinstance(one, click.Option) and one.help)
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below is not None
            yield from texts(below)


ENGLISH = list(dict.fromkeys(inspect.cleandoc(text) for text in texts(root) if text not in CLICK))


@pytest.mark.parametrize("text", ENGLISH, ids=[text[:60] for text in ENGLISH])
def test_every_text_has_its_korean(text: str) -> None:
    korean = help_in_korean.catalogue().get(text, "")
    assert re.search(r"[가-힣]", korean), f"rollback_runner/korean/help/*.yml has nothing for: {text}"
    assert set(NAMES.findall(korean)) >= set(NAMES.findall(text)), korean
    assert ("\b" in korean) == ("\b" in text)


def test_nothing_is_kept_that_nobody_says() -> None:
    assert set(help_in_korean.catalogue()) <= set(ENGLISH)


@pytest.mark.parametrize("arguments", [[], ["phase"], ["deployment", "rollback"], ["lesson", "add"]], ids=str)
def test_it_is_laid_out_in_columns(arguments: list[str]) -> None:
    shown = help_of(arguments, "ko")
    assert "\x00" not in shown
    assert "사용법: rollback-runner" in shown
    assert "옵션:" in shown
    assert "이 도움말을 보여 주고 끝냅니다." in shown
    assert not re.search(r"\[(default|required)|^Options:|^Commands:|Usage:", shown, re.MULTILINE)
    assert max(cell_len(line) for line in shown.splitlines()) <= WIDTH
    english = help_of(arguments, "en")
    assert not re.search(r"[가-힣]", english)


def help_of(arguments: list[str], language: str) -> str:
    environment = os.environ | {"RR_LANG": language, "COLUMNS": "120"}
    argv = [sys.executable, "-m", "rollback_runner", *arguments, "--help"]
    done = subprocess.run(
        argv, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, encoding="utf-8", timeout=60
    )
    return done.stdout
