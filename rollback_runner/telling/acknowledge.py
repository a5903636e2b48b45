"""Somebody answers a message: by command, in the war room, or in the channel itself; each is put on record with who."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import journal
from failback.errors import ConfigError

from rollback_runner.errors import RecordError, UsageError
from rollback_runner.messages import Texts
from rollback_runner.people import room as people
from rollback_runner.telling import deliveries, escalation, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.people.room import Room
    from rollback_runner.telling.outbox import State


def waiting(incident: Path) -> list[State]:
    """Return the messages that wait for an answer, oldest first. Raises `failback.journal.JournalError`.

    Where an escalation was answered on one rung, or is over, the others wait no longer.
    """
    done = {level.key for one in escalation.read(incident) if not one.climbing for level in one.levels}
    states = (state for state in outbox.read(incident) if state.message.needs_answer and not state.acknowledged_at)
    return [state for state in states if state.message.key not in done]


def find(states: Sequence[State], name: str, language: Language = "en") -> State:
    """Find a message by its reference or its key. Raises `UsageError` when there is none."""
    wanted = name.strip()
    for state in states:
        if wanted == state.message.key or wanted.upper() == state.message.code:
            return state
    raise UsageError(Texts(language)("messages.unknown", code=name), next_step="rollback-runner messages")


def acknowledge(  # noqa: PLR0913 - who, which, and how it came in
    where: Room, name: str, by: str, *, how: str = "command", channel: str = "", note: str = ""
) -> State:
    """Put a person's answer on record and return the message as it stands then; ``name`` is its reference or key.

    Raises `UsageError` for an unknown message or person, or a message that asks nothing; `RecordError` when the answer
    cannot be written. The first answer stands; a later one is kept beside it.
    """
    if where.incident is None:
        raise UsageError(f"No incident is open on {where.site.name}.", next_step="rollback-runner phase prepare")
    person = people.known_person(where, by)
    state = find(outbox.read(where.incident), name)
    if not state.message.needs_answer:
        raise UsageError(
            f"{state.message.code} asks for no answer: {state.message.subject}.",
            next_step="rollback-runner acknowledge, without a reference, shows what does",
        )
    try:
        line = {"by": person, "known": True, "how": how, "note": note.strip()}
        deliveries.keep(where.incident, "answered", state.message.key, channel, **line)
    except journal.JournalError as error:
        raise RecordError(f"The answer could not be put on record: {error}.") from error
    return find(outbox.read(where.incident), state.message.key)


def person_or_none(where: Room, name: str) -> str:
    """Find whom a channel's answer comes from; "" for somebody the site does not know."""
    try:
        return where.team.named(name)
    except ConfigError:
        return ""
