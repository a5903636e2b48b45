"""`baseline`: record what the site is like before a migration."""

from __future__ import annotations

import click

from rollback_runner.cli.common import site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit
from rollback_runner.site import baseline as baselines


@click.command()
@site_option
@click.option("--renew", is_flag=True, help="Record anew where there is a baseline; the former one is kept beside it.")
def baseline(site_name: str, *, renew: bool) -> int:
    """Record what the site is like before a migration, for the full phase to compare with.

    Hosts (network, configuration files, containers, resources), MySQL settings and accounts of the IDC, and how fast
    the front doors answer. Reads only. What was recorded is kept unless --renew is given.
    """
    found = baselines.record(site_name, home(), renew=renew, say=lambda line: click.echo(line, err=True))
    click.echo(f"Recorded: {', '.join(found.made) or 'nothing new'}. Kept: {', '.join(found.kept) or 'none'}.")
    for failure in found.failures:
        click.echo(f"Not recorded: {failure.host}: {failure.task}: {failure.message}")
    if found.interrupted:
        click.echo("Interrupted; what is recorded is whole. Next: the same command again")
        return int(Exit.INTERRUPTED)
    if not found.passed:
        click.echo("Next: clear what is named above, then the same command again (rollback-runner doctor looks too)")
    return int(Exit.PROVEN if found.passed else Exit.FAILED)
