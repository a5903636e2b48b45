"""The retrospective as a calendar file (RFC 5545), in both languages. Pure: no file, no clock.

The same incident gives the same event: a new date replaces the one before it (UID and SEQUENCE), so that a calendar
which took the first takes the second as its change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText

from rollback_runner import messages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

MINUTES = 90
_REMIND = timedelta(days=1)
_MAIL = re.compile(r"[^@\s<>\",;:]+@[^@\s<>\",;:]+\.[^@\s<>\",;:]+")


@dataclass(frozen=True)
class Guest:
    """Somebody who is asked to come. ``mail`` is "" where the site does not know it: then only the name is told."""

    name: str
    role: str = ""
    mail: str = ""


@dataclass(frozen=True)
class Meeting:
    """When, where and with whom. ``start`` carries its time zone; ``changed`` counts how often the date was changed."""

    incident: str
    site: str
    titles: Mapping[str, str]
    start: datetime
    zone: ZoneInfo
    made_at: datetime
    place: str = ""
    host: Guest | None = None
    guests: Sequence[Guest] = ()
    changed: int = 0
    minutes: int = MINUTES


def file(meeting: Meeting) -> bytes:
    """Write the calendar file."""
    calendar = Calendar()
    calendar.add("prodid", "-//rollback-runner//retrospective//EN")
    calendar.add("version", "2.0")
    invited = [guest for guest in meeting.guests if _MAIL.fullmatch(guest.mail)]
    # A request needs somebody who asks and somebody who is asked; without addresses it is only announced.
    asks = meeting.host is not None and bool(_MAIL.fullmatch(meeting.host.mail)) and bool(invited)
    calendar.add("method", "REQUEST" if asks else "PUBLISH")
    start = meeting.start.astimezone(meeting.zone)
    calendar.add_component(
        Timezone.from_tzid(meeting.zone.key, first_date=start.date(), last_date=start.date() + timedelta(days=366))
    )
    calendar.add_component(_event(meeting, start, invited if asks else []))
    written: bytes = calendar.to_ical()
    return written


def _event(meeting: Meeting, start: datetime, invited: Sequence[Guest]) -> Event:
    both = [messages.Texts("en"), messages.Texts("ko")]
    event = Event()
    event.add("uid", f"retrospective-{meeting.incident}@{meeting.site}.rollback-runner")
    event.add("sequence", meeting.changed)
    event.add("dtstamp", meeting.made_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(minutes=meeting.minutes))
    summary = " / ".join(texts("retro.summary", site=meeting.titles[texts.language]) for texts in both)
    event.add("summary", summary)
    names = ", ".join(f"{guest.name} ({guest.role})" if guest.role else guest.name for guest in meeting.guests) or "-"
    described = [texts("retro.agenda", incident=meeting.incident, names=names).strip() for texts in both]
    event.add("description", "\n\n".join(described))
    event.add("status", "CONFIRMED")
    event.add("categories", ["rollback", meeting.site])
    if meeting.place:
        event.add("location", meeting.place)
    if invited and meeting.host is not None:
        event.add("organizer", _address(meeting.host), encode=False)
        for guest in invited:
            event.add("attendee", _address(guest, asked=True), encode=False)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -_REMIND)
    event.add_component(alarm)
    return event


def _address(guest: Guest, *, asked: bool = False) -> vCalAddress:
    address = vCalAddress(f"mailto:{guest.mail}")
    address.params["CN"] = vText(guest.name)
    if asked:
        address.params["ROLE"] = vText("REQ-PARTICIPANT")
        address.params["RSVP"] = vText("TRUE")
    return address
