"""`document` and `lesson`: drafts filled from the record, and what people learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from failback.people import lessons as kept

from rollback_runner import checklist, messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.documents import drafts, render
from rollback_runner.documents import told as telling
from rollback_runner.errors import UsageError
from rollback_runner.people import room as people
from rollback_runner.record import incident_report
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from failback.people.lessons import Lesson

    from rollback_runner.checklist import Language
    from rollback_runner.documents.told import Told
    from rollback_runner.people.room import Room


_incident = click.option(
    "--incident", "incident_name", default=None, metavar="ID", help="Which incident; the open or newest one without."
)
_as = click.option(
    "--as", "by", default="", envvar="RR_PERSON", metavar="NAME", help="Who you are: a key or name of site_people."
)


@click.command()
@click.argument("name", metavar="NAME", default="post-mortem")
@site_option
@_incident
@click.option(
    "--out", default=None, metavar="FILE", type=click.Path(path_type=Path), help="Write it here, not to the terminal."
)
@click.option("--keep", is_flag=True, help="Keep it with the incident in both languages, as the phase complete does.")
@language_option
def document(name: str, *, site_name: str, language: Language, **given: Any) -> int:
    """Draw up a document from the record: post-mortem, re-migration or lessons.

    Says only what stands on the record, and where. What only a person can write is marked [TO WRITE]. A file that is
    there already is never written over.
    """
    site = sites.load(site_name)
    told = telling.read(home(), incident_report.find(home(), site.name, given["incident_name"]), site)
    out: Path | None = given["out"]
    text = render.draft(name, told, language)
    texts = messages.Texts(language)
    if given["keep"]:
        for one in people.ours(lambda: drafts.draw_up(told, [name])):
            place = drafts.folder(told.incident) / one.file
            click.echo(texts("doc.kept" if one.changed else "doc.same", path=place, count=one.to_write))
    elif out is not None:
        _write(out, text)
        click.echo(texts("doc.kept", path=out, count=render.to_write(text)))
    else:
        click.echo(text, nl=False)
    return 0


@click.group()
def lesson() -> None:
    """List what is to be learned, each with an owner and a date."""


@lesson.command()
@click.argument("text", default="")
@site_option
@_as
@click.option("--owner", default="", metavar="NAME", help="Who sees to it: a key or name of site_people.")
@click.option("--due", default="", metavar="DATE", help="By when: 2026-12-01 or now+14d.")
@click.option("--kind", default="", metavar="KIND", help=f"{', '.join(kept.KINDS)}; lesson by default.")
@click.option("--proposal", default=0, metavar="N", help="Take up this proposal of the record (see `lesson list`).")
@language_option
def add(text: str, site_name: str, *, kind: str, proposal: int, language: Language, **given: str) -> int:
    """List TEXT as a lesson. It goes on record in the open incident, with who listed it.

    \b
    lesson      what went wrong and what will be done about it (DOC-05)
    process     how people work together (FOLLOW-05)
    plan        what the next plan must hold (REMIG-02)
    scenario    a test before anyone is moved again (REMIG-03)
    monitoring  a figure or limit to watch (REMIG-04)
    """  # noqa: D301 - click needs the backspace character itself
    where = people.enter(sites.load(site_name), home())
    assert where.incident is not None
    incident = where.incident
    wanted = _wanted(where, text, kind, proposal, language)
    for option, name in (("--as", "by"), ("--owner", "owner"), ("--due", "due")):
        if not given[name].strip():
            why = "say who you are" if name == "by" else "a lesson has an owner and a date, or it is a wish"
            raise UsageError(f"{option} is missing: {why}.")
    owner, by = people.known_person(where, given["owner"]), people.known_person(where, given["by"])
    day = people.ours(lambda: kept.day(given["due"]))
    made = people.ours(
        lambda: kept.add(incident, kept.Lesson("", wanted.kind, wanted.text, owner, day, by, rests_on=wanted.rests_on))
    )
    click.echo(messages.Texts(language)("lesson.added", **_parts(where, made, language)))
    return 0


@lesson.command("list")
@site_option
@_incident
@language_option
@json_option
def show(site_name: str, *, incident_name: str | None, language: Language, as_json: bool) -> int:
    """Show every lesson, and what the record proposes. Reads only."""
    site = sites.load(site_name)
    incident = incident_report.find(home(), site.name, incident_name)
    where = people.room(site, incident)
    told = _told(where)
    listed = people.ours(lambda: kept.read(incident))
    proposed = told.proposed if told is not None else ()
    if as_json:
        found = {"lessons": [one.shown() for one in listed], "proposals": [one.as_dict() for one in proposed]}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    texts = messages.Texts(language)
    for kind in kept.KINDS:
        click.echo(texts(f"lesson.kind.{kind}"))
        for one in kept.of_kind(listed, kind):
            line = "lesson.line_done" if one.done else "lesson.line"
            click.echo("  " + texts(line, **_parts(where, one, language)))
        for number, suggestion in enumerate(proposed, start=1):
            if suggestion.kind == kind:
                click.echo("  " + texts("lesson.proposed", number=number, text=suggestion.text[language]))
    return 0


@lesson.command()
@click.argument("name", metavar="ID")
@site_option
@_as
@click.option("--outcome", required=True, metavar="TEXT", help="What was done.")
@language_option
def done(name: str, site_name: str, *, by: str, outcome: str, language: Language) -> int:
    """Say that the lesson ID (L1, L2, ...) was carried out, and how."""
    where, who = _speaker(site_name, by)
    assert where.incident is not None
    incident = where.incident
    if not outcome.strip():
        raise UsageError("--outcome needs words; it goes on record.")
    closed = people.ours(lambda: kept.close(incident, name, by=who, outcome=outcome.strip()))
    click.echo(messages.Texts(language)("lesson.line_done", **_parts(where, closed, language)))
    return 0


@lesson.command()
@click.argument("name", metavar="ID")
@site_option
@_as
@click.option("--owner", default="", metavar="NAME", help="Who sees to it from now on.")
@click.option("--due", default="", metavar="DATE", help="By when.")
@language_option
def move(name: str, site_name: str, *, language: Language, **given: str) -> int:
    """Give the lesson ID to somebody else, or another date. What stood before stays on record."""
    where, who = _speaker(site_name, given["by"])
    assert where.incident is not None
    incident = where.incident
    owner, due = given["owner"], given["due"]
    if not owner and not due:
        raise UsageError("Nothing is to be changed: name --owner, --due or both.")
    to = people.known_person(where, owner) if owner else ""
    day = people.ours(lambda: kept.day(due)) if due else ""
    moved = people.ours(lambda: kept.move(incident, name, by=who, owner=to, due=day))
    click.echo(messages.Texts(language)("lesson.line", **_parts(where, moved, language)))
    return 0


def _speaker(site_name: str, by: str) -> tuple[Room, str]:
    where = people.enter(sites.load(site_name), home())
    if not by.strip():
        raise UsageError("--as is missing: say who you are.", next_step="the command with --as NAME")
    return where, people.known_person(where, by)


def _wanted(where: Room, text: str, kind: str, number: int, language: Language) -> kept.Lesson:
    """Put together what is to be listed: somebody's own words, or a proposal with or without other words."""
    if kind and kind not in kept.KINDS:
        near = checklist.nearest(kind, list(kept.KINDS))
        raise UsageError(f"{kind} is no kind of lesson{near}; they are {', '.join(kept.KINDS)}.")
    if not number:
        if not text.strip():
            raise UsageError("The lesson itself is missing.", next_step='rollback-runner lesson add "TEXT" --owner ...')
        chosen: Any = kind or "lesson"
        return kept.Lesson("", chosen, text, "", "", "")
    told = _told(where)
    known = list(told.proposed) if told is not None else []
    if not 1 <= number <= len(known):
        raise UsageError(
            f"There are {len(known)} proposals; there is no number {number}.", next_step="rollback-runner lesson list"
        )
    one = known[number - 1]
    taken: Any = kind or one.kind
    return kept.Lesson("", taken, text or one.text[language], "", "", "", rests_on=f"{one.key} {one.rests_on}")


def _told(where: Room) -> Told | None:
    """Read the record for its proposals; nothing before the first run."""
    assert where.incident is not None
    try:
        return telling.read(home(), where.incident, where.site)
    except UsageError:
        return None


def _parts(where: Room, one: Lesson, language: Language) -> dict[str, str]:
    owner = where.team.name(one.owner, language)
    return {"id": one.id, "text": one.text, "owner": owner, "due": one.due, "done": one.done, "outcome": one.outcome}


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"{path} is there already, and may hold somebody's work.", next_step="name another file"
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
