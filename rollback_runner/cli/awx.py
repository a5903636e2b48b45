"""`awx`: put into AWX what a site needs, launch it there, see what is there, take it away again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rollback_runner import messages
from rollback_runner.awx import acts, client, collection, launch
from rollback_runner.cli import running
from rollback_runner.cli.common import Group, json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit, InterruptedRunError, UsageError
from rollback_runner.run import carry

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.awx.judge import Seen
    from rollback_runner.checklist import Language

_F = TypeVar("_F", bound="Callable[..., Any]")


def _login(function: _F) -> _F:
    """Add where AWX is, and what opens it; and what every command here has."""
    for option in (
        json_option,
        language_option,
        click.option(
            "--ca-file",
            default="",
            envvar="RR_AWX_CA_FILE",
            metavar="FILE",
            help="The authority of AWX's certificate, as PEM.",
        ),
        click.option(
            "--token-file",
            type=click.Path(path_type=Path),
            default="~/.config/rollback-runner/awx-token",
            envvar="RR_AWX_TOKEN_FILE",
            show_default=True,
            metavar="FILE",
            help="Holds the token of AWX; mode 0600.",
        ),
        click.option(
            "--url", default="", envvar="RR_AWX_URL", metavar="URL", help="The address of AWX; or RR_AWX_URL."
        ),
        site_option,
    ):
        function = option(function)
    return function


_check = click.option("--check", is_flag=True, help="Show what would be changed, and touch nothing.")


@click.group(cls=Group)
def awx() -> None:
    """Run the phases as jobs of AWX: the same plan, the same items, the same report (docs/awx.md).

    `configure` makes all of it from the site: project, credentials, surveys, job templates, teams, and a workflow from
    prepare to watch that cannot end green after a failure. `launch` starts and follows, `status` compares, `remove`
    takes away what is ours and nothing else.
    """


@awx.command()
@_login
@_check
@click.option("--secrets", is_flag=True, help="Hand over the contents of the site's secret files that AWX lacks.")
def configure(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str,
    *,
    url: str,
    token_file: Path,
    ca_file: str,
    check: bool,
    secrets: bool,
    language: Language,
    as_json: bool,
) -> int:
    """Make in AWX what the site needs, or mend it. The second time nothing is left to change.

    Refuses (exit 3) when something of somebody else has a name of ours. What was cut off is completed the next time.
    """
    where = acts.Where(site_name, client.Login(url, token_file, ca_file))
    found = acts.configure(where, check=check, secrets=secrets)
    texts = messages.Texts(language)
    if as_json:
        click.echo(json.dumps(acts.as_dict(found, texts), ensure_ascii=False, indent=2))
        return int(Exit.PROVEN)
    for line in acts.lines(found, texts):
        click.echo(line)
    count = len(found.changes)
    if count == 0:
        click.echo(texts("awx.nothing"))
    else:
        click.echo(texts("awx.checked" if check else "awx.configured", count=count))
    return int(Exit.PROVEN)


@awx.command()
@_login
@_check
@click.option("--yes", is_flag=True, help="Ask nothing.")
def remove(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str,
    *,
    url: str,
    token_file: Path,
    ca_file: str,
    check: bool,
    yes: bool,
    language: Language,
    as_json: bool,
) -> int:
    """Take away from AWX what was made for this site. Whatever does not carry its mark stays."""
    where = acts.Where(site_name, client.Login(url, token_file, ca_file))
    texts = messages.Texts(language)
    found, copies = acts.ours(where)
    told = [change.sentence(texts) for change in found]
    if found and not check:
        if not yes and running.confirm("\n".join(told), texts("plan.ask", site=where.site.name)) != where.site.name:
            click.echo(texts("plan.declined", site=where.site.name))
            return int(Exit.USAGE)
        acts.remove(where, found)
    if as_json:
        click.echo(json.dumps({"removed": told, "copies": copies, "check": check}, ensure_ascii=False, indent=2))
        return int(Exit.PROVEN)
    for line in (*told, *acts.kept(copies, texts)):
        click.echo(line)
    key = "awx.removed_none" if not found else "awx.checked" if check else "awx.removed"
    click.echo(texts(key, count=len(found)))
    return int(Exit.PROVEN)


@awx.command()
@_login
def status(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str, *, url: str, token_file: Path, ca_file: str, language: Language, as_json: bool
) -> int:
    """Say what of the site is in AWX, what differs from the site, and what runs. Exit code 1 when something differs."""
    where = acts.Where(site_name, client.Login(url, token_file, ca_file))
    texts = messages.Texts(language)
    found = acts.status(where)
    if as_json:
        body = {**acts.as_dict(found.difference, texts), "objects": found.count, "running": found.running}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return int(found.code)
    click.echo(texts("awx.there", count=found.count))
    told = acts.lines(found.difference, texts)
    for line in [texts("awx.differs"), *(f"  {one}" for one in told)] if told else [texts("awx.nothing")]:
        click.echo(line)
    click.echo(texts("awx.running") if found.running else texts("awx.running_none"))
    for job in found.running:
        click.echo(texts("awx.running_one", **{**job, "status": texts(f"awx.status.{job['status']}")}))
    return int(found.code)


@awx.command(name="launch")
@click.argument("what", metavar="WHAT")
@_login
@click.option("--answer", "answers", multiple=True, metavar="NAME=TEXT", help="An answer to a question of the survey.")
@click.option("--check", is_flag=True, help="Launch the leg as a rehearsal: AWX runs it with --check and --diff.")
@click.option("--yes", is_flag=True, help="Ask nothing: the site's name counts as confirmed.")
@click.option("--no-follow", is_flag=True, help="Launch only. Exit code 4: nothing is proven yet.")
@click.option(
    "--follow", "number", type=int, default=0, metavar="NUMBER", help="Launch nothing; follow this one again."
)
def launch_command(  # noqa: PLR0913 - one parameter per option is how click hands them over
    what: str,
    site_name: str,
    *,
    url: str,
    token_file: Path,
    ca_file: str,
    answers: tuple[str, ...],
    check: bool,
    yes: bool,
    no_follow: bool,
    number: int,
    language: Language,
    as_json: bool,
) -> int:
    """Launch WHAT in AWX and follow it: `workflow`, or a leg (prepare, emergency, full:restore, abort, deployment ...).

    Asks for the site's name as the other commands do; --answer answers further questions of the survey. Exit codes: 0
    every node ended well and each leg's record is proven, 1 something failed or is not proven, whatever AWX shows, 3
    denied or not answered in time, 4 not followed, 130 left alone (it goes on in AWX).
    """
    where = acts.Where(site_name, client.Login(url, token_file, ca_file))
    texts = messages.Texts(language)
    wanted, remote = where.content(), where.awx()
    if number:
        made = launch.again(remote, wanted, what, number)
    else:
        given = _answers(answers)
        if not yes:
            asked = texts("plan.ask", site=wanted.site)
            given["rr_confirm_site"] = running.confirm(f"{what}: {where.login.url}", asked)
        elif "rr_confirm_site" not in given:
            given["rr_confirm_site"] = wanted.site
        if given["rr_confirm_site"] != wanted.site:
            click.echo(texts("plan.declined", site=wanted.site))
            return int(Exit.USAGE)
        made = launch.start(remote, wanted, what, given, check=check)
    click.echo(texts("awx.launched", name=made.name, url=made.url), err=as_json)
    if no_follow:
        click.echo(texts("awx.outcome.running", what=what, number=made.number), err=as_json)
        return int(Exit.WAITING)

    def tell(seen: Seen) -> None:
        usual = carry.learn(home(), wanted.site, seen.leg).phase if seen.leg else None
        click.echo(acts.node_line(seen, texts, usual), err=as_json)

    try:
        verdict = launch.follow(remote, wanted, made, tell)
    except KeyboardInterrupt as error:
        raise InterruptedRunError(texts("awx.outcome.running", what=what, number=made.number)) from error
    if as_json:
        body = {"job": made.number, "url": made.url, "verdict": verdict.kind, "nodes": verdict.nodes}
        click.echo(json.dumps({**body, "exit_code": int(verdict.code)}, ensure_ascii=False, indent=2))
    else:
        click.echo(texts(f"awx.outcome.{verdict.kind}", nodes=", ".join(verdict.nodes)))
    return int(verdict.code)


@awx.command(name="collection")
def fetch_collection() -> int:
    """Fetch the collection awx.awx, which `configure` needs, by pip and its settings, unless it is there."""
    click.echo(str(collection.fetch()))
    return int(Exit.PROVEN)


def _answers(given: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=TEXT. Raises `UsageError`."""
    wrong = [one for one in given if "=" not in one]
    if wrong:
        raise UsageError(f"--answer {wrong[0]} has no value.", next_step=f"--answer {wrong[0]}=TEXT")
    return {name: text for name, _, text in (one.partition("=") for one in given)}
