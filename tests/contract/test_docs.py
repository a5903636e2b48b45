"""Every command is documented as it is: help text here, and the same words in docs/reference/commands.md."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from rollback_runner import reference
from rollback_runner.cli import root

PROJECT = Path(__file__).resolve().parents[2]
COMMANDS = reference.commands(root)


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_help_and_every_option_too(path: str, command: click.Command) -> None:
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name}"


def test_the_reference_is_what_help_prints() -> None:
    kept = (PROJECT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert kept == reference.markdown(root), "run: python -m rollback_runner.reference > docs/reference/commands.md"


def test_every_command_of_the_design_is_there() -> None:
    wanted = (
        "abort acknowledge approvals approve archive assign baseline cleanup completion confirm deployment doctor"
        " document drill drills explain incident init items journal lab lesson messages phase plan rehearse report"
        " resume revoke rollback serve situation status stopgap team tell waive watch"
    )
    assert set(wanted.split()) == set(root.commands)


@pytest.mark.parametrize("name", ["reading-the-report.md"])
def test_the_pages_of_the_command_are_there(name: str) -> None:
    assert (PROJECT / "docs" / name).stat().st_size > 0
