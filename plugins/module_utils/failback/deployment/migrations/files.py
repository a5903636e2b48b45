"""Migrations as files at a commit, in one form for every tool. Pure data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from failback.deployment.migrations.gate import Known


@dataclass(frozen=True)
class File:
    """One migration at one commit.

    ``digests``: every value the tool may have written into its table for these bytes (line ends differ between
    checkouts). ``order`` sorts the files of one commit. ``parents`` only where the tool keeps a graph (Alembic).
    ``snapshot`` and ``before`` are the schema after and before it, as the tool's own JSON, None where it keeps none.
    """

    name: str
    path: str
    content: bytes
    digests: frozenset[str]
    order: tuple[int, ...] = ()
    when: int = 0
    parents: tuple[str, ...] = ()
    repeatable: bool = False
    snapshot: bytes | None = None
    before: bytes | None = None

    @property
    def sql(self) -> str:
        """The file as text; what is no UTF-8 is replaced, as the tools themselves do."""
        return self.content.decode("utf-8", "replace")

    @cached_property
    def sha256(self) -> str:
        """The digest of the file's bytes."""
        return hashlib.sha256(self.content).hexdigest()

    def known(self, commit: str) -> Known:
        """Return it as the gate tells it."""
        return Known(self.name, self.path, self.sha256, commit, self.when)


@dataclass(frozen=True)
class Shelf:
    """Every migration of one commit, in order. ``layout`` tells the tool's forms apart (0.x, v1)."""

    commit: str
    files: tuple[File, ...]
    layout: str = ""
    odd: tuple[str, ...] = ()  # what is wrong with the commit's own files, as keys of words.py


def line_ends(content: bytes) -> tuple[bytes, ...]:
    """Return the bytes as they are, and as checkouts with other line ends would hold them."""
    plain = content.replace(b"\r\n", b"\n")
    return tuple(dict.fromkeys((content, plain, plain.replace(b"\n", b"\r\n"))))
