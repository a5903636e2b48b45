"""Commands that are loaded when they are called: whoever asks for one does not wait for the libraries of all others."""

from __future__ import annotations

import importlib
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Commands(MutableMapping[str, click.Command]):
    """Commands by name. ``places`` says where each is: `file.name` below rollback_runner.cli, imported on first use."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._found: dict[str, click.Command | str] = dict(places)
        self.loaded: Callable[[click.Command], None] = lambda _command: None  # hears of each, once

    def __getitem__(self, name: str) -> click.Command:
        """Return a command. Raise KeyError for an unknown one."""
        found = self._found[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(".")
            found = getattr(importlib.import_module(f"{__package__}.{module}"), attribute)
            assert isinstance(found, click.Command)
            self.loaded(found)
            self._found[name] = found
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found
