"""`deployment`: an application's releases are listed, and production goes back to the last good one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rollback_runner import messages
from rollback_runner.checklist import nearest
from rollback_runner.cli import deployment_acts as acting
from rollback_runner.cli.common import Group, json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.deployment import gate, look, releasing, show, view
from rollback_runner.deployment import plan as planning
from rollback_runner.errors import Exit, UsageError
from rollback_runner.plan import frozen
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.checklist import Language
    from rollback_runner.deployment.look import Looked
    from rollback_runner.site.site import Site

    _Function = Callable[..., Any]

_F = TypeVar("_F", bound="_Function")
_STRATEGIES = ("nothing", "compatible", "reversal", "restore", "forward")


def _app(function: _F) -> _F:
    """Add `--app`."""
    told = "The application, a host of the group `deployments`; by default the site's only one."
    return click.option("--app", "app", default="", metavar="NAME", help=told)(function)


def _wish(function: _F) -> _F:
    """Add `--to`, `--database` and `--reason`."""
    for option in (
        click.option("--reason", default="", metavar="TEXT", help="Why; it goes on record, and to the provider."),
        click.option(
            "--database",
            "strategy",
            type=click.Choice(_STRATEGIES),
            # Click checks a default as it does a word; none is "".
            callback=lambda _context, _option, value: value or "",
            metavar="STRATEGY",
            help=f"What becomes of the database: {', '.join(_STRATEGIES)}; by default the rule decides.",
        ),
        click.option("--to", default="", metavar="ID", help="Go to this deployment; by default the rule chooses."),
    ):
        function = option(function)
    return function


def _acts(function: _F) -> _F:
    """Add what the commands that act have in common."""
    force = "Take the site's lock from whoever holds it, with this reason."
    glass = "Act without the approvals the site asks for. Goes on record with this reason, on top of the report."
    for option in (
        json_option,
        language_option,
        click.option("--break-glass", default="", metavar="REASON", help=glass),
        click.option("--break-lock", default=None, metavar="REASON", help=force),
        click.option(
            "--answers",
            type=click.Path(exists=True, dir_okay=False, readable=True, path_type=str),
            metavar="FILE",
            help="What people would have answered (YAML: `site: NAME` confirms).",
        ),
        click.option("--yes", is_flag=True, help="Ask nothing: the plan that is shown counts as confirmed."),
        click.option("--check", is_flag=True, help="Rehearse: read everything, plan everything, touch nothing."),
        _app,
        site_option,
    ):
        function = option(function)
    return function


@click.group(cls=Group)
def deployment() -> None:
    """Roll a release back: production goes to the last good deployment, and the database question is answered.

    An application is a host of the group `deployments` (docs/deployments.md). Never a rebuild: a deployment that was
    good is still there. `list` shows which, `plan` what would be done and lost, `rollback` does it, `undo` ends it.
    """


@deployment.command(name="list")
@site_option
@_app
@language_option
@json_option
def listing(site_name: str, *, app: str, language: Language, as_json: bool) -> int:
    """List the deployments, and which could be gone back to.

    Each has its mark: live, previous, candidate, or the reason why it is none. DATABASE says whether its code fits the
    database as it is now. Reads only. Next: `deployment plan`.
    """
    _site, looked = _look(site_name, look.Wish(app), silent=as_json, listing=True)
    looked.need_listing(language)
    if as_json:
        show.as_json({"project": looked.facts.project, "deployments": looked.facts.deployments})
        return 0
    show.lines(view.listing(looked, messages.Texts(language)))
    return 0


@deployment.command(name="show")
@click.argument("name", metavar="ID")
@site_option
@_app
@language_option
@json_option
def show_one(name: str, site_name: str, *, app: str, language: Language, as_json: bool) -> int:
    """Show all that is known of one deployment.

    ID is its id, the start of its id or commit, or its address. Reads only.
    """
    _site, looked = _look(site_name, look.Wish(app), silent=as_json, listing=True)
    looked.need_listing(language)
    one = looked.facts.one(name)
    texts = messages.Texts(language)
    if one is None:
        near = nearest(name, [str(each["id"]) for each in looked.facts.deployments])
        raise UsageError(
            texts("deployment.none_such", app=looked.wish.application, name=name, near=near),
            next_step="rollback-runner deployment list",
        )
    if as_json:
        show.as_json(one)
    else:
        show.lines(view.show(looked, one, texts))
    return 0


@deployment.command()
@site_option
@_app
@_wish
@click.option("--promote", is_flag=True, help="Plan a promotion (forward) instead of a rollback.")
@click.option("--freeze", "freezes", is_flag=True, help="Freeze the plan with the open incident, signed by its maker.")
@click.option("--as", "maker", default="", metavar="NAME", help="Who makes the plan: a name of the signers file.")
@click.option("--key", default="", metavar="FILE", help="The SSH key the maker signs with: a file, or `agent`.")
@language_option
@json_option
def plan(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str,
    *,
    app: str,
    to: str,
    strategy: str,
    reason: str,
    promote: bool,
    freezes: bool,
    maker: str,
    key: str,
    language: Language,
    as_json: bool,
) -> int:
    """Show what a rollback would do, and what it would lose.

    The target and why, the database's part statement by statement, and what each way loses. Nothing of production is
    touched; a reversal that was never rehearsed is tried on a scratch copy. Next: `deployment rollback`.

    Exit 3 when nothing may be rolled back, with what to do instead. With --freeze the plan is kept with the incident
    for those who must sign it (`approve`); that is asked for where data is changed and the site asks for approvals.
    """
    if (maker or key) and not freezes:
        raise UsageError(
            "--as and --key belong to --freeze.",
            next_step="rollback-runner deployment plan --freeze --as NAME --key FILE",
        )
    texts = messages.Texts(language)
    wish = look.Wish(app, "promote" if promote else "rollback", to, strategy, reason)
    site, looked = _look(site_name, wish, silent=as_json)
    if freezes:
        gate.rolls_back(looked, texts)
        gate.freezable(site, home(), texts)
        made = frozen.freeze(
            site, home(), planning.make(site, home(), looked), frozen.Maker(maker, key, ask=sys.stdin.isatty())
        )
        if as_json:
            show.as_json(made.as_dict())
        else:
            click.echo(texts("deployment.frozen", incident=made.incident, digest=made.digest))
            click.echo(texts("deployment.frozen_next"))
        return 0
    if as_json:
        show.as_json(show.document(looked))
    elif looked.facts.chosen or looked.facts.gate:
        show.lines(view.plan(site, looked, texts))
        show.lines(show.approvals(site, home(), looked, texts))
    stops = bool(looked.facts.choice) and not (looked.facts.choice or {}).get("rolls_back", True)
    if stops and not looked.failures:
        return int(Exit.REFUSED)
    looked.need(language)
    return 0


@deployment.command()
@_wish
@_acts
def rollback(**given: Any) -> int:
    """Take production back to the last good deployment.

    Looks, shows the plan and asks for the site's name; then the target is tried at its own address, the database's
    part is carried out, production is switched, and every domain is asked who serves. Safe to run again at any point:
    every step looks before it acts. A rollback is never rolled back by itself.
    """
    return acting.carry_out("rollback", given)


@deployment.command()
@_wish
@_acts
def promote(**given: Any) -> int:
    """Take production forward to a newer deployment.

    Without a rebuild; by default to the newest that can serve and that nobody went back from.
    """
    return acting.carry_out("promote", given)


@deployment.command()
@_wish
@_acts
def undo(**given: Any) -> int:
    """End a rollback: production goes forward again.

    New pushes serve it again from then on. By default it goes to the newest deployment that can serve and that nobody
    went back from. Only `--to ID` brings back the one production went back from.
    """
    return acting.undo(given)


@deployment.command()
@site_option
@_app
@language_option
@json_option
def status(site_name: str, *, app: str, language: Language, as_json: bool) -> int:
    """Show how production stands.

    What serves, the last request to move it, whether new pushes are held back, and the last run of this tool.
    """
    site, looked = _look(site_name, look.Wish(app), silent=as_json, listing=True)
    looked.need_listing(language)
    texts = messages.Texts(language)
    last = show.last_run(home(), site, looked.wish.application)
    if as_json:
        show.as_json({"project": looked.facts.project, "last_run": last})
        return 0
    show.lines(view.production(looked, texts))
    show.lines(show.run_lines(last, texts))
    return 0


@deployment.command()
@click.option(
    "--back", is_flag=True, help="Start what served before the hold; refused where the database does not fit it."
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; it goes on record.")
@click.option("--break-lock", default=None, metavar="REASON", help="Take the site's lock from whoever holds it.")
@click.option("--yes", is_flag=True, help="Do not ask for the site's name.")
@_app
@site_option
@language_option
def release(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str, *, app: str, back: bool, reason: str, break_lock: str | None, yes: bool, language: Language
) -> int:
    """End a hold that a dead run left: requests go again.

    Normally `resume` or the same rollback again does it. This is for when nobody wants to go on: without --back what
    the hold was for must run already; with --back the hosts start what served before, after the database was asked.
    """
    return acting.release(site_name, app, releasing.Wish("", reason, back, break_lock), language, yes=yes)


def _look(site_name: str, wish: look.Wish, *, silent: bool, listing: bool = False) -> tuple[Site, Looked]:
    """Load the site, pick the application and look."""
    site = sites.load(site_name, applications=True)
    wish = look.Wish(look.application(site, wish.application), wish.kind, wish.to, wish.strategy, wish.reason)
    say = acting.nothing if silent or not sys.stderr.isatty() else acting.aloud
    return site, look.look(site, home(), wish, say, listing=listing)
