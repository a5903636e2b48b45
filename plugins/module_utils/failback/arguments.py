"""Typed reading of a task's validated arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from failback.errors import ConfigError


class Arguments:
    """The arguments after Ansible's own validation: every reader checks the type once and for all."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def given(self, name: str) -> bool:
        """Whether the argument has a value that says something."""
        return self._values.get(name) not in (None, "", [], {})

    def text(self, name: str, default: str = "") -> str:
        """Read a string."""
        value = self._values.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: float = 0.0) -> float:
        """Read a float; an integer is one too."""
        value = self._values.get(name)
        return default if value is None else float(value)

    def count(self, name: str, default: int = 0) -> int:
        """Read a whole number."""
        value = self._values.get(name)
        return default if value is None else int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read a boolean."""
        value = self._values.get(name)
        return default if value is None else bool(value)

    def texts(self, name: str) -> list[str]:
        """Read a list of strings; absent is empty."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ConfigError(f"the argument {name} must be a list")
        return [str(item) for item in value]

    def values(self, name: str) -> list[Any]:
        """Read a list of anything; absent is empty."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ConfigError(f"the argument {name} must be a list")
        return list(value)

    def mapping(self, name: str) -> dict[str, Any]:
        """Read a dictionary; absent is empty."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise ConfigError(f"the argument {name} must be a dictionary")
        return dict(value)

    def mappings(self, name: str) -> list[dict[str, Any]]:
        """Read a list of dictionaries; absent is empty."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, Sequence) or not all(isinstance(item, Mapping) for item in value):
            raise ConfigError(f"the argument {name} must be a list of dictionaries")
        return [dict(item) for item in value]
