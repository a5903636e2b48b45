"""The command line: parses, prints, decides nothing. One file per group of commands."""

from __future__ import annotations

from typing import NoReturn

import click

from rollback_runner import __version__, locales
from rollback_runner.cli.common import Group, run
from rollback_runner.cli.later import Commands
from rollback_runner.messages import detect

__all__ = ["main", "root"]

# Where each command is: file and name. It is loaded when it is called.
COMMANDS = {
    "phase": "phase.phase",
    "rollback": "phase.rollback",
    "drill": "drill.drill",
    "plan": "plan.plan",
    "drills": "plan.history",
    "rehearse": "rehearse.rehearse",
    "baseline": "baseline.baseline",
    "situation": "situation.situation",
    "watch": "watch.watch",
    "incident": "incident.incident",
    "confirm": "people.confirm",
    "assign": "people.assign",
    "waive": "people.waive",
    "team": "people.team",
    "tell": "tell.tell",
    "approve": "approve.approve",
    "approvals": "approve.status",
    "revoke": "approve.revoke",
    "status": "look.status",
    "messages": "messages.group",
    "acknowledge": "messages.acknowledge",
    "deployment": "deployment.deployment",
    "awx": "awx.awx",
    "resume": "phase.resume",
    "abort": "phase.abort",
    "stopgap": "stopgap.stopgap",
    "cleanup": "cleanup.cleanup",
    "items": "look.items",
    "report": "report.report",
    "runbook": "runbook.runbook",
    "document": "document.document",
    "lesson": "document.lesson",
    "archive": "archive.archive",
    "bundle": "bundle.bundle",
    "journal": "journal.journal",
    "store": "store.store",
    "doctor": "site.doctor",
    "explain": "look.explain",
    "init": "site.init",
    "serve": "serve.serve",
    "lab": "lab.lab",
    "completion": "shell.completion",
}


@click.group(
    cls=Group,
    commands=Commands(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__)
def root() -> None:
    """Take a service back from AWS to its own data centre.

    Every run is recorded below RR_HOME/runs (RR_HOME is the current directory unless set). Exit codes: 0 all proven,
    1 something failed, 2 wrong usage or configuration, 3 refused by a gate, 4 a person's item is open, 5 locked by
    another run, 130 interrupted. RR_LANG (en, ko) or the locale decides the language.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and end the process."""
    locales.settle()
    if detect() == "ko":
        _in_korean()
    run(root, arguments)


def _in_korean() -> None:
    from rollback_runner.cli import help_in_korean  # noqa: PLC0415 - few commands are asked for their help

    click.Context.formatter_class = help_in_korean.Formatter
    help_in_korean.speak(root)
    commands = root.commands
    assert isinstance(commands, Commands)
    commands.loaded = help_in_korean.speak
