"""`report`: the report of a run or of a whole incident, on the screen, as files, and to people."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from failback.errors import ConfigError

from rollback_runner import companions, messages
from rollback_runner.cli.common import Group, json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import RecordError, RunnerError, UsageError
from rollback_runner.people.room import shared
from rollback_runner.record import (
    delivering,
    incident_markdown,
    incident_report,
    incident_runs,
    making,
    release_page,
    store,
)
from rollback_runner.record import report as reports
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.checklist import Language
    from rollback_runner.record.delivering import Handed, Recipient
    from rollback_runner.site.site import Site

_SHOW = "show"
_TICK = 0.5  # seconds between looks at what the channels say
_PATIENCE = 30.0  # seconds `send` waits for the channels


class _ShowByDefault(Group):
    """A group whose first word may also be a run: `report 2026...` is `report show 2026...`."""

    by_default = _SHOW

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a word that is no command as what is to be shown."""
        if args and self.get_command(ctx, args[0]) is None:
            args = [_SHOW, *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options of `show` before any word as its own."""
        if not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
            args = [_SHOW, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ShowByDefault)
def report() -> None:
    """Show the report of a run or an incident, write it as files, and hand it to people.

    `report RUN` and `report` alone are short for `report show`.
    """


@report.command(_SHOW)
@click.argument("run", required=False)
@click.option(
    "--incident",
    metavar="ID",
    help="Of a whole incident (an id or its beginning; `open`: the open one, else the newest).",
)
@click.option("--html", "as_files", is_flag=True, help="Write an incident's pages, Markdown and JSON; print where.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="With --html: write only the page, to this file.")
@click.option(
    "--format", "kind", type=click.Choice(["json", "md", "html"]), default="md", show_default=True, help="Which form."
)
@click.option("--from-awx", type=int, metavar="WORKFLOW_JOB", help="Make it from the events of this AWX workflow job.")
@click.option("--url", envvar="RR_AWX_URL", default="", help="Where AWX is.  [env: RR_AWX_URL]")
@click.option(
    "--token-file",
    envvar="RR_AWX_TOKEN_FILE",
    default="",
    metavar="FILE",
    help="Holds a token of AWX that may read jobs.  [env: RR_AWX_TOKEN_FILE]",
)
@click.option(
    "--ca-file",
    envvar="RR_AWX_CA_FILE",
    default="",
    metavar="FILE",
    help="Who vouches for AWX's certificate.  [env: RR_AWX_CA_FILE]",
)
@site_option
@language_option
def show(  # noqa: PLR0913 - one parameter per option is how click hands them over
    run: str | None,
    incident: str | None,
    output: Path | None,
    *,
    from_awx: int | None,
    url: str,
    token_file: str,
    ca_file: str,
    kind: str,
    site_name: str,
    language: Language,
    as_files: bool,
) -> int:
    """Print the report of RUN (by default the newest), or with --incident that of everything done about it.

    With --from-awx it is made from what AWX kept of a workflow job, for a site named with -i; nothing here is changed.
    """
    if from_awx is not None:
        if run or incident or as_files or output:
            raise click.UsageError(
                "--from-awx makes the report of one workflow job: leave RUN, --incident and files away."
            )
        return _from_awx(from_awx, site_name, kind, language, (url, token_file, ca_file))
    if output is not None and not as_files:
        raise click.UsageError("--output goes with --html.")
    if run and (incident or as_files):
        raise click.UsageError("A page is made of a whole incident: leave RUN away, or name the --incident.")
    if incident or as_files or (kind == "html" and not run):
        site = _site(site_name)
        place = incident_report.find(home(), _name(site, site_name), None if incident in {None, "open"} else incident)
        return _incident(place, site, output, kind, language, as_files=as_files)
    return _run(run, kind, language)


@report.command()
@click.option("--incident", metavar="ID", help="Which incident; by default the open one, else the newest.")
@click.option("--to", "people", multiple=True, metavar="PERSON", help="Only to this person (several times for more).")
@click.option("--again", is_flag=True, help="Also to those who have this edition already.")
@click.option("--wait", type=float, default=_PATIENCE, show_default=True, help="Seconds to wait for the channels.")
@site_option
@language_option
@json_option
def send(  # noqa: PLR0913 - one parameter per option is how click hands them over
    incident: str | None,
    people: tuple[str, ...],
    wait: float,
    site_name: str,
    language: Language,
    *,
    again: bool,
    as_json: bool,
) -> int:
    """Hand the report to those the site names (site_report_recipients), each edition once; record what became of it."""
    site = sites.load(site_name)
    texts = messages.Texts(language)
    place = incident_report.find(home(), site.name, incident)
    to = _recipients(site, people)
    if not to:
        raise UsageError(texts("rp.cli.nobody"), next_step="set site_report_recipients or site_roles in the inventory")
    made = making.make(home(), place, site)
    mark = store.now() if again else ""
    keys = delivering.queue(place, made, to, again=mark)
    if companions.is_open(place):
        companions.ensure("messenger", site.directory, home(), place)
    handed = _wait(place, keys, wait)
    if as_json:
        click.echo(json.dumps({"edition": made.edition, "recipients": [vars(one) for one in handed]}, indent=2))
    else:
        for one in handed:
            key = "rp.cli.handed" if one.accepted_at else "rp.cli.waits"
            click.echo(texts(key, who=one.recipient, at=one.accepted_at, why=one.error or texts("rp.messages.waits")))
    return 0 if all(one.accepted_at for one in handed) else 1


def _from_awx(number: int, site_name: str, kind: str, language: Language, where: tuple[str, str, str]) -> int:
    """Print the report of a workflow job. Returns its exit code, as the command would have ended."""
    from rollback_runner.job import awx_report  # noqa: PLC0415 - reading inventories takes time to load

    made = awx_report.make(number, sites.load(site_name), *where)
    click.echo({"json": made.json, "md": made.markdown(language), "html": made.html[language]}[kind], nl=False)
    return made.exit_code


def _run(run: str | None, kind: str, language: Language) -> int:
    found = store.find(home(), run)
    content = found.read_report()
    if content is None:
        raise RecordError(
            f"The run {found.id} was ended before it could write a report; its journal is whole up to that moment.",
            next_step="rollback-runner status shows where it stopped, rollback-runner resume goes on; "
            f"rollback-runner report --incident {incident_runs.incident_of(found) or 'ID'} has what it left",
        )
    if kind == "json":
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
    elif kind == "html":
        if not content.get("deployment"):
            raise click.UsageError("Only the rollback of a release has a page of its own; others: --incident ID.")
        click.echo(release_page.page(content, language), nl=False)
    else:
        click.echo(reports.markdown(content, [language]), nl=False)
    return 0


def _incident(  # noqa: PLR0913 - what was asked for
    place: Path, site: Site | None, output: Path | None, kind: str, language: Language, *, as_files: bool
) -> int:
    texts = messages.Texts(language)
    if as_files and output is None:
        made = making.make(home(), place, site)
        for name in sorted(made.digests):
            click.echo(texts("rp.cli.written", path=made.directory / name))
        return 0
    whole, files = making.draw(home(), place, site)
    if output is not None:
        making.write(output.absolute(), files[f"report.{language}.html"])
        click.echo(texts("rp.cli.written", path=output))
    elif kind == "json":
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2))
    elif kind == "html":
        click.echo(files[f"report.{language}.html"], nl=False)
    else:
        click.echo(incident_markdown.text(whole, language), nl=False)
    return 0


def _site(name: str) -> Site | None:
    """Load the site if it can be; a report is made without its names where it cannot."""
    try:
        return sites.load(name)
    except UsageError:
        raise
    except RunnerError:
        return None


def _name(site: Site | None, given: str) -> str:
    return site.name if site is not None else Path(given).name


def _recipients(site: Site, people: Sequence[str]) -> tuple[Recipient, ...]:
    given: dict[str, Any] = dict(shared(site))
    if people:
        given["site_report_recipients"] = [{"person": key} for key in people]
    try:
        return delivering.recipients(given)
    except ConfigError as error:
        raise UsageError(f"{error}.", next_step="rollback-runner team shows who there is") from error


def _wait(place: Path, keys: Sequence[str], wait: float) -> list[Handed]:
    until = time.monotonic() + wait
    while True:
        handed = delivering.states(place, keys)
        if all(one.accepted_at or one.gave_up for one in handed) or time.monotonic() >= until:
            return handed
        time.sleep(_TICK)
