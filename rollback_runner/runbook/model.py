"""The parts of a runbook: steps and what a person types in them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Code:
    """One piece to paste. `said` is the key of the sentence above it, "" for none, `values` are filled into it.

    Where `typed` is false it is only to be read and compared.
    """

    text: str
    said: str = ""
    values: dict[str, str] = field(default_factory=dict)
    typed: bool = True


@dataclass(frozen=True)
class Step:
    """One step. `key` names its texts, `items` the items of the checklist that it carries out or proves.

    `no_return`: after it there is no way back. `undo` empty: the text alone says what to do.
    """

    key: str
    items: tuple[str, ...]
    do: tuple[Code, ...]
    see: tuple[Code, ...] = ()
    undo: tuple[Code, ...] = ()
    no_return: bool = False
