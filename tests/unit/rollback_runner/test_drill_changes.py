from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.drill import changes
from rollback_runner.errors import RecordError

if TYPE_CHECKING:
    from pathlib import Path


def event(task: str, **result: Any) -> str:
    data = {"task": task, "host": "shop", "play": "p", "res": result, "resolved_action": "dns_record"}
    return json.dumps({"event": "runner_on_ok", "created": "2026-01-01T00:00:00", "event_data": data})


def test_only_what_says_that_it_changed_something_counts(tmp_path: Path) -> None:
    lines = [event("SWITCH-03 | Point the names", changed=True), event("SWITCH-03 | Check", changed=False)]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert changes.read(tmp_path) == ["SWITCH-03 | Point the names (shop)"]


def test_without_events_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        changes.read(tmp_path)
