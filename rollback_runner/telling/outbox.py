"""What is to be told in an incident, and what became of it.

Two journals lie in the incident, each with one kind of writer. ``messages.jsonl`` holds what somebody wanted told:
runs, the sampler and people append to it and never wait, neither for the disk nor for a channel. ``deliveries.jsonl``
holds what became of it: attempts, what a channel took, what was seen to arrive, who answered. Only what stands there
counts as told. All times are ISO 8601 in UTC.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MESSAGES = "messages.jsonl"
DELIVERIES = "deliveries.jsonl"
WAIT = 0.003  # seconds that `put` gives another writer; what does not get through stays in memory for the next call
MOST_UNWRITTEN = 500

Urgency = Literal["low", "normal", "high"]


@dataclass(frozen=True)
class Message:
    """Something to be told once an incident; ``key`` is what makes it the same message.

    ``event`` is what happened (run_began, leg_ended, problem, escalation, ...), ``facts`` the ids of the record's lines
    it rests on. ``urgency`` high goes out by every channel of the audience at once; else by the first that takes it.
    ``needs_answer`` asks for an acknowledgement. ``channels`` replaces those of the audience, ``to`` names one person
    (a key of site_people), ``role`` in which they are told. ``page`` is for a status page: ``status`` (investigating,
    identified, monitoring, resolved), ``impact`` (none, minor, major, critical) and ``components`` ({name: operational,
    degraded_performance, partial_outage, major_outage or under_maintenance}). ``attachments`` are paths of files.
    """

    key: str
    event: str
    audience: str
    language: str
    subject: str
    body: str
    facts: tuple[str, ...] = ()
    urgency: Urgency = "normal"
    needs_answer: bool = False
    channels: tuple[str, ...] = ()
    to: str = ""
    role: str = ""
    page: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The reference that stands in the text sent: what is read back, and what people answer with."""
        return f"RR-{hashlib.sha256(self.key.encode()).hexdigest()[:8].upper()}"


@dataclass(frozen=True)
class Put:
    """What became of a `put`: ``queued`` is on record, ``already`` was there before, else ``why`` not (yet)."""

    queued: bool
    already: bool = False
    why: str = ""


