"""What became of messages: the lines of ``deliveries.jsonl``, and how they join the messages they are about. Pure.

An ``attempt`` is written before a channel is asked and its outcome after it: ``accepted``, or ``refused`` with whether
it is sure that the channel did not take it. An attempt without an outcome (the messenger was killed in between) is
closed by ``lost`` at the next start. ``seen`` is arrival read back, ``answered`` a person's acknowledgement,
``gave_up`` the end of trying, ``again`` a person's wish to have it sent once more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from failback import journal

from rollback_runner.telling.outbox import DELIVERIES, Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.telling.outbox import State

Kind = Literal["attempt", "accepted", "refused", "lost", "seen", "gave_up", "again", "answered"]


def keep(incident: Path, kind: Kind, key: str, channel: str, **details: Any) -> dict[str, Any]:
    """Put one line on record, on the disk. Raises `failback.journal.JournalError`."""
    return journal.append(incident / DELIVERIES, kind, key=key, channel=channel, **details)


def joined(states: Sequence[State], lines: Iterable[Mapping[str, Any]]) -> list[State]:
    """Return the messages with what the lines tell of them, in their order."""
    found = {state.message.key: state for state in states}
    for line in lines:
        state = found.get(str(line.get("key")))
        if state is not None:
            found[state.message.key] = _after(state, line)
    return list(found.values())


def _after(state: State, line: Mapping[str, Any]) -> State:
    kind, name, at = line["kind"], str(line.get("channel") or ""), str(line.get("happened") or line["time"])
    if kind == "answered":
        return _answered(state, line, name, at)
    if kind == "again":
        wanted = list(line.get("channels") or ())
        asked: dict[str, Any] = {"asked_at": at, "asked_by": str(line.get("by") or ""), "unsure": False}
        fresh = {
            key: replace(one, accepted_at="", delivered_at="", gave_up="", again_at="", error="", **asked)
            if key in wanted
            else one
            for key, one in {**{key: Delivery(key) for key in wanted}, **state.channels}.items()
        }
        return replace(state, channels=fresh, gave_up=False)
    if not name:
        return replace(state, gave_up=kind == "gave_up" or state.gave_up)
    one = state.channels.get(name, Delivery(name))
    return replace(state, channels={**state.channels, name: _moved(one, line, at)})


def _moved(one: Delivery, line: Mapping[str, Any], at: str) -> Delivery:
    match line["kind"]:
        case "attempt":
            twice = one.possibly_twice or bool(line.get("twice"))
            late = one.late or bool(line.get("late"))
            return replace(one, attempts=one.attempts + 1, begun_at=at, possibly_twice=twice, late=late)
        case "accepted":
            kept = str(line.get("reference") or "") or one.reference
            return replace(
                one, accepted_at=at, begun_at="", error="", again_at="", gave_up="", unsure=False, reference=kept
            )
        case "refused" | "lost":
            error, again = str(line.get("error") or ""), str(line.get("again_at") or "")
            unsure = one.unsure or not line.get("sure", False)
            return replace(one, begun_at="", error=error, again_at=again, unsure=unsure)
        case "seen":
            return replace(one, delivered_at=one.delivered_at or at)
        case "gave_up":
            return replace(one, begun_at="", again_at="", gave_up=str(line.get("why") or "gave up"))
        case _:
            return one


def _answered(state: State, line: Mapping[str, Any], name: str, at: str) -> State:
    """Take the first answer of somebody the site knows; later ones and strangers' stay on record only."""
    if not line.get("known", True) or state.acknowledged_at:
        return state
    by = str(line.get("by") or "")
    if name in state.channels:
        one = replace(state.channels[name], acknowledged_at=at, by=by)
        return replace(state, channels={**state.channels, name: one}, acknowledged_at=at, by=by)
    return replace(state, acknowledged_at=at, by=by)
