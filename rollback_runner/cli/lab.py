"""`lab`: hands over to the lab's own command."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from rollback_runner.content import ROOT, home


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="up|status|reset|down [OPTIONS]")
def lab(arguments: tuple[str, ...]) -> int:
    """Build, look at, reset or remove the lab: both sides in containers on this machine.

    `rollback-runner lab --help` lists its verbs and options. Needs the optional dependencies [lab] and a Docker Engine.
    """
    return run(*arguments)


def run(*arguments: str) -> int:
    """Run `python -m lab`, with RR_HOME and the project on its path; return its exit code."""
    environment = os.environ | {"RR_HOME": str(home()), "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=ROOT, env=environment, check=False).returncode
