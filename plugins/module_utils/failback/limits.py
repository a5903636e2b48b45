"""Limits a site may set by name, such as how far a figure may be from its baseline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def read(variable: str, data: Mapping[str, object], known: Iterable[str]) -> dict[str, float]:
    """Return the numbers that ``data``, the value of ``variable``, sets. Raises ConfigError for anything else."""
    names = list(known)
    if unknown := sorted(set(data) - set(names)):
        raise ConfigError(f"{variable} does not know {', '.join(unknown)}; it knows {', '.join(names)}")
    try:
        return {name: float(str(value)) for name, value in data.items()}
    except ValueError as error:
        raise ConfigError(f"{variable}: every value is a number: {error}") from error
