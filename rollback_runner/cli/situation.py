"""`situation`: both sites as they are now, on one screen."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import click

from rollback_runner import messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit
from rollback_runner.site import situation as situations
from rollback_runner.site import situation_screen

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

_FALLBACK = (100, 24)  # columns and lines where there is no terminal


@click.command()
@site_option
@language_option
@json_option
def situation(site_name: str, *, language: Language, as_json: bool) -> int:
    """Draw both sites as they are now, and say what is wrong, most important first.

    Asks every host, database, load balancer, name server, front door and the AWS API at once; what does not answer is
    told and the rest is drawn. Compares with the recorded baseline. Reads only and takes no lock, so it may be run at
    any time. Exit 0 when all was drawn, 1 when the look itself broke.
    """
    texts = messages.Texts(language)
    found = situations.look(site_name, home(), say=lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(found.fact, ensure_ascii=False, indent=2))
    elif found.fact:
        columns = shutil.get_terminal_size(_FALLBACK).columns
        situation_screen.show(found.fact, texts, sys.stdout, columns)
    for failure in found.failures:
        click.echo(texts("situation.broken", host=failure.host, task=failure.task, message=failure.message), err=True)
    if not found.fact:
        click.echo(texts("situation.nothing", words=found.last_words or "-"), err=True)
    return int(Exit.PROVEN if found.fact and not found.failures else Exit.FAILED)
