"""What the commands that act share: their options, the question before, and the report after."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from rollback_runner import messages
from rollback_runner.content import home
from rollback_runner.errors import UsageError
from rollback_runner.record import report, store
from rollback_runner.run.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language


def options(
    *, check: bool, break_lock: str | None, break_glass: str, accept_loss: str = "", stay_fenced: bool = False
) -> Options:
    """Make the run's options of the command's. Raises `UsageError` for a reason without words."""
    reasons = (("--accept-loss", accept_loss), ("--break-lock", break_lock), ("--break-glass", break_glass))
    for option, value in reasons:
        if value is not None and value != "" and not value.strip():
            raise UsageError(f"{option} needs a reason; it goes on record.", next_step=f'{option} "why"')
    return Options(
        check=check,
        accept_loss=accept_loss,
        takeover=break_lock,
        stay_fenced=stay_fenced,
        break_glass=break_glass.strip(),
    )


def confirm(shown: str, question: str) -> str:
    """Show the plan and ask; without a terminal nobody can answer, and that is said."""
    click.echo(shown, err=True)
    if not sys.stdin.isatty():
        raise UsageError(
            "Nobody can be asked here: standard input is not a terminal.",
            next_step="the same command with --check to rehearse it, or with --yes to carry it out"
            if any("--check" in one.opts for one in click.get_current_context().command.params)
            else "the same command with --yes",
        )
    answer: str = click.prompt(question, err=True, default="", show_default=False)
    return answer


def show(content: dict[str, Any], language: Language, *, as_json: bool) -> int:
    """Print the report's summary and where it lies, and return the exit code."""
    run = store.find(home(), content["run"])
    if as_json:
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        click.echo(report.summary(content, language), nl=False)
        click.echo(messages.Texts(language)("report.where", path=_short(run.directory)))
    code: int = content["exit_code"]
    return code


def _short(directory: Path) -> str:
    path = directory / "report.md"
    return str(path.relative_to(home())) if path.is_relative_to(home()) else str(path)
