"""Events recorded from real runs, and a small plan to judge them by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollback_runner.record.events import parse_event
from rollback_runner.record.seen import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.record.seen import TaskSeen

EVENTS = Path(__file__).resolve().parents[2] / "fixtures" / "events"


@pytest.fixture
def recorded() -> Callable[[str], list[TaskSeen]]:
    """Return a reader of recorded runs."""

    def read(name: str) -> list[TaskSeen]:
        lines = (EVENTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        return [event for line in lines for event in parse_event(json.loads(line))]

    return read


@pytest.fixture
def steps(recorded: Callable[[str], list[TaskSeen]]) -> tuple[Step, ...]:
    """Return the steps of the recorded playbook, as the good run saw them."""
    return tuple(
        dict.fromkeys(
            Step(event.play, event.sentence, event.ids) for event in recorded("success") if event.kind == "task"
        )
    )
