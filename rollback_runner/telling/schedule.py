"""What is to be sent next on each channel: order, retries, the next channel, and when trying ends. Pure.

On one channel messages go out in the order in which they were put, one at a time; a message that fails is tried again
before any later one, so a channel that comes back tells the story in its order. Meanwhile the next channel of the
message's route takes over: at once when the one before fails, when it is known to be down, when it takes long.
Times are seconds; moments are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rollback_runner.telling.outbox import Delivery, epoch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.telling.outbox import State


_MOST_DOUBLINGS = 20  # of the pause; no number of attempts may be too large to reckon with


@dataclass(frozen=True)
class Rules:
    """How patient the messenger is.

    ``deadline`` is what a channel gets to answer; after ``slow`` of it the next channel is used as well. ``patience``
    is how long a channel that does not take a message is tried, from when it was put. ``late`` is the age from which a
    text says when it was written. ``look`` is how long arrival is looked for.
    """

    slow: float = 10.0
    deadline: float = 60.0
    patience: float = 900.0
    late: float = 60.0
    look: float = 60.0
    first_pause: float = 1.0
    longest_pause: float = 30.0


@dataclass(frozen=True)
class Flight:
    """A message on its way on a channel since this moment."""

    key: str
    since: float


@dataclass(frozen=True)
class Job:
    """Send this now. ``look_first``: an earlier attempt may have arrived, so look before sending again."""

    state: State
    channel: str
    late: bool = False
    twice: bool = False
    look_first: bool = False


@dataclass(frozen=True)
class GiveUp:
    """Try no longer."""

    state: State
    channel: str
    why: str


@dataclass(frozen=True)
class Board:
    """All that is known at one moment: messages in order, each one's route, what is under way, since when we work."""

    states: Sequence[State]
    routes: Mapping[str, Sequence[str]]
    flights: Mapping[str, Flight]
    now: float
    began: float = 0.0
    rules: Rules = field(default_factory=Rules)

    def due(self, channel: str) -> Job | GiveUp | None:
        """Return what is to be done on a free channel now; None when nothing is, or its first message has to wait."""
        troubled = self.troubled
        newest = max((one.seq for one in self.states if _taken(one, channel)), default=0)
        for state in self.states:
            one = state.channels.get(channel, Delivery(channel))
            if not one.open or not (one.asked_at or self._wanted(state, channel, troubled)):
                continue
            since = epoch(one.asked_at or state.queued_at)
            # Time in which no messenger worked is no time in which the channel was tried.
            if one.error and self.now - max(since, self.began) > self.rules.patience:
                return GiveUp(state, channel, f"not taken within {self.rules.patience:g} s: {one.error}")
            if one.again_at and self.now < epoch(one.again_at):
                return None
            late = not one.asked_at and (state.seq < newest or self.now - since > self.rules.late)
            return Job(state, channel, late, one.unsure, look_first=bool(one.error))
        return None

    @property
    def troubled(self) -> frozenset[str]:
        """The channels that take no messages at this moment: their last attempt failed, or it takes long."""
        failed = {one.channel for state in self.states for one in state.channels.values() if one.open and one.error}
        slow = {name for name, flight in self.flights.items() if self.now - flight.since > self.rules.slow}
        return frozenset(failed | slow)

    def _wanted(self, state: State, channel: str, troubled: frozenset[str]) -> bool:
        route = self.routes.get(state.message.key, ())
        if channel not in route:
            return False
        before = route[: route.index(channel)]
        if state.message.urgency == "high" or not before:
            return True
        if state.accepted_at:
            return False
        if self.now - max(epoch(state.queued_at), self.began) > self.rules.slow:
            return True
        return all(name in troubled or not state.channels.get(name, Delivery(name)).open for name in before)


def hopeless(state: State, route: Sequence[str]) -> str:
    """Say why nobody will be told this any more; "" while somebody was or may be."""
    if state.gave_up or state.accepted_at:
        return ""
    if not route:
        return f"the site names no channel for {state.message.to or state.message.audience}"
    over = [state.channels[name].gave_up for name in route if name in state.channels and state.channels[name].gave_up]
    return "; ".join(over) if len(over) == len(route) else ""


def pause(attempts: int, rules: Rules) -> float:
    """Return the seconds to wait after so many attempts."""
    doublings = min(_MOST_DOUBLINGS, max(0, attempts - 1))
    return float(min(rules.longest_pause, rules.first_pause * 2**doublings))


def stamp(moment: float) -> str:
    """Write a moment as the record does."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _taken(state: State, channel: str) -> bool:
    return channel in state.channels and bool(state.channels[channel].accepted_at)
