"""One line of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "moment", "incident", "run", "leg", "item", "act", "fenced", "promoted", "failure", "waiting", "abort",
    "word", "call", "approval", "glass", "message", "breach", "gap", "report",
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is UTC, ISO 8601; `source` names file and line.

    `grave` is what a reader must not miss. `until` is when it ended and `detail` more of it, where the record says so.
    """

    at: str
    kind: Kind
    title: Mapping[str, str]
    item: str = ""
    run: str = ""
    host: str = ""
    grave: bool = False
    source: str = ""
    until: str = ""
    detail: str = ""
    ok: bool = True
    by: str = ""
