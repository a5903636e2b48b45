"""What the stand-in answers, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A status and a body; `None` is no body at all."""

    status: int
    body: Any = None


class RefusalError(Exception):
    """A request that AWX would refuse."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.answer = Answer(status, body)


def bad(**fields: Any) -> RefusalError:
    """Refuse a request whose fields are wrong: 400, and a sentence for each field."""
    return RefusalError(400, {name: [value] if isinstance(value, str) else value for name, value in fields.items()})


def gone(what: str = "Not found.") -> RefusalError:
    """Refuse because there is no such thing: 404."""
    return RefusalError(404, {"detail": what})


def forbidden(what: str = "You do not have permission to perform this action.") -> RefusalError:
    """Refuse because of who asks: 403."""
    return RefusalError(403, {"detail": what})
