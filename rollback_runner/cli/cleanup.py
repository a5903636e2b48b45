"""`cleanup`: what is left on AWS, what it costs, and its end. Planning and acting are two commands on purpose."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from rollback_runner import messages
from rollback_runner.after import cleanup_apply, cleanup_gate, cleanup_plan
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit, RefusedError, UsageError
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.leftovers.model import Action

    from rollback_runner.after.cleanup_apply import Ended
    from rollback_runner.after.cleanup_plan import Entry, Plan
    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts

_incident = click.option(
    "--incident", "name", default="", metavar="ID", help="Which incident; by default the open one, else the newest."
)


@click.group()
def cleanup() -> None:
    """Show what is left on AWS and what it costs, and end it: plan first, apply after the hold dates."""


@cleanup.command()
@site_option
@_incident
@click.option("--keep", multiple=True, metavar="KEY", help="Keep this resource; may be given again.")
@click.option("--stop", multiple=True, metavar="KEY", help="Stop this instance instead of deleting it.")
@click.option("--hold", default="", metavar="DATE", help="Delete nothing before this day, such as 2026-12-24.")
@language_option
@json_option
def plan(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str,
    name: str,
    *,
    keep: tuple[str, ...],
    stop: tuple[str, ...],
    hold: str,
    language: Language,
    as_json: bool,
) -> int:
    """Look at AWS and write the plan: each resource with cost, action and hold date. Changes nothing on AWS.

    Only what carries the site's own tags or stands in its inventory is in the plan; neighbours are counted, not named.
    """
    site, texts = sites.load(site_name), messages.Texts(language)
    wishes: dict[str, Action] = {**dict.fromkeys(keep, "keep"), **dict.fromkeys(stop, "stop")}
    made = cleanup_plan.make(site, cleanup_gate.place(site, home(), name), wishes, _today(), _day(hold))
    _show(made, texts, as_json=as_json)
    return int(Exit.PROVEN)


@cleanup.command()
@site_option
@_incident
@language_option
@json_option
def show(site_name: str, name: str, *, language: Language, as_json: bool) -> int:
    """Print the plan as it was made."""
    site = sites.load(site_name)
    _show(cleanup_plan.load(cleanup_gate.place(site, home(), name)), messages.Texts(language), as_json=as_json)
    return int(Exit.PROVEN)


@cleanup.command()
@site_option
@_incident
@click.option("--only", multiple=True, metavar="KEY", help="Only this resource of the plan; may be given again.")
@click.option("--confirm", default="", metavar="WORDS", help="The words that are asked for, where nobody can be asked.")
@language_option
@json_option
def apply(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str, name: str, *, only: tuple[str, ...], confirm: str, language: Language, as_json: bool
) -> int:
    """Carry out what is due in the plan, and nothing else. Cannot be taken back.

    Refused before the phase watch ended well, before somebody confirmed FOLLOW-01, and before a hold date. Each
    resource is looked at again right before it goes: changed, shared or still used, it stays. Exit 0 when all went, 3
    when something was refused, 1 when AWS did not do it. The same command goes on where it was cut off.
    """
    site, texts = sites.load(site_name), messages.Texts(language)
    incident = cleanup_gate.place(site, home(), name)
    made = cleanup_plan.load(incident)
    cleanup_gate.check(site, home(), incident, made)
    entries = cleanup_gate.chosen(made, only, _today())
    _confirm(site, entries, confirm, texts)
    ended = cleanup_apply.apply(site, incident, entries, lambda one: click.echo(_line(one, texts), err=as_json))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in ended], ensure_ascii=False, indent=2))
    outcomes = {one.outcome for one in ended}
    if "failed" in outcomes:
        click.echo(texts("cleanup.again"), err=True)
        return int(Exit.FAILED)
    return int(Exit.REFUSED if "refused" in outcomes else Exit.PROVEN)


def _today() -> date:
    return datetime.now(UTC).date()


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(f"--hold {text} is no date.", next_step="--hold 2026-12-24") from error


def _confirm(site: Any, entries: Sequence[Entry], given: str, texts: Texts) -> None:
    """Show what goes and have it typed. Raises `RefusedError` for other words, and `UsageError`."""
    for entry in entries:
        click.echo(_entry(entry, texts), err=True)
    wanted = cleanup_gate.phrase(site, entries)
    if not given:
        if not sys.stdin.isatty():
            raise UsageError(texts("cleanup.nobody"), next_step=f'rollback-runner cleanup apply --confirm "{wanted}"')
        given = click.prompt(texts("cleanup.type", words=wanted), err=True, default="", show_default=False)
    if given.strip() != wanted:
        raise RefusedError(texts("cleanup.declined", words=wanted), next_step="the same command again")


def _show(made: Plan, texts: Texts, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(made), ensure_ascii=False, indent=2))
        return
    click.echo(texts("cleanup.head", incident=made.incident, at=made.made_at, by=made.made_by))
    for entry in made.entries:
        click.echo(_entry(entry, texts))
    for host, cost in made.costs.items():
        click.echo(texts("cleanup.cost", host=host, **{key: cost[key] for key in ("day", "month", "currency")}))
        if cost["budget_month"]:
            within = "cleanup.so_far" if cost["unknown"] else "cleanup.within"
            word = "cleanup.over" if cost["over_budget"] else within
            click.echo(texts(word, budget=cost["budget_month"], currency=cost["currency"]))
        if cost["unknown"]:
            click.echo(texts("cleanup.unknown", count=len(cost["unknown"]), names=", ".join(cost["unknown"])))
    if made.neighbours:
        told = ", ".join(f"{count} {what}" for what, count in made.neighbours.items())
        click.echo(texts("cleanup.neighbours", told=told))
    for unread in made.unread:
        click.echo(texts("cleanup.unread", what=unread))


def _entry(entry: Entry, texts: Texts) -> str:
    price = texts("cleanup.no_price") if entry.cost_day is None else f"{entry.cost_day:.2f}"
    until = f" {texts('cleanup.from', day=entry.hold_until)}" if entry.hold_until else ""
    return (
        f"{texts(f'cleanup.{entry.action}')}{until}  {entry.key}  {entry.name}  {price}  ({entry.because}; {entry.why})"
    )


def _line(one: Ended, texts: Texts) -> str:
    said = f": {one.said}" if one.said else ""
    return f"{texts(f'cleanup.outcome.{one.outcome}')}  {texts(f'cleanup.{one.action}')}  {one.key}{said}"
