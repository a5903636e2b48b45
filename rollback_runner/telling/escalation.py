"""Escalations: a problem goes up the site's ladder until somebody answers for it, or it is over.

Raising one is a local append, as quick and as harmless as `outbox.put`; the messenger climbs. The first rung (the
commander, where the ladder begins later) is told at once; each further one when its time has come (``after`` seconds of
``site_ladder``, counted from when it was raised), or at once when the rungs below could be reached by no channel. An
acknowledgement stops the climb; so does `settle`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback import journal

from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.site.site import Site
    from rollback_runner.telling.outbox import State

EVENT = "escalation"
CALM = 900.0  # seconds after an answer in which the same trigger does not start at the first rung again
_PREFIX = "escalation"
# What a line must have to be one of ours; one that was damaged is passed over, the others are still climbed.
_NEEDED = {"raised": {"key", "trigger", "sentence", "raised"}, "settled": {"id", "outcome"}}
_NEVER = {"none of ours"}


@dataclass(frozen=True)
class Level:
    """One rung that was told. ``told_at`` is when a channel took it, "" while none has."""

    number: int
    key: str
    role: str
    person: str
    raised_at: str
    told_at: str = ""
    acknowledged_at: str = ""
    by: str = ""
    unreachable: bool = False
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Escalation:
    """One escalation. ``raised`` is in seconds since 1970. ``joined`` names the open one of the same trigger."""

    id: str
    trigger: str
    sentence: Mapping[str, str]
    raised: float
    facts: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    acknowledged_at: str = ""
    by: str = ""
    ended_at: str = ""
    outcome: Mapping[str, str] = field(default_factory=dict)
    joined: str = ""

    @property
    def climbing(self) -> bool:
        """Whether it still goes up: nobody answered, and it is not over."""
        return not self.acknowledged_at and not self.ended_at and not self.joined

    @property
    def level(self) -> int:
        """The highest rung told so far, 0 while none was."""
        return max((one.number for one in self.levels), default=0)


def raise_(  # noqa: PLR0913 - what, where, which, why; all but three have defaults
    incident: Path,
    site: Site,
    trigger: str,
    sentence: Mapping[str, str] | str,
    *,
    occurrence: str = "",
    facts: Sequence[str] = (),
) -> str:
    """Raise an escalation and return its id. Quick, never raises; the same trigger and occurrence only once.

    ``trigger`` says what kind of thing it is and where (``breach:latency_p99@shop``, ``failed:AWS-02@shop-db``);
    ``occurrence`` which time of it (when the breach began, the run's id). ``sentence`` is what is wrong, by language
    (``{"en": ..., "ko": ...}``), and rests on ``facts``, ids of lines of the record. While one of the same trigger is
    open, or was answered less than `CALM` ago, a further occurrence joins it and nobody is told again.
    """
    told = {"en": sentence, "ko": sentence} if isinstance(sentence, str) else dict(sentence)
    name = f"{trigger}#{occurrence}" if occurrence else trigger
    fields = {"trigger": trigger, "sentence": told, "facts": list(facts), "raised": time.time(), "site": site.name}
    _note(incident, "raised", f"{_PREFIX}/{name}", fields)
    return name


def settle(incident: Path, name: str, sentence: Mapping[str, str] | str) -> None:
    """Say that what was escalated is over, and how it ended; nobody further is told. Quick, never raises.

    ``name`` is what `raise_` returned.
    """
    told = {"en": sentence, "ko": sentence} if isinstance(sentence, str) else dict(sentence)
    _note(incident, "settled", f"{_PREFIX}/{name}/settled", {"id": name, "outcome": told})


def read(incident: Path) -> list[Escalation]:
    """Read every escalation of the incident, oldest first. Raises `failback.journal.JournalError`."""
    return escalations(outbox.lines(incident / outbox.MESSAGES), outbox.read(incident))


def escalations(lines: Iterable[Mapping[str, Any]], states: Sequence[State]) -> list[Escalation]:
    """Put together what was raised, whom it was told, who answered and how it ended. Pure."""
    told: dict[str, list[Level]] = {}
    for state in states:
        if state.message.event == EVENT:
            name, _, number = state.message.key.removeprefix(f"{_PREFIX}/").rpartition("/")
            rung = number.partition("r")[0]
            if rung.isdecimal():
                told.setdefault(name, []).append(_level(int(rung), state))
    settled: dict[str, tuple[str, Mapping[str, str]]] = {}
    found: list[Escalation] = []
    everything = [line for line in lines if _NEEDED.get(line["kind"], _NEVER) <= line.keys()]
    for line in everything:
        if line["kind"] == "settled":
            settled.setdefault(str(line["id"]), (str(line["time"]), line["outcome"]))
    for line in everything:
        if line["kind"] == "raised":
            name = str(line["key"]).removeprefix(f"{_PREFIX}/")
            found.append(_escalation(line, name, told.get(name, []), settled.get(name), found))
    return found


def level_key(name: str, number: int, repeat: int = 0) -> str:
    """Return the key of the message to one rung; the last one may be told more than once."""
    return f"{_PREFIX}/{name}/{number}" + (f"r{repeat}" if repeat else "")


def end_key(name: str, kind: str) -> str:
    """Return the key of the message that tells those on the ladder that it is answered, or over."""
    return f"{_PREFIX}/{name}/{kind}"


def _escalation(
    line: Mapping[str, Any],
    name: str,
    levels: Sequence[Level],
    settled: tuple[str, Mapping[str, str]] | None,
    before: Sequence[Escalation],
) -> Escalation:
    answer = min(((one.acknowledged_at, one.by) for one in levels if one.acknowledged_at), default=("", ""))
    trigger, raised = str(line["trigger"]), float(line["raised"])
    return Escalation(
        name,
        trigger,
        line["sentence"],
        raised,
        tuple(line.get("facts") or ()),
        tuple(levels),
        acknowledged_at=answer[0],
        by=answer[1],
        ended_at=settled[0] if settled else "",
        outcome=settled[1] if settled else {},
        joined="" if levels else _open_before(trigger, raised, before),
    )


def _open_before(trigger: str, raised: float, before: Sequence[Escalation]) -> str:
    """Find the escalation of the same trigger that this one belongs to."""
    for one in reversed(before):
        if one.trigger == trigger and not one.joined:
            answered = outbox.epoch(one.acknowledged_at) if one.acknowledged_at else None
            calm = answered is not None and raised - answered < CALM
            return one.id if calm or (answered is None and not one.ended_at) else ""
    return ""


def _level(number: int, state: State) -> Level:
    message = state.message
    return Level(
        number,
        message.key,
        message.role,
        message.to,
        state.queued_at,
        state.accepted_at,
        state.acknowledged_at,
        state.by,
        unreachable=state.gave_up or _refused_by_all(state),
        channels=tuple(one.channel for one in state.channels.values() if one.accepted_at),
    )


def _refused_by_all(state: State) -> bool:
    tried = [state.channels[name] for name in state.message.channels if name in state.channels]
    return bool(tried) and len(tried) == len(state.message.channels) and all(one.error for one in tried)


def _note(incident: Path, kind: str, key: str, fields: Mapping[str, Any]) -> None:
    try:
        journal.append_once(incident / outbox.MESSAGES, kind, key=key, wait=outbox.WAIT, **fields)
    except Exception:  # noqa: BLE001 - whoever sees a problem must be able to go on; the next look raises it again
        return
