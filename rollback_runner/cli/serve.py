"""`serve`: the war room in a browser, and the tokens with which people enter it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from rollback_runner import messages
from rollback_runner.cli.common import language_option, site_option
from rollback_runner.cli.site_group import SiteGroup
from rollback_runner.content import home
from rollback_runner.errors import UsageError
from rollback_runner.people import room as people
from rollback_runner.record import store
from rollback_runner.site import site as sites
from rollback_runner.war_room import tokens

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

PORT = 8460
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=SiteGroup, invoke_without_command=True)
@site_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="On which port.")
@click.option(
    "--name", "names", multiple=True, metavar="HOST", help="A further name it answers for; others are refused."
)
@click.option("--tls-cert", type=_FILE, metavar="FILE", help="Certificate chain (PEM); needed beyond this machine.")
@click.option("--tls-key", type=_FILE, metavar="FILE", help="Its private key (PEM).")
@click.option("--plain", is_flag=True, help="Without TLS beyond this machine: something in front of it speaks TLS.")
@language_option
@click.pass_context
def serve(context: click.Context, /, site_name: str, language: Language, **given: Any) -> int:
    """Show the open incident as a live page, and let people answer their items there.

    Everybody enters with a token of their own (`serve token NAME`) and may answer what their roles answer for, no more.
    It reads the record and writes people's words; no run needs it, and none is slowed by who watches.
    """
    site, texts = sites.load(site_name), messages.Texts(language)
    context.obj = (site, texts)
    if context.invoked_subcommand is not None:
        return 0
    from rollback_runner.war_room import server  # noqa: PLC0415 - the other commands do without a web server

    listen = server.Listen(
        host=given["host"],
        port=given["port"],
        names=given["names"],
        certificate=given["tls_cert"],
        key=given["tls_key"],
        plain=given["plain"],
    )
    server.check(listen)
    click.echo(texts("serve.at", site=site.titles[language], url=listen.address(listen.port)))
    if not any(one.good() for one in tokens.read(tokens.place(home(), site.name))):
        click.echo(texts("serve.no_tokens"))
    server.serve(site, home(), listen, language)
    return 0


@serve.command()
@click.argument("who", metavar="NAME")
@click.option(
    "--look", is_flag=True, help="A token that may only look, for a wall or for guests; NAME is what it is called."
)
@click.option("--hours", default=72.0, show_default=True, help="How long it opens the door.")
@click.option(
    "--url", default="", metavar="URL", help="Where people open the room: prints a link with the token in it."
)
@click.pass_obj
def token(known: tuple[Site, messages.Texts], who: str, *, look: bool, hours: float, url: str) -> int:
    """Make a token for NAME, a key or name of site_people. It is shown once; only its digest is kept."""
    site, texts = known
    where = people.room(site, None)
    person = "" if look else people.known_person(where, who)
    if look and not who.strip():
        raise UsageError("A token needs a name, so that it can be told from others.")
    made, text = tokens.issue(
        tokens.place(home(), site.name),
        person=person,
        label=who.strip() if look else "",
        hours=hours,
        by=store.holder(),
    )
    name = where.team.name(person, texts.language) if person else made.label
    click.echo(texts("serve.token", name=name, until=made.expires_at), err=True)
    click.echo(text)
    roles = [*where.team.roles_of(person), *where.team.deputy_of(person)] if person else []
    said = ", ".join(texts(f"role.{role}") for role in dict.fromkeys(roles)) or "-"
    click.echo(texts("serve.may", roles=said) if person else texts("serve.may_look"), err=True)
    if url:
        click.echo(texts("serve.link", url=f"{url.rstrip('/')}/sign-in#{quote(text)}"), err=True)
    return 0


@serve.command()
@click.argument("who", metavar="NAME")
@click.pass_obj
def revoke(known: tuple[Site, messages.Texts], who: str) -> int:
    """End the tokens of NAME (a person, what a token to look with is called, or a token's id), and their open pages."""
    site, texts = known
    ended = tokens.revoke(tokens.place(home(), site.name), who)
    if not ended:
        raise UsageError(f"No token of {who} opens the door.", next_step="rollback-runner serve tokens")
    click.echo(texts("serve.revoked", count=len(ended), who=who))
    return 0


@serve.command(name="tokens")
@click.pass_obj
def listing(known: tuple[Site, messages.Texts]) -> int:
    """List who has a token, and until when. Tokens themselves are kept nowhere."""
    site, texts = known
    kept = tokens.read(tokens.place(home(), site.name))
    for one in kept:
        state = texts("serve.good" if one.good(datetime.now(UTC)) else "serve.ended")
        click.echo(texts("serve.row", id=one.id, name=one.name, state=state, until=one.expires_at, by=one.issued_by))
    if not kept:
        click.echo(texts("serve.none"))
    return 0
