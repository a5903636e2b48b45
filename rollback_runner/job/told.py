"""What a callback of Ansible is told, written down as ansible-runner writes its events: one form for every reader.

So the same parser, verdict and report serve a run of our command, a job that keeps its own record, and AWX's events.
Pure apart from the clock: names and results in, mappings out.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Task:
    """A task as the callback knows it. `name` is without its role, as ansible-runner has it."""

    uuid: str
    name: str
    action: str
    role: str = ""
    path: str = ""


@dataclass
class Teller:
    """For one playbook; `ident` is its file's name without the ending."""

    ident: str
    _play: str = ""
    _began: dict[tuple[str, str], float] = field(default_factory=dict)

    def play(self, name: str) -> dict[str, Any]:
        """Tell that a play begins."""
        self._play = name
        return self._event("playbook_on_play_start", {"name": name})

    def task(self, task: Task) -> dict[str, Any]:
        """Tell that a task begins, for all its hosts."""
        return self._event("playbook_on_task_start", _of(task))

    def started(self, task: Task, host: str) -> dict[str, Any]:
        """Tell that a task begins on a host."""
        self._began[(task.uuid, host)] = time.monotonic()
        return self._event("runner_on_start", {**_of(task), "host": host})

    def retry(self, task: Task, host: str, result: Mapping[str, Any]) -> dict[str, Any]:
        """Tell that a task is tried again."""
        return self._event("runner_retry", {**_of(task), "host": host, "res": dict(result)})

    def result(self, kind: str, task: Task, host: str, result: Mapping[str, Any]) -> dict[str, Any]:
        """Tell how a task ended on a host; `kind` is ok, failed, skipped or unreachable."""
        began = self._began.pop((task.uuid, host), None)
        seconds = 0.0 if began is None else round(time.monotonic() - began, 6)
        return self._event(f"runner_on_{kind}", {**_of(task), "host": host, "duration": seconds, "res": dict(result)})

    def end(self) -> dict[str, Any]:
        """Tell that the playbook is at its end."""
        return self._event("playbook_on_stats", {})

    def _event(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "uuid": str(uuid.uuid4()),
            "event": kind,
            "created": datetime.now(UTC).isoformat(),
            "runner_ident": self.ident,
            "event_data": {"play": self._play, **data},
        }


def _of(task: Task) -> dict[str, Any]:
    told = {"task": task.name, "task_uuid": task.uuid, "task_action": task.action, "task_path": task.path}
    return told | ({"role": task.role} if task.role else {})
