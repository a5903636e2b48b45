"""`stopgap`: a maintenance page, or reading only, while the repair takes long."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rollback_runner import messages
from rollback_runner.after import stopgap as stopgaps
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit, RefusedError, UsageError
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from rollback_runner.after.stopgap import Mode, Standing
    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts

_MODES = ("page", "read-only", "off", "status")


@click.command()
@click.argument("what", type=click.Choice(_MODES), metavar="page|read-only|off|status")
@site_option
@click.option("--reason", default="", metavar="TEXT", help="Why it is put up; goes on record.")
@click.option(
    "--during-run", default="", metavar="TEXT", help="Put it up although a run is going on, and why; goes on record."
)
@click.option("--yes", is_flag=True, help="Do not ask for the site's name.")
@language_option
@json_option
def stopgap(  # noqa: PLR0913 - one parameter per option is how click hands them over
    what: str, site_name: str, *, reason: str, during_run: str, yes: bool, language: Language, as_json: bool
) -> int:
    """Put up a stop-gap service through the load balancers, take it off, or look at it.

    page: everyone gets the maintenance page. read-only: reads pass, writes get a clear answer. Both need --reason. off:
    as before. status: what every node does now; nothing is touched. It lasts until it is taken off, also over a reload;
    a rollback that begins meanwhile takes it off when IDC serves. Refused while requests are held. Exit 0 when every
    node did as asked, 1 when some node did not, 3 when it was refused.
    """
    site, texts = sites.load(site_name), messages.Texts(language)
    say = _silent if as_json else _aloud
    if what == "status":
        return _print(stopgaps.look(site, home(), say), texts, what, as_json=as_json)
    mode: Mode = "page" if what == "page" else "read-only" if what == "read-only" else "off"
    if mode != "off":
        if not reason.strip():
            raise UsageError(texts("stopgap.reason"), next_step=f'rollback-runner stopgap {mode} --reason "why"')
        _confirm(site.name, mode, texts, yes=yes)
    found = stopgaps.put(site, home(), mode, reason=reason.strip(), during_run=during_run.strip(), say=say)
    return _print(found, texts, what, as_json=as_json)


def _confirm(site: str, mode: str, texts: Texts, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(texts("stopgap.nobody"), next_step=f"rollback-runner stopgap {mode} with --yes")
    if click.prompt(texts(f"stopgap.ask.{mode}", site=site), err=True, default="", show_default=False) != site:
        raise RefusedError(texts("stopgap.declined", site=site), next_step="the same command again, or with --yes")


def _print(found: Standing, texts: Texts, what: str, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
    else:
        for node, mode in found.modes.items():
            click.echo(texts("stopgap.node", node=node, mode=texts(f"stopgap.mode.{mode}")))
        for problem in found.problems if what == "status" else ():
            click.echo(f"  {problem}")
        for failure in found.failures:
            click.echo(texts("stopgap.failed", node=failure.host, message=failure.message))
        if found.interrupted:
            click.echo(texts("stopgap.interrupted"))
        elif not found.passed:
            click.echo(texts("stopgap.next"))
    if found.interrupted:
        return int(Exit.INTERRUPTED)
    return int(Exit.PROVEN if found.passed else Exit.FAILED)


def _aloud(line: str) -> None:
    click.echo(line, err=True)


def _silent(_line: str) -> None:
    """Say nothing: standard output carries JSON alone."""
