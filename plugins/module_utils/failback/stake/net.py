"""Distinct rows touched since the cut-over, and what became of each. Pure; memory is bounded.

One order that was written and then changed five times is one new order, not six changes. A row is known by the bytes
of its primary key; a table without one has no net view. At the limit the table with most rows loses its view.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
LIMIT = 300_000  # rows remembered over all tables: about 60 MB
_LONG = 16  # bytes; a longer key is remembered by its digest

_NEW, _CHANGED, _REMOVED, _PASSING = 1, 2, 3, 4
# (what it was, what happens) -> what it is; 0 is a row not seen before.
_STEPS = {
    (0, "insert"): _NEW, (0, "update"): _CHANGED, (0, "delete"): _REMOVED,
    (_NEW, "update"): _NEW, (_NEW, "delete"): _PASSING, (_NEW, "insert"): _NEW,
    (_CHANGED, "update"): _CHANGED, (_CHANGED, "delete"): _REMOVED, (_CHANGED, "insert"): _CHANGED,
    (_REMOVED, "insert"): _CHANGED, (_REMOVED, "update"): _CHANGED, (_REMOVED, "delete"): _REMOVED,
    (_PASSING, "insert"): _NEW, (_PASSING, "update"): _NEW, (_PASSING, "delete"): _PASSING,
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """Rows of one table as they are now, against the cut-over. ``passing``: written and removed again since."""

    new: int
    changed: int
    removed: int
    passing: int


class Net:
    """Remembers rows by table and key."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._rows: dict[str, dict[bytes, int]] = {}
        self._held = 0
        self.unknown: dict[str, str] = {}  # tables without a net view, and why

    def add(self, label: str, kind: str, before: bytes | None, after: bytes | None) -> None:
        """Note what happened to a row: ``before`` and ``after`` are its key, None where it was not there."""
        if label in self.unknown:
            return
        if kind == "update" and before != after and after is not None:
            # A row that changed its key is gone under the old one and new under the new one.
            self._step(label, "delete", before)
            self._step(label, "insert", after)
        else:
            self._step(label, kind, after if before is None else before)

    def _step(self, label: str, kind: str, key: bytes | None) -> None:
        short = _short(key)
        if short is None:
            self.forget(label, "no primary key")
            return
        rows = self._rows.setdefault(label, {})
        state = rows.get(short, 0)
        self._held += not state
        rows[short] = _STEPS[state, kind]
        if self._held > self._limit:
            most = max(self._rows, key=lambda name: len(self._rows[name]))
            self.forget(most, "more rows than are remembered")

    def forget(self, label: str, why: str) -> None:
        """Give up the view of one table."""
        self._held -= len(self._rows.pop(label, {}))
        self.unknown.setdefault(label, why)

    def emptied(self, label: str) -> None:
        """Every row of the table is gone: those there were, and those written since."""
        rows = self._rows.get(label, {})
        for key, state in rows.items():
            rows[key] = _STEPS[state, "delete"]

    def rename(self, old: str, new: str) -> None:
        """Follow a table to its new name."""
        _move(self._rows, old, new)
        _move(self.unknown, old, new)
        self._held = sum(len(rows) for rows in self._rows.values())

    def seen(self, label: str) -> Seen | None:
        """Give a table's rows by what became of them; None without a net view."""
        if label in self.unknown or label not in self._rows:
            return None
        count = Counter(self._rows[label].values())
        return Seen(count[_NEW], count[_CHANGED], count[_REMOVED], count[_PASSING])


def _move(kept: dict[str, T], old: str, new: str) -> None:
    kept.pop(new, None)
    if old in kept:
        kept[new] = kept.pop(old)


def _short(key: bytes | None) -> bytes | None:
    if key is None or len(key) <= _LONG:
        return key
    return hashlib.blake2b(key, digest_size=_LONG).digest()
