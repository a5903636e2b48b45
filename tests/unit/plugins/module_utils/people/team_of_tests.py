"""A small team for the tests of people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from failback.people import team
from failback.people.words import Word, Words

if TYPE_CHECKING:
    from failback.people.team import Team

PEOPLE: dict[str, Any] = {
    "kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "contact": ["chat", "mail"]},
    "lee": {"name": {"en": "Seoyeon Lee", "ko": "이서연"}, "contact": ["chat"]},
    "park": {"name": {"en": "Jiho Park", "ko": "박지호"}, "contact": ["chat"]},
    "jung": {"name": {"en": "Haneul Jung", "ko": "정하늘"}, "contact": ["mail"]},
}
ROLES: dict[str, Any] = {
    "commander": {"person": "kim", "deputy": "park"},
    "database": {"person": "lee", "deputy": "kim"},
    "network": {"person": "park", "deputy": "lee"},
    "application": {"person": "lee", "deputy": "jung"},
    "communication": {"person": "jung", "deputy": "park"},
    "scribe": {"person": "jung", "deputy": "lee"},
    "technical_lead": {"person": "lee", "deputy": "kim"},
    "operations_manager": {"person": "park", "deputy": "kim"},
}
AT = "2026-03-01T00:00:00Z"
NOW = datetime.fromisoformat(AT).timestamp()
EVERYBODY = ("kim", "lee", "park", "jung")


def made(*said: Word, **changed: Any) -> tuple[Team, Words]:
    """The team after what was said; `changed` replaces roles."""
    words = Words(tuple(said))
    return team.of_site(PEOPLE, ROLES | changed, critical=False, words=words), words


def ack(*who: str, item: str = "TEAM-01", kind: str = "acknowledge", about: str = "") -> tuple[Word, ...]:
    """Words of several people."""
    return tuple(Word(kind, item, by, about=about, at=AT) for by in who)  # type: ignore[arg-type]


def called(to: str, *roles: str, delivered: bool = True) -> Word:
    """A call on record, with 300 seconds to answer."""
    details: dict[str, Any] = {"to": to, "roles": list(roles), "delivered": delivered, "channels": []}
    return Word("call", "TEAM-01", "rollback-runner", details={**details, "deadline_seconds": 300.0}, at=AT)
