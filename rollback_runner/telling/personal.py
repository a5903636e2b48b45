"""A person's own message: signed, marked as a person's word, and looked at before it goes out. Pure.

The record cannot prove what a person writes, so a text that claims more than the record proves is refused, or says of
itself that it is not proven. To people outside nothing goes that names a host, an address or an item of ours.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.people import catalogue

from rollback_runner.messages import Texts
from rollback_runner.telling import announce, claims, outbox, truth

if TYPE_CHECKING:
    from collections.abc import Collection

    from failback.people.team import Team

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site
    from rollback_runner.telling.audiences import Audience
    from rollback_runner.telling.facts import Facts

# Who may speak to people outside: the communication lead, the commander, and who stands above both.
SPEAKERS = ("communication", "commander", "operations_manager", catalogue.EXECUTIVE)
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_ITEM = re.compile(r"\b[A-Z]{2,8}-\d{2}\b")
_HEADLINE = 80  # characters
_SHORTEST = 4  # shorter names of hosts are words
_KEEP = {"\n", "\t"}


@dataclass(frozen=True)
class Wish:
    """What a person wants told, to whom, and in which language it is written."""

    by: str
    audience: Audience
    text: str
    subject: str
    language: Language
    unproven: bool = False


def may_speak(team: Team, person: str) -> bool:
    """Tell whether somebody may speak to people outside: they hold one of `SPEAKERS`, or are deputy for one."""
    held = {*team.roles_of(person), *team.deputy_of(person)}
    return team.nobody or bool(held & set(SPEAKERS))


def claimed(wish: Wish, known: Facts) -> tuple[str, ...]:
    """Name what the text claims and the record does not prove."""
    text = f"{wish.subject}\n{wish.text}"
    return tuple(claim.name for claim in claims.unsupported(text, known.known))


def inside_words(wish: Wish, hosts: Collection[str]) -> tuple[str, ...]:
    """Name what is in a text for people outside and must not be: hosts, addresses, items of the checklist."""
    text = f"{wish.subject}\n{wish.text}"
    named = [host for host in hosts if len(host) >= _SHORTEST and re.search(rf"\b{re.escape(host)}\b", text)]
    return tuple(dict.fromkeys([*named, *_ADDRESS.findall(text), *_ITEM.findall(text)]))


def message(wish: Wish, site: Site, team: Team, known: Facts) -> outbox.Message:
    """Write the message: the person's text, who wrote it, and that the record does not prove it."""
    text, subject = tidy(wish.text), headline(wish)
    korean = wish.language == "ko"
    lines = [text, "", _signature(wish, site, team)]
    if missing := claimed(wish, known):
        names = ", ".join(missing)
        said = f"기록으로 검증되지 않은 내용이 있습니다: {names}." if korean else f"Not proven by the record: {names}."
        if wish.audience.outside:
            said = "확인 중인 내용입니다." if korean else "This is being verified."
        lines.append(said)
    made = announce.signed(truth.Text(subject, "\n".join(lines), ()), known, site, wish.language)
    mark = hashlib.sha256(f"{wish.by}\n{subject}\n{text}".encode()).hexdigest()[:12]
    return outbox.Message(
        key=f"personal/{mark}/{wish.audience.key}/{wish.language}",
        event="personal",
        audience=wish.audience.name,
        language=wish.language,
        subject=made.subject,
        body=made.body,
        facts=(f"by:{wish.by}", *made.facts),
        channels=wish.audience.channels,
    )


def headline(wish: Wish) -> str:
    """Return the subject: the one that was given, else the beginning of the text."""
    first = truth.clean(wish.subject or next((line for line in tidy(wish.text).splitlines() if line), ""))
    return first if len(first) <= _HEADLINE else f"{first[: _HEADLINE - 1].rstrip()}…"


def tidy(text: str) -> str:
    """Take out what nobody sees (control and direction marks); lines stay, and so does what the person wrote."""
    seen = "".join(one for one in text if one in _KEEP or unicodedata.category(one)[0] != "C")
    return "\n".join(line.rstrip() for line in seen.strip().splitlines())


def _signature(wish: Wish, site: Site, team: Team) -> str:
    korean = wish.language == "ko"
    if wish.audience.name == "users":
        title = truth.clean(str(site.titles.get(wish.language) or site.name))
        return f"{title} 운영팀" if korean else f"The team of {title}"
    name = truth.clean(team.name(wish.by, wish.language))
    texts = Texts(wish.language)
    roles = ", ".join(texts(f"role.{role}") for role in team.roles_of(wish.by) if texts.has(f"role.{role}"))
    if korean:
        return f"작성: {name}{f'({roles})' if roles else ''}. 사람이 직접 쓴 메시지입니다."
    return f"Written by {name}{f', {roles}' if roles else ''}, not by the tool."
