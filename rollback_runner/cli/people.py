"""`confirm`, `assign`, `waive` and `team`: what people say, and who they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import click
from failback.people import catalogue

from rollback_runner import korean, messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import UsageError
from rollback_runner.people import room as people
from rollback_runner.people import roster, wishes
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.people.catalogue import Ask
    from failback.people.words import Word

    from rollback_runner.checklist import Language
    from rollback_runner.people.room import Room
    from rollback_runner.people.wishes import Wish

    _F = TypeVar("_F", bound="Callable[..., Any]")

_SHORT = 12


def _as_option(function: _F) -> _F:
    return click.option(
        "--as",
        "by",
        default="",
        envvar="RR_PERSON",
        metavar="NAME",
        help="Who you are: a key or name of site_people. RR_PERSON does the same.",
    )(function)


_attach = click.option(
    "--attach",
    default="",
    metavar="FILE",
    help="A file that goes on record with it: copied into the incident, with its digest.",
)


@click.command()
@click.argument("item", metavar="ITEM")
@site_option
@_as_option
@click.option(
    "--note", default="", metavar="TEXT", help="What you want on record. For SIT-01 the cause, in a sentence."
)
@click.option("--decline", is_flag=True, help="Say no instead (TEAM-01: cannot come; APPROVE-04: no-go). Needs --note.")
@click.option(
    "--category", default="", metavar="WORD", help=f"SIT-01: what kind of cause: {', '.join(catalogue.CATEGORIES)}."
)
@click.option(
    "--at",
    default="",
    metavar="TIME",
    help="SIT-02, APPROVE-05, FOLLOW-04: 2026-03-01T04:05:06+09:00, 2026-03-01 04:05 (local time), now-10m or now+10m.",
)
@click.option("--source", default="", metavar="TEXT", help="SIT-02: how the moment is known. FINAL-04: who was heard.")
@click.option("--count", default="", metavar="N", help="FINAL-04: how many voices were read.")
@click.option("--severity", default="", metavar="WORD", help=f"SIT-05: {', '.join(catalogue.SEVERITIES)}.")
@click.option("--contact", default="", metavar="NAME", help="REVIEW-05: which emergency contact answered.")
@click.option("--proposal", default=0, metavar="N", help="SIT-01, SIT-02: take this one of the proposals (see `team`).")
@_attach
@language_option
def confirm(item: str, site_name: str, *, decline: bool, language: Language, **given: Any) -> int:
    """Give your word on ITEM: a person's item is done when people say so.

    Goes on record in the open incident with who, when, note and attachment; the last word wins, and all are kept.

    \b
    TEAM-01    acknowledge that you were called        REVIEW-01  you have read the frozen plan
    SIT-01     the cause (--category, --note)          REVIEW-02  you know your items
    SIT-02     the moment of failure (--at, --source)  REVIEW-05  a contact answered (--contact)
    SIT-05     the effect on users (--severity)        APPROVE-04 the decision to go
    TEAM-04    the dashboards are open                 APPROVE-05 the start (--at), and who is in charge
    CONT-04    outside experts can be called           CONT-05    the press line exists

    \b
    FINAL-04   what users say (--source, --count)      FOLLOW-03  the plan for migrating again (--attach)
    DOC-02     the cause is analysed (--attach)        FOLLOW-04  the retrospective's date (--at)
    DOC-05     the lessons are complete                FOLLOW-05  the process improvements are complete
    WATCH-03   complaints and odd behaviour (--note)   REMIG-01   the cause is resolved (technical lead)
    REMIG-02   the next plan holds the lessons         REMIG-03   the test scenarios are named
    REMIG-04   the monitoring is stronger              FOLLOW-01  AWS may be cleaned up (see cleanup)

    \b
    rollback-runner confirm TEAM-01 --as kim
    rollback-runner confirm SIT-01 --as lee --category data --note "Orders were written twice after the cut-over"
    """  # noqa: D301 - click needs the backspace character itself
    act: wishes.Act = "decline" if decline else "confirm"
    _say(site_name, wishes.Wish(item, act=act, **given), language)
    return 0


@click.command()
@click.argument("what", metavar="WHAT")
@site_option
@click.option("--to", required=True, metavar="NAME", help="Who gets it: a key or name of site_people.")
@_as_option
@click.option("--note", default="", metavar="TEXT", help="Why, if it should be on record.")
@language_option
def assign(what: str, site_name: str, *, language: Language, **given: Any) -> int:
    """Give a role or an item to somebody, for this incident.

    WHAT is a role (commander, database, network, application, communication, scribe, technical_lead,
    operations_manager, executive) or an item such as SIT-01. A deputy who takes a role leaves their place to the one
    before. The approvals ask the site's own files who may sign; this does not change them.
    """
    _say(site_name, wishes.Wish(what, act="assign", **given), language)
    return 0


@click.command()
@click.argument("item", metavar="ITEM")
@site_option
@_as_option
@click.option("--reason", default="", metavar="TEXT", help="Why one may go on without it. It must be given.")
@_attach
@language_option
def waive(item: str, site_name: str, *, reason: str, language: Language, **given: Any) -> int:
    """Go on without a person's ITEM, loudly: every report shows it as a warning with the reason.

    Not for what the tool proves, nor for REVIEW-01 (a plan its team has not read), APPROVE-04 (nobody decided to go)
    and the signatures APPROVE-01 to APPROVE-03 (`--break-glass` is the way without them).
    """
    _say(site_name, wishes.Wish(item, act="waive", note=reason, **given), language)
    return 0


@click.command()
@site_option
@click.option("--as", "by", default="", metavar="NAME", help="Show only what is asked of this person.")
@language_option
@json_option
def team(site_name: str, *, by: str, language: Language, as_json: bool) -> int:
    """Show who has which role, who has answered, which channels work, and what people are still asked.

    Reads only.
    """
    where = people.enter(sites.load(site_name), home(), must_be_open=False)
    if by:
        click.echo("\n".join(roster.of_person(where, people.known_person(where, by), messages.Texts(language))))
        return 0
    if as_json:
        click.echo(json.dumps(roster.as_dict(where), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(roster.lines(where, messages.Texts(language))))
    return 0


def _say(site_name: str, wish: Wish, language: Language) -> None:
    where = people.enter(sites.load(site_name), home())
    if not wish.by.strip():
        known = ", ".join(where.team.people) or "nobody yet (site_people)"
        raise UsageError(f"--as is missing: say who you are. Known: {known}.", next_step="the command with --as NAME")
    word = wishes.speak(where, wish)
    texts = messages.Texts(language)
    for line in _told(people.room(where.site, where.incident), word, texts):
        click.echo(line)


def _told(where: Room, word: Word, texts: messages.Texts) -> list[str]:
    """Say what went on record, and what is still open of the item."""
    name = where.team.name(word.by, texts.language)
    if word.kind == "assign":
        to = where.team.name(str(word.details["to"]), texts.language)
        return [texts("people.assigned", what=word.item, to=to)]
    kind = texts(f"people.kind.{word.kind}")
    lines = [texts("people.said", item=word.item, kind=kind, by=name, at=word.at)]
    if word.about:
        lines.append("  " + texts("people.plan", digest=word.about[:_SHORT]))
    if word.attachment:
        digest = word.attachment["sha256"]
        lines.append("  " + texts("people.attached", name=word.attachment["name"], digest=digest))
    if word.kind == "waive":
        return [*lines, texts("people.waived", reason=word.note)]
    if word.item == "REVIEW-02":
        lines.append(texts("people.items", who=name, items=", ".join(people.owned(where, word.by)) or "-"))
    ask = catalogue.of(word.item)
    if ask is not None:
        lines.append(_left(where, ask, texts))
    return lines


def _left(where: Room, ask: Ask, texts: messages.Texts) -> str:
    """Say what is left of an item: nothing, a no that stands, or whose word is missing."""
    judged = where.judged(ask)
    if judged.missing:
        return texts("people.open", waiting=f"{roster.missing(where, judged, texts)}: {where.command(ask)}")
    if judged.waiting:
        return texts("people.open", waiting=judged.waiting)
    stopped = next((one.sentence for one in judged.findings if one.severity == "blocker"), "")
    return korean.said(stopped, texts.language) or texts("people.answered", item=ask.item)
