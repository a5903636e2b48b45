"""From the word that fixes the retrospective (FOLLOW-04) to the calendar file and the messages that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rollback_runner import messages
from rollback_runner.documents import calendar
from rollback_runner.telling.outbox import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.people.team import Team
    from failback.people.words import Words

    from rollback_runner.checklist import Language

ITEM = "FOLLOW-04"
FILE = "retrospective.ics"
EVENT = "retrospective"


@dataclass(frozen=True)
class Setting:
    """What the site says: its name and titles, its team, and the mail addresses of people by key."""

    site: str
    titles: Mapping[str, str]
    team: Team
    mail: Mapping[str, str]


def meeting(incident: str, setting: Setting, said: Words) -> calendar.Meeting | None:
    """Read what was fixed; None while nobody fixed it. The same words give the same meeting."""
    word = said.standing(ITEM)
    if word is None or word.kind != "confirm":
        return None
    moment: Mapping[str, Any] = word.details["moment"]
    host = _guest(setting, word.by)
    return calendar.Meeting(
        incident=incident,
        site=setting.site,
        titles=setting.titles,
        start=datetime.fromisoformat(str(moment["utc"])),
        zone=ZoneInfo(str(moment["zone"])),
        made_at=datetime.fromisoformat(word.at),
        place=word.note,
        host=host,
        guests=[_guest(setting, key) for key in _asked(setting.team)],
        changed=len(said.of(ITEM, "confirm")) - 1,
    )


def tell(found: calendar.Meeting, path: Path, languages: Sequence[Language]) -> list[Message]:
    """Write the messages that carry the file, one a language; a changed date is a message of its own."""
    start = found.start.astimezone(found.zone)
    at = f"{start:%Y-%m-%d %H:%M}"
    made = []
    for language in languages:
        texts = messages.Texts(language)
        place = f" {found.place}." if found.place else ""
        told = {"incident": found.incident, "at": at, "zone": found.zone.key, "place": place}
        made.append(
            Message(
                key=f"{EVENT}:{found.changed}:{at}:{language}",
                event=EVENT,
                audience="team",
                language=language,
                subject=texts("retro.told.subject", incident=found.incident, at=at),
                body=texts("retro.told.body", site=found.titles[language], **told),
                facts=("people.jsonl FOLLOW-04",),
                attachments=(str(path),),
            )
        )
    return made


def _asked(team: Team) -> list[str]:
    """Name everybody who has a role here, or stands in for somebody, each once."""
    keys = [key for name in team.needed for key in team.roles[name].holders]
    return list(dict.fromkeys(keys))


def _guest(setting: Setting, key: str) -> calendar.Guest:
    roles = ", ".join(name.replace("_", " ") for name in setting.team.roles_of(key))
    return calendar.Guest(setting.team.name(key), roles, setting.mail.get(key, ""))
