"""`doctor` and `init`: before anything happens."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rollback_runner import korean, messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import ROOT
from rollback_runner.errors import Exit, UsageError
from rollback_runner.site import doctor as doctors

if TYPE_CHECKING:
    from rollback_runner.checklist import Language


@click.command()
@site_option
@language_option
@json_option
def doctor(site_name: str, *, language: Language, as_json: bool) -> int:
    """Check a site: inventory, SSH, MySQL logins, load balancer sockets, DNS key, AWS API, versions. Reads only.

    Only the site's store is tried by writing: one file, which is removed again.
    """
    texts, findings = messages.Texts(language), []
    for finding in doctors.examine(site_name):
        findings.append(finding)
        if not as_json:
            word = texts("doctor.well" if finding.well else "doctor.bad")
            what = texts("doctor.site") if finding.what == "site" else korean.said(finding.what, language)
            click.echo(f"{word:<9} {what}: {korean.said(finding.said, language)}")
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], ensure_ascii=False, indent=2))
    bad = sum(not finding.well for finding in findings)
    if bad and not as_json:
        click.echo(texts("doctor.next", bad=bad, count=len(findings)))
    elif not as_json:
        green = "doctor.green" if doctors.has_service(findings) else "doctor.green_applications"
        click.echo(texts(green, count=len(findings), site=shlex.quote(site_name)))
    return Exit.FAILED if bad else Exit.PROVEN


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@language_option
def init(directory: Path, language: Language) -> int:
    """Write a commented example site into DIRECTORY, to be filled in."""
    if directory.exists() and any(directory.iterdir() if directory.is_dir() else [directory]):
        raise UsageError(
            f"{directory} is not empty; nothing was written.", next_step="rollback-runner init ANOTHER_DIRECTORY"
        )
    try:
        shutil.copytree(ROOT / "inventories" / "example", directory, dirs_exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} cannot be written: {error.strerror or error}.") from error
    click.echo(messages.Texts(language)("init.made", directory=directory))
    return 0
