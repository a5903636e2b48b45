"""`tell`: a person's own message to an audience, or what the record proves for it now."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from failback.people import words
from failback.scrub import MARK, load, scrub

from rollback_runner import companions, messages
from rollback_runner.cli.common import language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import RecordError, RefusedError, UsageError
from rollback_runner.people import room as people
from rollback_runner.site import site as sites
from rollback_runner.telling import announce, audiences, judge, outbox, personal, routes, story
from rollback_runner.telling.audiences import NAMES
from rollback_runner.telling.events import OF_THE_END, Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.checklist import Language
    from rollback_runner.people.room import Room
    from rollback_runner.telling.audiences import Audience

_EVENTS = ("still", *OF_THE_END)
# The item that a person's word about having told somebody belongs to.
_ITEM = {"team": "COMM-05", "management": "EXT-02", "users": "EXT-01", "partners": "EXT-03", "support": "EXT-04"}
_LONGEST = 20_000  # characters; what is longer is no message


@dataclass(frozen=True)
class _Asked:
    """Who speaks, where, to whom."""

    where: Room
    incident: Path
    by: str
    audience: Audience
    texts: messages.Texts


@click.command()
@click.argument("audience", type=click.Choice(NAMES), metavar="AUDIENCE")
@site_option
@click.option(
    "--as", "by", default="", envvar="RR_PERSON", metavar="NAME", help="Who you are. RR_PERSON does the same."
)
@click.option("--partner", default="", metavar="KEY", help="partners: which one, a key of site_partners.")
@click.option("--text", default="", metavar="TEXT", help="What you want to say.")
@click.option(
    "--file", "path", default="", metavar="FILE", help="The same from a file; - reads it from standard input."
)
@click.option("--subject", default="", metavar="TEXT", help="The subject; by default the first line.")
@click.option("--in", "written", type=click.Choice(["en", "ko"]), help="Language of your text; by default --lang.")
@click.option("--event", type=click.Choice(_EVENTS), help="Instead of your own words: what the record proves now.")
@click.option("--by-hand", is_flag=True, help="You told them yourself; only put on record how (--text).")
@click.option("--unproven", is_flag=True, help="Send it though the record does not prove all of it; the text says so.")
@click.option("--preview", is_flag=True, help="Show it and send nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@language_option
def tell(audience: str, site_name: str, *, language: Language, **given: object) -> int:
    """Tell AUDIENCE something in your own words, signed with your name; it is shown before it goes out.

    AUDIENCE is team, management, users, partners or support. Your text goes out by the audience's channels, in a drill
    marked as one. What the record does not prove (that the service is restored, that nothing was lost) is refused
    unless --unproven is given. To users and partners only communication, commander, operations manager, executive and
    their deputies may speak, and no text names a host, an address or an item.

    \b
    rollback-runner tell users --as jung --text "We will write again at 15:00." --in en
    rollback-runner tell partners --partner pay --as jung --by-hand --text "called Ms Han at 14:10"
    rollback-runner tell support --event brief --preview
    """  # noqa: D301 - click needs the backspace character itself
    asked = _asked(site_name, audience, language, given)
    if given["event"]:
        made = _of_record(asked, str(given["event"]))
    else:
        text = _text(str(given["text"]), str(given["path"]))
        if given["by_hand"]:
            return _by_hand(asked, text)
        written: Language = "ko" if (given["written"] or language) == "ko" else "en"
        wish = personal.Wish(asked.by, asked.audience, text, str(given["subject"]), written, bool(given["unproven"]))
        made = [_own(asked, wish)]
    return _send(asked, made, preview=bool(given["preview"]), yes=bool(given["yes"]))


def _asked(site_name: str, audience: str, language: Language, given: Mapping[str, object]) -> _Asked:
    by, partner = str(given["by"]), str(given["partner"])
    where = people.enter(sites.load(site_name), home())
    assert where.incident is not None
    if not given["event"] and not by.strip():
        known = ", ".join(where.team.people) or "nobody yet (site_people)"
        raise UsageError(f"--as is missing: say who you are. Known: {known}.", next_step="the command with --as NAME")
    person = people.known_person(where, by) if by.strip() else ""
    found = people.ours(lambda: audiences.of_site(people.shared(where.site)))
    if audience == "partners":
        keys = [one.partner for one in found if one.partner]
        if partner not in keys:
            raise UsageError(
                f"--partner {partner or 'is missing'}: site_partners has {', '.join(keys) or 'nobody'}.",
                next_step="the command with --partner KEY",
            )
        chosen = next(one for one in found if one.partner == partner)
    else:
        chosen = next((one for one in found if one.name == audience), audiences.Audience(audience, every=-1))
    return _Asked(where, where.incident, person, chosen, messages.Texts(language))


def _text(text: str, path: str) -> str:
    if bool(text) == bool(path):
        raise UsageError("Give your words with --text or --file, one of them.", next_step="rollback-runner tell --help")
    if path == "-":
        text = sys.stdin.read(_LONGEST + 1)
    elif path:
        try:
            with Path(path).open(encoding="utf-8") as stream:
                text = stream.read(_LONGEST + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}.", next_step="--file with a readable text") from error
    if not text.strip():
        raise UsageError("The text is empty.", next_step="--text with what you want to say")
    if len(text) > _LONGEST:
        raise UsageError(f"The text has more than {_LONGEST} characters.", next_step="make it shorter")
    return text


def _own(asked: _Asked, wish: personal.Wish) -> outbox.Message:
    """Look at a person's text and write the message. Raises `RefusedError` for what must not go out."""
    site, team = asked.where.site, asked.where.team
    if MARK in str(scrub(wish.subject + wish.text, load(site.secret_files))):
        raise RefusedError("The text holds a secret of this site.", next_step="take it out, then change the secret")
    if wish.audience.outside and not personal.may_speak(team, wish.by):
        raise RefusedError(
            f"{team.name(wish.by)} does not speak to people outside; {', '.join(personal.SPEAKERS)} do.",
            next_step=f"rollback-runner assign communication --to {wish.by}",
        )
    hosts = [name for name in site.variables if name != site.name]
    if wish.audience.outside and (inside := personal.inside_words(wish, hosts)):
        raise RefusedError(
            f"A text to people outside must not hold {', '.join(inside)}.", next_step="say it without names of machines"
        )
    known = announce.gathered(
        site, story.read(home(), asked.incident, metrics=True), Event("personal"), datetime.now(UTC), ""
    )
    if (missing := personal.claimed(wish, known)) and not wish.unproven:
        raise RefusedError(
            f"The record does not prove what the text claims: {', '.join(missing)}.",
            next_step="write what is known, or add --unproven: the text then says that it is not proven",
        )
    return personal.message(wish, site, team, known)


