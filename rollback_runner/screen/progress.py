"""What a view needs while a play runs: the state of each item, what runs now, what it waits for, the forecast."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rollback_runner.plan import history
from rollback_runner.record import rehearsed, verdict

if TYPE_CHECKING:
    from rollback_runner.plan.history import History, Spread
    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import TaskSeen

# House rule: a task that begins so is a bounded wait.
_WAIT = "Wait until"


@dataclass
class Progress:
    """Fed with events; `now` is always handed in (seconds since the phase began), so that tests need no clock."""

    plan: Plan
    past: History
    check: bool = False
    states: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # for a state, where a rehearsal has another word
    finished: dict[str, float] = field(default_factory=dict)
    task: str = ""
    task_since: float = 0.0
    hosts: dict[str, None] = field(default_factory=dict)
    attempt: str = ""
    _seen: list[TaskSeen] = field(default_factory=list)

    def take(self, event: TaskSeen, now: float) -> list[str]:
        """Take an event in and return the items whose state it changed."""
        self._seen.append(event)
        if event.kind == "task":
            self.task, self.task_since, self.attempt, self.hosts = event.sentence, now, "", {}
        elif event.kind == "started":
            self.hosts[event.host] = None
            return [name for name in event.ids if self._set(name, "running")]
        elif event.kind == "retry":
            self.attempt = event.message
        elif event.kind == "result":
            self.hosts.pop(event.host, None)
            return [name for name in event.ids if self._judge(name, now)]
        return []

    def word(self, name: str) -> str:
        """Return the word for an item's state."""
        state = self.states.get(name, "")
        return self.words.get(name, state) if state in verdict.PASSED else state

    @property
    def waiting(self) -> bool:
        """True while the task that runs is a bounded wait."""
        return self.task.startswith(_WAIT)

    def forecast(self, now: float) -> Spread | None:
        """How long the phase will take in all, from past runs and what is finished."""
        return history.forecast(self.past, now, self.finished)

    def late(self, now: float) -> bool:
        """Tell whether the slow case of the forecast is past the budget: time for the contingency, before it breaks."""
        ahead = self.forecast(now)
        return now > self.plan.budget or (ahead is not None and ahead.p90 > self.plan.budget)

    def latest_end(self, now: float, deadline: float) -> str:
        """Return the local clock time at which the run is stopped at the latest."""
        return (
            datetime.fromtimestamp(datetime.now(UTC).timestamp() + deadline - now, UTC)
            .astimezone()
            .strftime("%H:%M:%S")
        )

    def _judge(self, name: str, now: float) -> bool:
        expected = [item for item in self.plan.items if item.id == name]
        found = verdict.judge(expected, self.plan.steps, self._seen, check=self.check)
        if not found:
            return False
        if found[0].status == "not_run":
            return self._set(name, "running")
        if found[0].passed:
            self.finished[name] = now
            self.words[name] = rehearsed.word({"status": found[0].status, "reason": found[0].reason}, check=self.check)
        return self._set(name, found[0].status)

    def _set(self, name: str, state: str) -> bool:
        if self.states.get(name) == state or all(item.id != name for item in self.plan.items):
            return False
        self.states[name] = state
        return True
