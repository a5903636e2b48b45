"""`doctor` and `init`: before anything happens."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from rollback_runner.cli.common import json_option, site_option
from rollback_runner.content import ROOT
from rollback_runner.errors import Exit, UsageError
from rollback_runner.site import doctor as doctors


@click.command()
@site_option
@json_option
def doctor(site_name: str, *, as_json: bool) -> int:
    """Check a site: inventory, SSH, MySQL logins, load balancer sockets, DNS key, AWS API, versions. Reads only.

    Only the site's store is tried by writing: one file, which is removed again.
    """
    findings = []
    for finding in doctors.examine(site_name):
        findings.append(finding)
        if not as_json:
            click.echo(f"{'well' if finding.well else 'NOT WELL':<9} {finding.what}: {finding.said}")
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], ensure_ascii=False, indent=2))
    bad = sum(not finding.well for finding in findings)
    if bad and not as_json:
        click.echo(
            f"{bad} of {len(findings)} checks are not well. Next: correct them from the top; later ones may follow."
        )
    return Exit.FAILED if bad else Exit.PROVEN


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> int:
    """Write a commented example site into DIRECTORY, to be filled in."""
    if directory.exists() and any(directory.iterdir() if directory.is_dir() else [directory]):
        raise UsageError(
            f"{directory} is not empty; nothing was written.", next_step="rollback-runner init ANOTHER_DIRECTORY"
        )
    try:
        shutil.copytree(ROOT / "inventories" / "example", directory, dirs_exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} cannot be written: {error.strerror or error}.") from error
    click.echo(f"A commented site is in {directory}. Next: fill it in, then rollback-runner doctor -i {directory}")
    return 0
