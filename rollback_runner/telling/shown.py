"""Shows messages for people: what was put, by which channels it went, what is known of its arrival. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.messages import Texts
    from rollback_runner.telling.outbox import Delivery, State


def lines(states: Sequence[State], texts: Texts) -> list[str]:
    """Write a head line with the counts and two or more lines a message."""
    if not states:
        return [texts("messages.none")]
    found = [texts("messages.count", **counts(states))]
    for state in states:
        message = state.message
        found.append(f"{message.code}  {clock(state.queued_at)}  {message.to or message.audience}  {message.subject}")
        found += [f"    {one.channel}: {delivery(one, texts)}" for one in state.channels.values()]
        if not state.channels:
            found.append(f"    {texts('messages.gave_up', why='-') if state.gave_up else texts('messages.queued')}")
        if message.needs_answer:
            by, at = state.by, clock(state.acknowledged_at)
            found.append(f"    {texts('messages.acknowledged', by=by, at=at) if by else texts('messages.unanswered')}")
    return found


def counts(states: Sequence[State]) -> dict[str, int]:
    """Count the messages by what is known of them."""
    return {
        "all": len(states),
        "accepted": sum(bool(one.accepted_at) for one in states),
        "delivered": sum(bool(one.delivered_at) for one in states),
        "waiting": sum(not one.accepted_at and not one.gave_up for one in states),
        "gave_up": sum(one.gave_up for one in states),
    }


def delivery(one: Delivery, texts: Texts) -> str:
    """Write what is known of one message on one channel."""
    parts = []
    if one.accepted_at:
        parts.append(texts("messages.accepted", at=clock(one.accepted_at)))
    elif one.gave_up:
        parts.append(texts("messages.gave_up", why=one.gave_up))
    elif one.error:
        parts.append(texts("messages.trying", count=one.attempts, error=one.error))
    else:
        parts.append(texts("messages.queued"))
    if one.delivered_at:
        parts.append(texts("messages.delivered", at=clock(one.delivered_at)))
    if one.possibly_twice:
        parts.append(texts("messages.twice"))
    if one.late:
        parts.append(texts("messages.late"))
    return ", ".join(parts)


def whole(state: State, texts: Texts) -> list[str]:
    """Write one message with its text."""
    message = state.message
    facts = ", ".join(message.facts) or "-"
    head = [f"{message.key} ({message.event}, {message.language}, {message.urgency})", f"facts: {facts}", ""]
    return [*lines([state], texts)[1:], *head, message.subject, "", message.body]


def clock(at: str) -> str:
    """Write a moment of the record to the second."""
    return at[:19].replace("T", " ")
