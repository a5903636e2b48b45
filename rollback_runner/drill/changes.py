"""Which tasks of a run say that they changed something: read from the events it was recorded with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rollback_runner.errors import RecordError
from rollback_runner.record.events import parse_event

if TYPE_CHECKING:
    from pathlib import Path


def read(directory: Path) -> list[str]:
    """Name each, with its host. Raises `RecordError` when the events are not there: then nothing is known of it."""
    path = directory / "events.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        seen = [event for line in lines for event in parse_event(json.loads(line))]
    except (OSError, ValueError) as error:
        raise RecordError(f"The events of {directory.name} cannot be read: {error}.") from error
    return [f"{event.name} ({event.host})" for event in seen if event.kind == "result" and event.outcome == "changed"]
