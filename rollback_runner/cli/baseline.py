"""`baseline`: record what the site is like before a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rollback_runner import korean, messages
from rollback_runner.cli.common import language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit
from rollback_runner.site import baseline as baselines

if TYPE_CHECKING:
    from rollback_runner.checklist import Language


@click.command()
@site_option
@click.option("--renew", is_flag=True, help="Record anew where there is a baseline; the former one is kept beside it.")
@language_option
def baseline(site_name: str, *, renew: bool, language: Language) -> int:
    """Record what the site is like before a migration, for the full phase to compare with.

    Hosts (network, configuration files, containers, resources), MySQL settings and accounts of the IDC, and how fast
    the front doors answer. Reads only. What was recorded is kept unless --renew is given.
    """
    found = baselines.record(site_name, home(), renew=renew, say=lambda line: click.echo(line, err=True))
    texts = messages.Texts(language)
    click.echo(texts("baseline.recorded", made=", ".join(found.made) or "-", kept=", ".join(found.kept) or "-"))
    for failure in found.failures:
        why = korean.said(failure.message, language)
        click.echo(texts("baseline.not_recorded", host=failure.host, task=failure.task, why=why))
    if found.interrupted:
        click.echo(texts("baseline.interrupted"))
        return int(Exit.INTERRUPTED)
    if not found.passed:
        click.echo(texts("baseline.next"))
    return int(Exit.PROVEN if found.passed else Exit.FAILED)
