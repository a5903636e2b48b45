"""The part of a sentence that shows values: ``{{ name.part or other | filter(2) }}``. Pure.

It reads like Jinja and is the little of it that a sentence needs: values, a second choice, and how a figure is written.
Made ready by reading, without code being generated, because an emergency has no second to spare for that; and it can
do nothing else, whoever wrote the template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN = re.compile(r"\{\{(.*?)\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_TEXT = re.compile(r'"([^"{}]*)"')
_FILTER = re.compile(r"([a-z_]+)(?:\((\d+)\))?")


class NotReadableError(ValueError):
    """What stands between the braces is no value."""


class NotThereError(LookupError):
    """The fact is there, but not the part of it that would be shown."""


@dataclass(frozen=True)
class Shown:
    """One value: the first of its choices that is there and not empty, and how it is written."""

    choices: tuple[str, ...]
    filters: tuple[tuple[Callable[..., str], tuple[int, ...]], ...] = ()

    @property
    def facts(self) -> frozenset[str]:
        """The facts it shows."""
        return frozenset(one.partition(".")[0] for one in self.choices if not one.startswith('"'))

    def write(self, values: Mapping[str, Any]) -> str:
        """Write the value. Raises `NotThereError`."""
        found: Any = None
        there = False
        for choice in self.choices:
            try:
                found, there = _find(choice, values), True
            except NotThereError:
                continue
            if found not in ("", None):
                break
        if not there:
            raise NotThereError(self.choices[0])
        for apply, options in self.filters:
            found = apply(found, *options)
        return str(found)


def parts(text: str, filters: Mapping[str, Callable[..., str]]) -> tuple[str | Shown, ...]:
    """Take a sentence apart into words and values. Raises `NotReadableError`."""
    if "{%" in text or "{#" in text:
        raise NotReadableError("a sentence shows values and chooses words, nothing more")
    found: list[str | Shown] = []
    last = 0
    for match in _SHOWN.finditer(text):
        found += [text[last : match.start()], _shown(match[1].strip(), filters)]
        last = match.end()
    found.append(text[last:])
    if any("{{" in one or "}}" in one for one in found if isinstance(one, str)):
        raise NotReadableError("braces are opened and not closed")
    return tuple(one for one in found if one)


def write(sentence: tuple[str | Shown, ...], values: Mapping[str, Any]) -> str:
    """Put words and values together. Raises `NotThereError` where a value is missing."""
    return "".join(one if isinstance(one, str) else one.write(values) for one in sentence)


def _shown(text: str, filters: Mapping[str, Callable[..., str]]) -> Shown:
    value, *named = (part.strip() for part in text.split("|"))
    choices = tuple(part.strip() for part in value.split(" or "))
    if not all(_NAME.fullmatch(one) or _TEXT.fullmatch(one) for one in choices):
        raise NotReadableError(f"{value!r} is no value: a sentence shows values and chooses words, nothing more")
    made = []
    for one in named:
        match = _FILTER.fullmatch(one)
        if match is None or match[1] not in filters:
            raise NotReadableError(f"{one!r} is no way to write a value; there are {', '.join(sorted(filters))}")
        made.append((filters[match[1]], (int(match[2]),) if match[2] else ()))
    return Shown(choices, tuple(made))


def _find(choice: str, values: Mapping[str, Any]) -> Any:
    if match := _TEXT.fullmatch(choice):
        return match[1]
    found: Any = values
    for part in choice.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise NotThereError(choice)
        found = found[part]
    return found
