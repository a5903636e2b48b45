"""Every command has help, and docs/reference says what the project says of itself."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from rollback_runner.cli import root
from rollback_runner.reference import commands, pages

PROJECT = Path(__file__).resolve().parents[2]
COMMANDS = commands.listed(root)


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_help_and_every_option_too(path: str, command: click.Command) -> None:
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name}"


@pytest.fixture(name="made", scope="module")
def _made() -> dict[str, str]:
    return pages.made(PROJECT)


@pytest.mark.parametrize(
    "name", ["commands.md", "exit-codes.md", "modules.md", "report.md", "roles.md", "variables.md"]
)
def test_the_reference_is_up_to_date(made: dict[str, str], name: str) -> None:
    kept = (PROJECT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == made[name], "run: python -m rollback_runner.reference"


def test_the_reference_has_no_other_page(made: dict[str, str]) -> None:
    assert {path.name for path in (PROJECT / "docs" / "reference").iterdir()} == set(made)


def test_every_command_of_the_design_is_there() -> None:
    wanted = (
        "abort acknowledge approvals approve archive assign baseline bundle cleanup completion confirm deployment"
        " doctor document drill drills explain incident init items journal lab lesson messages phase plan rehearse"
        " report resume revoke rollback runbook serve situation status stopgap team tell waive watch"
    )
    assert set(wanted.split()) - set(root.commands) == set()


@pytest.mark.parametrize("name", ["reading-the-report.md"])
def test_the_pages_of_the_command_are_there(name: str) -> None:
    assert (PROJECT / "docs" / name).stat().st_size > 0
