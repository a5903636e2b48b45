"""One answer of the stand-in, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.vercel import shapes


@dataclass(frozen=True)
class Answer:
    """A status, JSON (None: an empty body) and headers."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """The API says no, in its own form."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(status, shapes.error(code, message, **more))
