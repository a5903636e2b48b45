"""Reads everything the gate needs, once, and judges as many commits as are asked for.

Reading is apart from judging: one session gives the rows and the schema, git gives the files; each tree of files is
read once, however many commits share it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from failback.deployment.migrations import alembic, drizzle, flyway, live, repository, table
from failback.deployment.migrations.verdict import Situation, judge
from failback.deployment.migrations.words import words
from failback.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.deployment.migrations.files import Shelf
    from failback.deployment.migrations.gate import Gate, Row
    from failback.deployment.migrations.live import Reader
    from failback.deployment.migrations.schema import Schema
    from failback.deployment.migrations.settings import Settings

_SHELVES: Mapping[str, Callable[[str, str, Mapping[str, bytes]], Shelf]] = {
    "drizzle": drizzle.shelf,
    "alembic": alembic.shelf,
    "flyway": flyway.shelf,
}


@dataclass
class Look:
    """What was read of one application's database, and its repository."""

    settings: Settings
    repository: repository.Repository
    rows: tuple[Row, ...]
    schema: Schema
    _shelves: dict[str, Shelf] = field(default_factory=dict)

    @classmethod
    def at(cls, settings: Settings) -> Self:
        """Read the database. Raises ConfigError, UnreachableError, or RefusedError while a migration is running."""
        with table.session(settings) as reader:
            return cls.through(reader, settings)

    @classmethod
    def through(cls, reader: Reader, settings: Settings) -> Self:
        """Read over a session that is open already. Raises as ``at``."""
        rows = table.rows(reader, settings)
        if busy := live.running(reader, settings.dialect, settings.schema):
            raise RefusedError(
                f"the schema {settings.schema} is being changed ({busy}): wait for it to end, or end it, and look again"
            )
        schema = live.read(reader, settings.dialect, settings.schema)
        if table.rows(reader, settings) != rows:
            raise RefusedError(
                f"{settings.where} changed while it was read: a migration is running. Wait for it to end and look again"
            )
        return cls(settings, repository.Repository(settings.repository), rows, schema)

    def gate(self, target: str, served: str = "", others: Sequence[str] = ()) -> Gate:
        """Judge what the database is to the code of ``target``; ``served`` is the live commit, "" when unknown.

        ``others`` are further commits (those of the list) in which a row's file may be found. Raises RefusedError
        when the clone has not the target's commit.
        """
        others = [name for name in others if repository.is_commit(name)]
        wanted = [name for name in dict.fromkeys((target, served, *others)) if name]
        trees = self.repository.trees(wanted, self.settings.directory)
        if target not in trees:
            self.repository.commit(target)
        notes = []
        if not served:
            notes.append(words("no_live"))
        elif served not in trees:
            notes.append(words("no_live_commit", commit=served[:12], fetch=self.repository.fetch(served)))
        if not any(tree for _, tree in trees.values()):
            raise ConfigError(
                f"no commit has a directory {self.settings.directory!r}: correct deployment_migrations.directory"
            )
        # The live commit keeps its place behind the target's, even when it is the same or is not here.
        order = [target, served if served in trees else target]
        seen_trees = {trees[name][1] for name in order}
        for name in others:
            if name in trees and trees[name][1] not in seen_trees:
                seen_trees.add(trees[name][1])
                order.append(name)
        shelves = tuple(self._shelf(*trees[name]) for name in order)
        # A live commit that is not known matters only where something is not explained without it.
        seen = Situation(self.settings, target, served, self.rows, self.schema, shelves)
        found = judge(seen)
        return judge(replace(seen, notes=tuple(notes))) if notes and found.verdict != "nothing" else found

    def _shelf(self, commit: str, tree: str) -> Shelf:
        if tree not in self._shelves:
            files = self.repository.files(tree)
            self._shelves[tree] = _SHELVES[self.settings.tool](commit, self.settings.directory, files)
        return replace(self._shelves[tree], commit=commit)
