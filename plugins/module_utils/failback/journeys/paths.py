"""The part of JSONPath that a person writes by hand: $.a.b, $.list[0], $.list[-1], $['a key'], $.list[*].id. Pure."""

from __future__ import annotations

import re
from typing import Any

from failback.errors import ConfigError

_PART = re.compile(r"\.([^.\[\]'\"]+)|\[(-?\d+)\]|\[(\*)\]|\['([^']*)'\]")


class NotThereError(LookupError):
    """The path leads nowhere in this document; the message names the first part that is missing."""


def parts(path: str, where: str = "") -> list[str | int | None]:
    """Split a path; None stands for [*]. Raises ConfigError, which names ``where`` it stands."""
    place_of = f"{where}: " if where else ""
    if not path.startswith("$"):
        raise ConfigError(f"{place_of}{path!r} is no path: it begins with $")
    found: list[str | int | None] = []
    place = 1
    while place < len(path):
        match = _PART.match(path, place)
        if match is None:
            raise ConfigError(f"{place_of}{path!r} is no path: it cannot be read from {path[place:]!r} on")
        name, index, each, quoted = match.groups()
        found.append(int(index) if index is not None else None if each else (name if name is not None else quoted))
        place = match.end()
    return found


def look_up(document: Any, path: str) -> Any:
    """Return what the path leads to; a path with [*] gives a list. Raises NotThereError or ConfigError."""
    return _walk(document, parts(path), "$")


def _walk(found: Any, left: list[str | int | None], trail: str) -> Any:
    for place, part in enumerate(left):
        if part is None:
            if not isinstance(found, list):
                raise NotThereError(f"{trail} is no list")
            return [_walk(item, left[place + 1 :], f"{trail}[{n}]") for n, item in enumerate(found)]
        if isinstance(part, int):
            if not isinstance(found, list) or not -len(found) <= part < len(found):
                raise NotThereError(f"{trail} has no item {part}")
            found, trail = found[part], f"{trail}[{part}]"
        else:
            if not isinstance(found, dict) or part not in found:
                raise NotThereError(f"{trail} has no {part}")
            found, trail = found[part], f"{trail}.{part}"
    return found
