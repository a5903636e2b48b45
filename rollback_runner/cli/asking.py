"""Asks the person at the terminal what their items need, before a phase begins. Nothing is asked twice."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from failback.people import catalogue
from failback.people import team as teams

from rollback_runner import checklist
from rollback_runner.errors import UsageError
from rollback_runner.people import room as people
from rollback_runner.people import wishes
from rollback_runner.people.roster import proposal_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from failback.people.catalogue import Ask

    from rollback_runner.messages import Texts
    from rollback_runner.people.room import Room
    from rollback_runner.people.wishes import Wish
    from rollback_runner.site.site import Site


def ask_phase(site: Site, incident: Path, phase: str, texts: Texts) -> int:
    """Ask for the open words of a phase and put the answers on record; return how many were given.

    Does nothing without a terminal. Whoever sits there says who they are; only what that person may answer is asked.
    """
    where = people.room(site, incident)
    if not sys.stdin.isatty() or not where.team.people:
        return 0
    by = _who(where, texts)
    if not by:
        return 0
    given = 0
    for item in open_items(where, phase, by):
        while (wish := next(ask([item], people.proposals(incident), texts, by=by), None)) is not None:
            try:
                wishes.speak(people.room(site, incident), wish)
            except UsageError as error:
                click.echo(texts("ask.again", problem=error.what), err=True)
            else:
                given += 1
                break
    return given


def open_items(where: Room, phase: str, by: str) -> list[str]:
    """List the items of a phase that wait for a word this person can give."""
    acting = teams.acting(where.team, where.said).values()
    found = []
    for ask in catalogue.of_phase(phase):
        if not where.judged(ask).waiting:
            continue
        said = where.said.each(ask.item, ask.kind, about=None)
        mine = teams.owner(where.team, where.said, ask.item) == by
        if (ask.everyone and by in acting and by not in said) or (not ask.everyone and mine):
            found.append(ask.item)
    return found


def ask(
    items: Sequence[str], proposals: Mapping[str, Sequence[dict[str, Any]]], texts: Texts, *, by: str
) -> Iterator[Wish]:
    """Ask for each item in turn; an empty answer leaves it open. Proposals are shown with numbers to choose from."""
    for item in items:
        what = catalogue.of(item)
        if what is None:
            continue
        click.echo(f"{item}  {checklist.item(item).title(texts.language)} ({texts('ask.skip')})", err=True)
        wish = _wish(what, list(proposals.get(item, ())), texts, by)
        if wish is not None:
            yield wish


def _wish(what: Ask, proposed: Sequence[dict[str, Any]], texts: Texts, by: str) -> Wish | None:
    for number, entry in enumerate(proposed, start=1):
        click.echo(f"  {number}. {proposal_line(entry, texts.language)}", err=True)
    if what.item == "SIT-01":
        return _cause(proposed, texts, by)
    if what.item == "SIT-02":
        return _moment(proposed, texts, by)
    if what.item == "FINAL-04":
        return _feedback(texts, by)
    if what.everyone is not None:
        return wishes.Wish(what.item, by) if click.confirm(texts("ask.yes", who=by), err=True, default=False) else None
    known: Mapping[str, tuple[str, str]] = {
        "SIT-05": ("severity", texts("ask.severity", known=", ".join(catalogue.SEVERITIES))),
        "APPROVE-05": ("at", texts("ask.at")),
        "FOLLOW-04": ("at", texts("ask.to_come")),
        "REVIEW-05": ("contact", texts("ask.contact")),
    }
    field, question = known.get(what.item, ("note", texts("ask.note")))
    answer = _line(question)
    given: dict[str, Any] = {field: answer}
    return replace(wishes.Wish(what.item, by), **given) if answer else None


def _cause(proposed: Sequence[dict[str, Any]], texts: Texts, by: str) -> Wish | None:
    words = _line(texts("ask.choice") if proposed else texts("ask.note"))
    if not words:
        return None
    if proposed and words.isdigit():
        return wishes.Wish("SIT-01", by, proposal=int(words))
    return wishes.Wish(
        "SIT-01", by, note=words, category=_line(texts("ask.category", known=", ".join(catalogue.CATEGORIES)))
    )


def _moment(proposed: Sequence[dict[str, Any]], texts: Texts, by: str) -> Wish | None:
    words = _line(texts("ask.choice") if proposed else texts("ask.at"))
    if not words:
        return None
    if proposed and words.isdigit():
        return wishes.Wish("SIT-02", by, proposal=int(words))
    return wishes.Wish("SIT-02", by, at=words, source=_line(texts("ask.source")))


def _feedback(texts: Texts, by: str) -> Wish | None:
    source = _line(texts("ask.heard"))
    if not source:
        return None
    return wishes.Wish("FINAL-04", by, source=source, count=_line(texts("ask.count")), note=_line(texts("ask.themes")))


def _who(where: Room, texts: Texts) -> str:
    known = ", ".join(where.team.people)
    while answer := _line(texts("ask.who", known=known)):
        try:
            return people.known_person(where, answer)
        except UsageError as error:
            click.echo(texts("ask.again", problem=error.what), err=True)
    return ""


def _line(question: str) -> str:
    answer: str = click.prompt(question, err=True, default="", show_default=False)
    return answer.strip()
