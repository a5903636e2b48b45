"""What was seen of a run, typed: the steps a playbook lists, and the tasks that ran.

The item's id stands in the task's name (`XXX-NN | Sentence`, several ids before the bar), so the same facts can be had
from any runner of the same playbooks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["ok", "changed", "skipped", "failed", "refused", "unreachable", "waiting"]
Kind = Literal["play", "task", "started", "result", "retry", "end"]

_NAME = re.compile(r"^(?:.*? : )?(?P<ids>[A-Z]+-\d\d(?:, [A-Z]+-\d\d)*) \| (?P<sentence>.+)$")
# House rule: a task that begins so is a refusal, whatever module carries it out.
REFUSAL = "Stop because"
# And one that begins so can only pass or stop.
CHECK = "Check that"


@dataclass(frozen=True)
class Step:
    """One task as the playbook lists it. `optional` is a task of a rescue section: it need not run.

    `hosts` is the play's pattern.
    """

    play: str
    name: str
    ids: tuple[str, ...]
    optional: bool = False
    hosts: str = ""


@dataclass(frozen=True)
class TaskSeen:
    """One event. `seconds` is the task's duration on that host, `time` when it was seen (UTC, ISO 8601).

    `findings` are what the task found, each with severity, key, sentence and next_step; a blocker fails the item.
    """

    kind: Kind
    time: str
    play: str = ""
    name: str = ""
    ids: tuple[str, ...] = ()
    host: str = ""
    outcome: Outcome | None = None
    seconds: float = 0.0
    message: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    findings: tuple[dict[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """The task's name without its ids."""
        return split_name(self.name)[1]


def split_name(name: str) -> tuple[tuple[str, ...], str]:
    """Split a task's name into its ids and its sentence; a role's name before it is dropped."""
    match = _NAME.match(name)
    if match is None:
        return (), name.rpartition(" : ")[2] if " : " in name else name
    return tuple(match["ids"].split(", ")), match["sentence"]
