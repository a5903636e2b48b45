"""`--help` in Korean: the commands stay as they are written, their words are exchanged when somebody asks.

The catalogue (`rollback_runner/korean/help/*.yml`) has a Korean text for every English one, as it stands in the code.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

import click

from rollback_runner import our_yaml
from rollback_runner.content import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

_HALF = "\x00"  # stands behind each letter that is two columns wide, so that click counts columns
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]")
# What click says itself.
_HEADINGS = {"Options": "옵션", "Commands": "명령"}
_OWN = {
    "Show this message and exit.": "이 도움말을 보여 주고 끝냅니다.",
    "Show the version and exit.": "버전을 보여 주고 끝냅니다.",
}
_MARKS = {
    "[default: ": "[기본값: ",
    "; default: ": "; 기본값: ",
    "[required]": "[필수]",
    "; required]": "; 필수]",
}


class Formatter(click.HelpFormatter):
    """Lays out text in letters of one and of two columns."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        super().write_usage(prog, args, prefix or columns("사용법: "))

    def write_heading(self, heading: str) -> None:
        """Write the title of a list."""
        super().write_heading(columns(_HEADINGS.get(heading, heading)))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of options or commands."""
        super().write_dl([(name, columns(_marked(_OWN.get(text, text)))) for name, text in rows], col_max, col_spacing)

    def getvalue(self) -> str:
        """Return what was laid out."""
        return super().getvalue().replace(_HALF, "")


def speak(command: click.Command) -> None:
    """Exchange the words of a command and of all below it. What has no Korean text stays English."""
    command.help = _said(command.help)
    command.short_help = _said(command.short_help)
    for one in command.params:
        if isinstance(one, click.Option):
            one.help = _said(one.help)
    if isinstance(command, click.Group) and isinstance(command.commands, dict):
        for below in command.commands.values():
            speak(below)


def columns(text: str) -> str:
    """Make a text as long as it is wide."""
    return _WIDE.sub(rf"\g<0>{_HALF}", text.replace(_HALF, ""))


def _said(text: str | None) -> str | None:
    if not text:
        return text
    found = catalogue().get(inspect.cleandoc(text))
    return columns(found) if found else text


@cache
def catalogue() -> dict[str, str]:
    """Read the Korean text for each English one."""
    files = sorted((PACKAGE / "korean" / "help").glob("*.yml"))
    return {row["en"].rstrip("\n"): row["ko"].rstrip("\n") for file in files for row in our_yaml.read(file)}


def _marked(text: str) -> str:
    for english, korean in _MARKS.items():
        text = text.replace(english, korean)
    return text