@dataclass(frozen=True)
class Delivery:
    """One message on one channel. A time is "" while the thing has not happened.

    ``possibly_twice`` says that a copy may have arrived whose acceptance was never seen (the messenger was killed, or
    the channel did not answer in time) and that the message was sent again. ``late`` is for one that was sent after a
    newer one, or long after it was written. ``again_at`` is when it is tried again. ``unsure`` is for an attempt whose
    outcome nobody knows; ``asked_at`` and ``asked_by`` for a person's wish to have it sent once more.
    """

    channel: str
    attempts: int = 0
    begun_at: str = ""
    accepted_at: str = ""
    delivered_at: str = ""
    acknowledged_at: str = ""
    by: str = ""
    error: str = ""
    again_at: str = ""
    gave_up: str = ""
    possibly_twice: bool = False
    late: bool = False
    unsure: bool = False
    asked_at: str = ""
    asked_by: str = ""
    reference: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be sent here."""
        return not self.accepted_at and not self.gave_up


@dataclass(frozen=True)
class State:
    """A message with what became of it; ``acknowledged_at`` and ``by`` also count answers given outside a channel."""

    message: Message
    queued_at: str
    seq: int
    channels: Mapping[str, Delivery] = field(default_factory=dict)
    acknowledged_at: str = ""
    by: str = ""
    gave_up: bool = False

    @property
    def accepted_at(self) -> str:
        """When the first channel took it; "" while none has."""
        return min((one.accepted_at for one in self.channels.values() if one.accepted_at), default="")

    @property
    def delivered_at(self) -> str:
        """When it was first seen to have arrived (read back, or answered); "" while it was not."""
        seen = [one.delivered_at for one in self.channels.values() if one.delivered_at]
        return min([*seen, *([self.acknowledged_at] if self.acknowledged_at else [])], default="")

    @property
    def attempts(self) -> int:
        """How often it was handed to any channel."""
        return sum(one.attempts for one in self.channels.values())

    @property
    def error(self) -> str:
        """Why no channel took it; "" once one did."""
        wrong = [f"{one.channel}: {one.error}" for one in self.channels.values() if one.error]
        return "" if self.accepted_at else "; ".join(wrong)

    def as_dict(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "message": asdict(self.message) | {"code": self.message.code},
            "queued_at": self.queued_at,
            "accepted_at": self.accepted_at,
            "delivered_at": self.delivered_at,
            "acknowledged_at": self.acknowledged_at,
            "by": self.by,
            "gave_up": self.gave_up,
            "channels": [asdict(one) for one in self.channels.values()],
        }


_unwritten: dict[Path, list[Message]] = {}
_guard = threading.Lock()


def put(incident: Path, message: Message) -> Put:
    """Put a message on record for the messenger; quick, and never raises: the run that calls this has other worries.

    What cannot be written (the disk is full, another writer hangs) stays in memory and goes first at the next call.
    """
    try:
        with _guard:
            waiting = [*_unwritten.pop(incident, []), message]
            result = Put(queued=False)
            for number, one in enumerate(waiting):
                try:
                    result = _write(incident, one)
                except Exception as error:  # noqa: BLE001 - a full disk or an odd fact must never stop a rollback
                    _unwritten[incident] = waiting[number:][-MOST_UNWRITTEN:]
                    return Put(queued=False, why=str(error))
            return result
    except Exception as error:  # noqa: BLE001 - as above
        return Put(queued=False, why=str(error))


def flush(incident: Path) -> int:
    """Try again to write what could not be written; return how many messages are still only in memory."""
    with _guard:
        waiting = _unwritten.pop(incident, [])
        for number, one in enumerate(waiting):
            try:
                _write(incident, one)
            except Exception:  # noqa: BLE001 - whatever it is, what waits behind it must not be lost with it
                _unwritten[incident] = waiting[number:]
                break
        return len(_unwritten.get(incident, []))


def read(incident: Path) -> list[State]:
    """Read every message in the order in which it was put, with what became of it.

    Raises `failback.journal.JournalError` when a file is there and cannot be read.
    """
    from rollback_runner.telling import deliveries  # noqa: PLC0415 - reading needs both, putting must stay light

    return deliveries.joined(messages(incident), lines(incident / DELIVERIES))


def messages(incident: Path) -> list[State]:
    """Read what was put, knowing nothing of what became of it."""
    return put_in(lines(incident / MESSAGES))


def put_in(found: Iterable[Mapping[str, Any]]) -> list[State]:
    """Pick the messages out of lines of ``messages.jsonl``; the others are about escalations.

    A line that somebody changed such that it is no message any more is passed over: the rest must still be told.
    """
    states = []
    for line in found:
        if line["kind"] == "message":
            with suppress(TypeError, ValueError, KeyError):
                states.append(State(_message(line), str(line["time"]), int(line["seq"])))
    return states


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a journal's whole lines; none when the file is not there yet."""
    return journal.read(path) if path.exists() else []


def epoch(at: str) -> float:
    """Turn a time of the record into seconds since 1970."""
    return datetime.fromisoformat(at).timestamp()


def clock(moment: float) -> str:
    """Write a moment for people: UTC, to the second."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _write(incident: Path, message: Message) -> Put:
    known = {one.name: getattr(message, one.name) for one in fields(message)}
    line = journal.append_once(incident / MESSAGES, "message", wait=WAIT, **known)
    return Put(queued=line is not None, already=line is None)


def _message(line: Mapping[str, Any]) -> Message:
    known = {one.name: line[one.name] for one in fields(Message) if one.name in line}
    for name in ("facts", "channels", "attachments"):
        known[name] = tuple(known.get(name) or ())
    return Message(**known)
