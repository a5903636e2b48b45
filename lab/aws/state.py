"""What the reconciler has made true so far. It writes this file; the server reads it to answer truthfully."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class State:
    """`instance_status` in AWS's words; `parameters`: what the server has; `records`: digest of what is published."""

    instance_status: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    records: str = ""
    wanted_status: str = ""
    problem: str = ""


def read_state(path: Path | None) -> State:
    """Return what is on file; an empty state where there is none or it cannot be read."""
    if path is None:
        return State()
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return State()


def write_state(path: Path, state: State) -> None:
    """Replace the file in one step."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(state)) + "\n", encoding="utf-8")
    new.replace(path)
