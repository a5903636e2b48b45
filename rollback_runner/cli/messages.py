"""`messages` and `acknowledge`: what people were told, what became of it, and answering."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click
from failback import journal

from rollback_runner import companions, messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.cli.site_group import SiteGroup
from rollback_runner.content import home
from rollback_runner.errors import LockedError, RecordError, UsageError
from rollback_runner.people import room as people
from rollback_runner.site import site as sites
from rollback_runner.telling import acknowledge as answers
from rollback_runner.telling import deliveries, escalation, messenger, outbox, routes, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    from rollback_runner.checklist import Language
    from rollback_runner.people.room import Room
    from rollback_runner.site.site import Site

    _T = TypeVar("_T")

NAME = "messenger"
_AS = click.option(
    "--as",
    "by",
    default="",
    envvar="RR_PERSON",
    metavar="NAME",
    help="Who you are: a key or name of site_people. RR_PERSON does the same.",
)


@dataclass(frozen=True)
class _Known:
    where: Room
    incident: Path
    texts: messages.Texts


@click.group("messages", cls=SiteGroup, invoke_without_command=True)
@site_option
@language_option
@json_option
@click.pass_context
def group(context: click.Context, site_name: str, *, language: Language, as_json: bool) -> None:
    """Show what people were told in the open incident, by which channels, and what is known of its arrival.

    Taken means that the channel's service took it; arrived, that it was read back there or answered.
    """
    known = context.obj = _known(site_name, language)
    if context.invoked_subcommand is not None:
        return
    states = _read(lambda: outbox.read(known.incident))
    if as_json:
        raised = _read(lambda: escalation.read(known.incident))
        content = {
            "incident": known.incident.name,
            "messenger": companions.state(known.incident, NAME).state,
            "counts": shown.counts(states),
            "messages": [state.as_dict() for state in states],
            "escalations": [asdict(one) | {"level": one.level} for one in raised],
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(shown.lines(states, known.texts)))
    _tell_of_messenger(known)


@group.command()
@click.argument("code", metavar="MESSAGE")
@click.pass_obj
def show(known: _Known, code: str) -> None:
    """Show one MESSAGE, by its reference (RR-...) or its key: its text, the facts it rests on, every channel."""
    states = _read(lambda: outbox.read(known.incident))
    click.echo("\n".join(shown.whole(answers.find(states, code, known.texts.language), known.texts)))


@group.command()
@click.argument("code", metavar="MESSAGE")
@click.option("--channel", "ways", multiple=True, metavar="NAME", help="By this channel; by default all of its route.")
@_AS
@click.pass_obj
def resend(known: _Known, code: str, *, ways: tuple[str, ...], by: str) -> None:
    """Have a MESSAGE sent once more; the copy says who asked for it."""
    state = answers.find(_read(lambda: outbox.read(known.incident)), code, known.texts.language)
    given = people.shared(known.where.site)
    possible = tuple(messenger.ways_of(given, known.incident.name))
    for way in ways:
        if way not in possible:
            raise UsageError(f"The site has no channel {way}; it has {', '.join(possible) or 'none'}.")
    chosen = ways or routes.route(given, state.message)
    if not chosen:
        raise UsageError(f"The site names no channel for {state.message.audience}.", next_step="set site_channels")
    person = people.known_person(known.where, _who(known, by))
    _write(lambda: deliveries.keep(known.incident, "again", state.message.key, "", channels=list(chosen), by=person))
    click.echo(known.texts("messages.resent", code=state.message.code, channels=", ".join(chosen)))
    companions.ensure(NAME, known.where.site.directory, home(), known.incident)
    _tell_of_messenger(known)


@group.command()
@click.option("--within", default=60.0, show_default=True, metavar="SECONDS", help="How long to go on trying.")
@click.pass_obj
def deliver(known: _Known, within: float) -> int:
    """Send what waits, here and now, where no messenger works. Ends with 1 when something still waits."""
    companions.place(known.incident).mkdir(exist_ok=True, mode=0o700)
    lock = os.open(companions.place(known.incident) / f"{NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(known.texts("messages.busy"), next_step="rollback-runner messages") from error
        here = _Here(known.where.site, known.incident, time.monotonic() + within)
        messenger.run(here)
    finally:
        os.close(lock)
    states = _read(lambda: outbox.read(known.incident))
    click.echo(known.texts("messages.count", **shown.counts(states)))
    return 1 if shown.counts(states)["waiting"] else 0


@click.command()
@click.argument("code", metavar="[MESSAGE]", default="")
@site_option
@_AS
@click.option("--note", default="", metavar="TEXT", help="What you want on record with it.")
@language_option
def acknowledge(code: str, site_name: str, *, by: str, note: str, language: Language) -> None:
    """Answer a MESSAGE that asks for it, by its reference (RR-...); an escalation then climbs no further.

    Without MESSAGE: show what waits for an answer.
    """
    known = _known(site_name, language)
    if not code:
        open_ones = _read(lambda: answers.waiting(known.incident))
        click.echo(known.texts("acknowledge.open" if open_ones else "acknowledge.nothing"))
        for state in open_ones:
            message = state.message
            click.echo(f"  {message.code}  {message.to or message.audience}  {message.subject}")
        return
    state = answers.acknowledge(known.where, code, _who(known, by), note=note)
    mine = people.known_person(known.where, by)
    words = {"by": known.where.team.name(state.by, language), "at": shown.clock(state.acknowledged_at)}
    if state.by == mine:
        subject = state.message.subject
        click.echo(known.texts("acknowledge.done", **words, code=state.message.code, subject=subject))
    else:
        click.echo(known.texts("acknowledge.already", **words))


@dataclass
class _Here:
    """What the messenger is given when it works inside a command: it ends when nothing waits, or the time is over."""

    site: Site
    incident: Path
    ends: float

    def over(self) -> str:
        if time.monotonic() >= self.ends:
            return "stopped"
        states = _read(lambda: outbox.read(self.incident))
        return "" if any(not one.accepted_at and not one.gave_up for one in states) else "done"

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def log(self, sentence: str) -> None:
        click.echo(f"  {sentence}", err=True)


def _known(site_name: str, language: Language) -> _Known:
    where = people.enter(sites.load(site_name), home())
    if where.incident is None:
        raise UsageError(f"No incident is open on {where.site.name}.", next_step="rollback-runner phase prepare")
    return _Known(where, where.incident, messages.Texts(language))


def _who(known: _Known, by: str) -> str:
    if not by.strip():
        people_known = ", ".join(known.where.team.people) or "nobody yet (site_people)"
        raise UsageError(
            f"--as is missing: say who you are. Known: {people_known}.", next_step="the command with --as NAME"
        )
    return by


def _tell_of_messenger(known: _Known) -> None:
    state = companions.state(known.incident, NAME)
    click.echo(known.texts("messages.messenger", state=state.state))
    if not state.alive:
        click.echo(known.texts("messages.no_messenger"))


def _read(act: Callable[[], _T]) -> _T:
    try:
        return act()
    except journal.JournalError as error:
        raise RecordError(f"{error}.") from error


def _write(act: Callable[[], object]) -> None:
    try:
        act()
    except journal.JournalError as error:
        raise RecordError(f"Nothing was put on record: {error}.") from error
