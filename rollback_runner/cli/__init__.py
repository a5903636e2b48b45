"""The command line: parses, prints, decides nothing. One file per group of commands."""

from __future__ import annotations

from typing import NoReturn

import click

from rollback_runner import __version__
from rollback_runner.cli import (
    approve,
    archive,
    baseline,
    cleanup,
    deployment,
    document,
    drill,
    incident,
    journal,
    lab,
    look,
    messages,
    people,
    phase,
    plan,
    rehearse,
    report,
    serve,
    shell,
    site,
    situation,
    stopgap,
    tell,
    watch,
)
from rollback_runner.cli.common import Group, run

__all__ = ["main", "root"]


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def root() -> None:
    """Take a service back from AWS to its own data centre.

    Every run is recorded below RR_HOME/runs (RR_HOME is the current directory unless set). Exit codes: 0 all proven,
    1 something failed, 2 wrong usage or configuration, 3 refused by a gate, 4 a person's item is open, 5 locked by
    another run, 130 interrupted.
    """


for command in (
    phase.phase,
    phase.rollback,
    drill.drill,
    plan.plan,
    plan.history,
    rehearse.rehearse,
    baseline.baseline,
    situation.situation,
    watch.watch,
    incident.incident,
    people.confirm,
    people.assign,
    people.waive,
    people.team,
    tell.tell,
    approve.approve,
    approve.status,
    approve.revoke,
    look.status,
    messages.group,
    messages.acknowledge,
    deployment.deployment,
    phase.resume,
    phase.abort,
    stopgap.stopgap,
    cleanup.cleanup,
    look.items,
    report.report,
    document.document,
    document.lesson,
    archive.archive,
    journal.journal,
    site.doctor,
    look.explain,
    site.init,
    serve.serve,
    lab.lab,
    shell.completion,
):
    root.add_command(command)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and end the process."""
    run(root, arguments)
