"""`plan` and `drills`: what would be done and why, frozen for those who sign, and what was drilled."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click
from failback import incident as incidents

from rollback_runner import messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.cli.site_group import SiteGroup
from rollback_runner.content import home
from rollback_runner.errors import Exit, RefusedError, UsageError
from rollback_runner.people import approvals
from rollback_runner.plan import document as plan_document
from rollback_runner.plan import drills, frozen, ways
from rollback_runner.plan import view as plan_view
from rollback_runner.plan import whole as plan_whole
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rollback_runner.checklist import Language
    from rollback_runner.plan.frozen import Change, Frozen
    from rollback_runner.plan.view import Line
    from rollback_runner.plan.whole import Whole
    from rollback_runner.site.site import Site

_F = TypeVar("_F", bound="Callable[..., Any]")
_STYLES: dict[str, dict[str, Any]] = {
    "head": {"bold": True},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "good": {"fg": "green"},
    "": {},
}


def _again(function: _F) -> _F:
    """Let a command below `plan` take `--lang` as well: nobody remembers which side of the word it goes."""
    lang = click.option("--lang", "lang_again", type=click.Choice(["en", "ko"]), help="The language, as for `plan`.")
    return lang(function)


@click.group(cls=SiteGroup, invoke_without_command=True)
@site_option
@click.option(
    "--strategy",
    type=click.Choice(list(ways.WAYS)),
    default=None,
    metavar="NAME",
    help=f"Decide the way through yourself: {', '.join(ways.WAYS)}. The plan still says what the rule says.",
)
@click.option("--freeze", "freezes", is_flag=True, help="Freeze the plan with the open incident, signed by its maker.")
@click.option("--as", "maker", default="", metavar="NAME", help="Who makes the plan: a name of the signers file.")
@click.option("--key", default="", metavar="FILE", help="The SSH key the maker signs with: a file, or `agent`.")
@language_option
@json_option
@click.pass_context
def plan(  # noqa: PLR0913 - one parameter per option is how click hands them over
    context: click.Context,
    site_name: str,
    *,
    strategy: str | None,
    freezes: bool,
    maker: str,
    key: str,
    language: Language,
    as_json: bool,
) -> int:
    """Show the whole plan: data at stake, the way through and why, steps, forecast, findings, what is missing.

    Reads what the phase prepare found; contacts nothing. With --freeze the plan gets a digest that approvals sign, and
    lies with the incident from then on. Freezing again is needed when `plan diff` says that approvals fall.
    """
    context.obj = (site_name, language)
    if context.invoked_subcommand is not None:
        return 0
    site = sites.load(site_name)
    if (maker or key) and not freezes:
        raise UsageError(
            "--as and --key belong to --freeze.", next_step="rollback-runner plan --freeze --as NAME --key FILE"
        )
    kept = None if freezes else frozen.read(site, home())
    whole = plan_whole.make(site, home(), strategy=strategy or (_decided(kept) if kept else ""))
    if freezes:
        made = frozen.freeze(site, home(), whole, frozen.Maker(maker, key, ask=sys.stdin.isatty()))
        return _frozen(made, language, as_json=as_json)
    changes = frozen.changes(kept, whole) if kept else []
    if as_json:
        _json({**_document(whole, kept), "changes": [_change(one) for one in changes]})
        return 0
    missing = _missing(site, language) if kept else []
    _print(plan_view.lines(plan_view.Shown(site.titles[language], whole, kept, changes, missing), language))
    return 0


@plan.command()
@click.option("--all", "everything", is_flag=True, help="Also the steps that only look.")
@_again
@json_option
@click.pass_obj
def show(known: tuple[str, Language], *, everything: bool, lang_again: str | None, as_json: bool) -> int:
    """Show every step of the plan: what it touches, how it is taken back, and where the point of no return lies."""
    site_name, language = known[0], messages.detect(lang_again) if lang_again else known[1]
    site = sites.load(site_name)
    kept = frozen.read(site, home())
    whole = plan_whole.make(site, home(), strategy=_decided(kept) if kept else "")
    if as_json:
        _json(kept.as_dict() if kept else _document(whole, None))
        return 0
    _print(plan_view.items(whole.plans, language))
    _print(plan_view.steps(whole.plans, language, everything=everything))
    return 0


@plan.command()
@_again
@json_option
@click.pass_obj
def diff(known: tuple[str, Language], *, lang_again: str | None, as_json: bool) -> int:
    """Say what changed since the plan was frozen, and whether approvals fall (exit 3) or stay (exit 0)."""
    site_name, language = known[0], messages.detect(lang_again) if lang_again else known[1]
    site = sites.load(site_name)
    kept = plan_document.need(incidents.current(home(), site.name), site.name)
    changes = frozen.changes(kept, plan_whole.make(site, home(), strategy=_decided(kept)))
    falls = any(not one.harmless for one in changes)
    if as_json:
        _json({"digest": kept.digest, "approvals_fall": falls, "changes": [_change(one) for one in changes]})
        return Exit.REFUSED if falls else Exit.PROVEN
    texts = messages.Texts(language)
    if not changes:
        click.echo(texts("whole.same", digest=kept.digest[:12]))
    for one in changes:
        word = texts("plan.judged.harmless" if one.harmless else "plan.judged.falls")
        click.echo(_styled(f"{word:<16} {one.sentence[language]}", "" if one.harmless else "bad"))
    return Exit.REFUSED if falls else Exit.PROVEN


@click.command(name="drills")
@site_option
@language_option
@json_option
def history(site_name: str, *, language: Language, as_json: bool) -> int:
    """Show the drills that count for this site, and the drill debt of each way through.

    A passed drill counts for `site_drills.valid_days`, at the site itself and at those listed in `site_drills.at`, as
    long as strategy, steps and code are the same. A critical site is not rolled back for real on an unpaid debt.
    """
    site = sites.load(site_name)
    past, each, back = drills.of_site(site, home())
    if as_json:
        owed = [drills.as_dict(one) for one in each]
        _json({"drills": [one.as_dict() for one in past], "debt": owed, "way_back": drills.as_dict(back)})
        return 0
    texts = messages.Texts(language)
    _print(plan_view.drills(past, each, back, texts, site.name))
    return 0


def _decided(kept: Frozen) -> str:
    """Return the way a frozen plan was made for, so that it is compared with itself and not with the rule's way.

    Raises `UsageError` for the plan of a release's rollback, which another command shows.
    """
    if kept.strategy == ways.DEPLOYMENT_WAY.strategy:
        raise UsageError(
            "The plan that is frozen with the open incident takes a release back, and not the service.",
            next_step="rollback-runner deployment plan; or rollback-runner plan --freeze puts the service's plan"
            " in its place",
        )
    return kept.strategy


def _frozen(made: Frozen, language: Language, *, as_json: bool) -> int:
    texts = messages.Texts(language)
    if as_json:
        _json(made.as_dict())
        return 0
    click.echo(texts("whole.frozen_now", incident=made.incident, digest=made.digest))
    blockers = sum(one["severity"] == "blocker" for one in made.facts["findings"])
    if blockers:
        click.echo(_styled(texts("whole.frozen_with_blockers", count=blockers), "bad"))
    click.echo(texts("whole.frozen_next"))
    return 0


def _missing(site: Site, language: Language) -> list[plan_view.Missing]:
    """Ask what approvals are missing; a site that asks for none misses none."""
    try:
        if approvals.policy_of(site) is None:
            return []
        found = approvals.standing(site, home()).as_dict()
    except (RefusedError, UsageError) as error:
        return [plan_view.Missing(error.what, error.next_step)]
    return [plan_view.Missing(one["sentence"][language], one["next_step"][language]) for one in found["problems"]]


def _document(whole: Whole, kept: Frozen | None) -> dict[str, Any]:
    return {
        "digest": whole.digest,
        "frozen": {"digest": kept.digest, "made_by": kept.made_by, "made_at": kept.made_at} if kept else None,
        "content": whole.content,
        "facts": whole.facts,
    }


def _change(one: Change) -> dict[str, Any]:
    return {"key": one.key, "harmless": one.harmless, "sentence": dict(one.sentence)}


def _json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def _print(lines: Iterable[Line]) -> None:
    for line in lines:
        click.echo(_styled(line.text, line.style))


def _styled(text: str, style: str) -> str:
    """Colour it on a terminal only; NO_COLOR is honoured there too."""
    return click.style(text, **_STYLES[style]) if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text