def _of_record(asked: _Asked, event: str) -> list[outbox.Message]:
    """Write what the record proves for this audience now."""
    site = asked.where.site
    states = outbox.messages(asked.incident)
    since = states[-1].queued_at if states else words.now()
    made = [
        message
        for message in announce.made(site, home(), asked.incident, event, since=since)
        if message.audience == asked.audience.name and f"/{asked.audience.key}/" in message.key
    ]
    if not made:
        name = asked.texts(f"telling.audience.{asked.audience.name}")
        raise RefusedError(
            asked.texts("tell.nothing", event=event, audience=name),
            next_step=f"rollback-runner tell {asked.audience.name} --as NAME --text ...",
        )
    return made


def _by_hand(asked: _Asked, note: str) -> int:
    """Put on record that a person told somebody themselves."""
    details = {judge.BY_HAND: asked.audience.key}
    item = _ITEM[asked.audience.name]
    people.ours(lambda: words.say(asked.incident, words.Word("confirm", item, asked.by, note=note, details=details)))
    name = asked.where.team.name(asked.by, asked.texts.language)
    click.echo(asked.texts("tell.by_hand", by=name, audience=asked.audience.key, note=note))
    return 0


def _send(asked: _Asked, made: Sequence[outbox.Message], *, preview: bool, yes: bool) -> int:
    texts = asked.texts
    given = people.shared(asked.where.site)
    for message in made:
        ways = routes.route(given, message) if asked.audience.every >= 0 else ()
        channels = ", ".join(ways) or texts("tell.no_channel")
        to = texts(f"telling.audience.{message.audience}")
        click.echo(texts("tell.to", audience=to, channels=channels, language=message.language))
        click.echo(f"{message.subject}\n\n{message.body}\n")
        if not ways and not preview:
            raise UsageError(
                f"The site names no channel for {asked.audience.key}.",
                next_step="tell them yourself and put it on record with --by-hand, or set site_audiences",
            )
    if preview:
        click.echo(texts("tell.not_sent"))
        return 0
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("Nobody can be asked here, so nothing was sent.", next_step="the command with --yes")
        if not click.confirm(texts("tell.ask")):
            click.echo(texts("tell.not_sent"))
            return 0
    for message in made:
        put = outbox.put(asked.incident, message)
        if not put.queued and not put.already:
            raise RecordError(f"The message could not be put on record: {put.why}.", next_step="df -h, then again")
        click.echo(texts("tell.already" if put.already else "tell.queued", name=message.key))
    companions.ensure("messenger", asked.where.site.directory, home(), asked.incident)
    click.echo(texts("tell.follow"))
    return 0
