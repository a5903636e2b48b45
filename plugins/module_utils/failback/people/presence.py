"""Who of the team is there: whether a call reached them, what they said to it, when a deputy counts instead. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failback.people.words import Words

ITEM = "TEAM-01"


@dataclass(frozen=True)
class Seen:
    """What is known of one person in one role. ``called`` is when a call went through (seconds since 1970), 0 if none.

    ``deadline`` is what that call gave them to answer, in seconds.
    """

    called: float = 0.0
    deadline: float = 0.0
    tried: bool = False
    came: bool = False
    declined: bool = False


def seen(said: Words, person: str, role: str) -> Seen:
    """Read what the words tell of a person in a role."""
    mine = [
        word
        for word in said.of(ITEM, "call")
        if word.details.get("to") == person and role in word.details.get("roles", ())
    ]
    through = [word for word in mine if word.details.get("delivered")]
    answer = said.each(ITEM, "acknowledge", "decline").get(person)
    return Seen(
        called=datetime.fromisoformat(through[0].at).astimezone(UTC).timestamp() if through else 0.0,
        deadline=float(through[0].details.get("deadline_seconds") or 0) if through else 0.0,
        tried=bool(mine),
        came=answer is not None and answer.kind == "acknowledge",
        declined=answer is not None and answer.kind == "decline",
    )


def why_deputy(first: Seen, now: float) -> str:
    """Say why a deputy counts instead of this person by now; "" while the person is there or still has time."""
    if first.came:
        return ""
    if first.declined:
        return "declined"
    if first.tried and not first.called:
        return "could not be reached"
    if first.called and now - first.called >= first.deadline:
        return "did not answer in time"
    return ""


def came(said: Words) -> frozenset[str]:
    """Name everybody whose last word to the call was yes."""
    answers = said.each(ITEM, "acknowledge", "decline")
    return frozenset(person for person, word in answers.items() if word.kind == "acknowledge")
