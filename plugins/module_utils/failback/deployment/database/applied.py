"""The files of the migrations that the database has: what the schema was made from, and which of them are taken back.

By them a rehearsal knows what the schema must be afterwards, on the same server, whatever tool wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.database.rehearsal import File
from failback.deployment.migrations import drizzle, flyway
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.migrations.files import File as MigrationFile
    from failback.deployment.migrations.gate import Gate, Row
    from failback.deployment.migrations.repository import Repository

_SHELVES = {"drizzle": drizzle.shelf, "flyway": flyway.shelf}


@dataclass(frozen=True)
class Applied:
    """``stay`` and ``undone`` in the order they were applied; ``problem``: why the files cannot say the schema."""

    stay: tuple[File, ...] = ()
    undone: tuple[File, ...] = ()
    problem: str = ""


def read(gate: Gate, rows: Sequence[Row], undo: Sequence[str], repository: Repository, directory: str) -> Applied:
    """Find the file of every row at the live commit, and of those taken back at the commit the gate found them at."""
    if gate.tool not in _SHELVES:
        return Applied(problem=f"{gate.tool} keeps no SQL by which the schema could be made anew")
    ahead = {one.name: one for one in gate.ahead}
    try:
        here = _files(gate.tool, gate.live or gate.target, repository, directory)
        undone = []
        for name in reversed(undo):
            files = _files(gate.tool, ahead[name].commit, repository, directory)
            undone.append(next(one for one in files if one.name == name))
    except FailbackError as error:
        return Applied(problem=str(error))
    except (KeyError, StopIteration):
        return Applied(problem="the file of a migration that is to be taken back is not in the repository")
    applied = [one for one in here if one.name not in undo and any(_is(row, one, gate.tool) for row in rows)]
    if any(row.kind == "baseline" for row in rows):
        return Applied(problem="the history begins with a baseline, so the files do not make the whole schema")
    known = [*applied, *undone]
    if strangers := [row for row in rows if not row.kind and not any(_is(row, one, gate.tool) for one in known)]:
        names = ", ".join(row.name or row.digest[:12] for row in strangers[:3])
        return Applied(problem=f"no file was found for applied migrations ({names})")
    stay = tuple(File(one.name, one.sql) for one in applied)
    return Applied(stay, tuple(File(one.name, one.sql) for one in undone))


def _files(tool: str, commit: str, repository: Repository, directory: str) -> tuple[MigrationFile, ...]:
    tree = repository.trees([commit], directory).get(commit, ("", ""))[1]
    return _SHELVES[tool](commit, directory, repository.files(tree)).files


def _is(row: Row, file: MigrationFile, tool: str) -> bool:
    if tool == "flyway":
        return row.name == file.name
    return row.digest in file.digests
