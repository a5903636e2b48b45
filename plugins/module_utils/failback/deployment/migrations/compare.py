"""The rows of the tool's table against the files of commits: what is ahead, unknown, edited, pending, skipped. Pure.

The first commit is the target's. A row whose file the target has not, but another known commit has, is *ahead*. A row
that no known commit has is *unknown* (another branch, a file that was removed). A row whose file exists with other
content is *edited*: what ran is not what the file says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.migrations import alembic, flyway
from failback.deployment.migrations.gate import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from failback.deployment.migrations.files import File, Shelf
    from failback.deployment.migrations.gate import Tool


@dataclass(frozen=True)
class At:
    """A file, and the commit whose bytes are meant."""

    file: File
    commit: str


@dataclass(frozen=True)
class Ahead(At):
    """An applied file that the target's code does not know, with its row or rows."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Compared:
    """What the table and the files say together. Everything is in the order it was applied.

    ``failed``: the tool itself recorded that it broke off. ``unrecorded``: files of any commit with no row, which may
    have run in part. ``newest``: the applied file with the highest order, whose snapshot the schema should match.
    """

    ahead: tuple[Ahead, ...] = ()
    unknown: tuple[Row, ...] = ()
    edited: tuple[tuple[Row, At], ...] = ()
    failed: tuple[tuple[Row, At | None], ...] = ()
    pending: tuple[File, ...] = ()
    skipped: tuple[File, ...] = ()
    out_of_order: tuple[At, ...] = ()
    unrecorded: tuple[At, ...] = ()
    newest: At | None = None
    rows_after: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compare(tool: Tool, rows: Sequence[Row], shelves: Sequence[Shelf]) -> Compared:
    """Compare; the first shelf is the target's."""
    if tool == "alembic":
        return _alembic(rows, shelves)
    return _matched(tool, _effective(rows) if tool == "flyway" else list(rows), shelves)


def _matched(tool: Tool, rows: Sequence[Row], shelves: Sequence[Shelf]) -> Compared:
    """Match rows with files by name or by digest (Drizzle, Flyway)."""
    target, baseline = (
        shelves[0],
        max((flyway.version(row.name[1:]) for row in rows if row.kind == "baseline"), default=()),
    )
    applied = [row for row in rows if row.success and not row.kind]
    ahead: dict[frozenset[str], Ahead] = {}
    unknown: list[Row] = []
    edited: list[tuple[Row, At]] = []
    matched: list[tuple[Row, At]] = []
    for row in applied:
        found, exact = _find(tool, row, shelves)
        if found is None:
            unknown.append(row)
        elif not exact:
            edited.append((row, found))
        else:
            matched.append((row, found))
            if found.commit != target.commit:
                before = ahead.get(found.file.digests)
                ahead[found.file.digests] = Ahead(found.file, found.commit, (*(before.rows if before else ()), row))
    known = {one.file.name for _, one in (*matched, *edited)}
    failed = tuple((row, _find(tool, row, shelves)[0]) for row in rows if not row.success)
    lacking = [one for one in target.files if one.name not in known and not _below(one, baseline)]
    skipped = [one for one in lacking if _is_skipped(tool, one, target, matched)]
    return Compared(
        ahead=tuple(ahead.values()),
        unknown=tuple(unknown),
        edited=tuple(edited),
        failed=failed,
        pending=tuple(one for one in lacking if one not in skipped),
        skipped=tuple(skipped),
        out_of_order=tuple(_late(matched)),
        unrecorded=tuple(_unrecorded(shelves, known, baseline)),
        newest=max((pair for pair in matched if not pair[1].file.repeatable), key=_rank, default=(None, None))[1],
        notes=("line_ends",) if any(_other_ends(tool, row, at) for row, at in matched) else (),
    )


def _find(tool: Tool, row: Row, shelves: Sequence[Shelf]) -> tuple[At | None, bool]:
    """Find a row's file, and whether it is the very content that ran.

    What the target has under that name comes first: other content there means that the target knows another past.
    """
    target, others = shelves[0], shelves[1:]
    here, exact = _in(tool, row, target)
    if here is not None and not here.digests and here.repeatable and others:
        # Nobody can compute its checksum: it is known when the live code has the very same file.
        exact = any(one.name == here.name and one.content == here.content for one in others[0].files)
    if here is not None and (exact or not here.repeatable):
        return At(here, target.commit), exact
    same: At | None = At(here, target.commit) if here is not None else None
    for shelf in others:
        there, exact = _in(tool, row, shelf)
        if there is not None and exact:
            return At(there, shelf.commit), True
        same = same or (At(there, shelf.commit) if there is not None else None)
    return same, False


def _in(tool: Tool, row: Row, shelf: Shelf) -> tuple[File | None, bool]:
    """Find a row's file among those of one commit."""
    if tool == "flyway":
        named = next((one for one in shelf.files if one.name == row.name), None)
        return named, named is not None and row.digest in named.digests
    exact = [one for one in shelf.files if row.digest in one.digests]
    if exact:
        # Two files of the same bytes are told apart by name (v1) or time.
        best = next((one for one in exact if row.name == one.name), None)
        return best or next((one for one in exact if row.when == one.when), exact[0]), True
    # A row that 0.x wrote has no name, and the millisecond; one of v1 has the folder's name, and the second.
    return next((one for one in shelf.files if _same_place(row, one)), None), False


def _same_place(row: Row, file: File) -> bool:
    return row.name == file.name or (row.when > 0 and row.when == file.when)


def _is_skipped(tool: Tool, file: File, target: Shelf, matched: Sequence[tuple[Row, At]]) -> bool:
    """Whether the target's own tool would never apply it, because something newer was applied."""
    if file.repeatable or (tool == "drizzle" and target.layout != "0.x"):
        return False
    if tool == "drizzle":
        return file.when <= max((row.when for row, _ in matched), default=-1)
    return file.order < max((at.file.order for _, at in matched if not at.file.repeatable), default=())


def _late(matched: Sequence[tuple[Row, At]]) -> Iterator[At]:
    """Yield what was applied after something newer: the order in the table is not that of the files."""
    newest: tuple[int, ...] = ()
    for row, at in matched:
        if at.file.repeatable:
            continue
        mine = _rank((row, at))
        if mine < newest:
            yield at
        newest = max(newest, mine)


def _rank(pair: tuple[Row, At]) -> tuple[int, ...]:
    # The row's own time: a folder of v1 keeps the second, the row that 0.x wrote the millisecond.
    return (pair[0].when,) if pair[0].when else pair[1].file.order


def _unrecorded(shelves: Sequence[Shelf], known: set[str], baseline: tuple[int, ...]) -> Iterator[At]:
    """Yield every file that no row tells of, once, whichever commit has it."""
    seen: set[tuple[str, str]] = set()
    for shelf in shelves:
        for one in shelf.files:
            key = (one.name, one.sha256)
            if one.name in known or one.repeatable or key in seen or _below(one, baseline):
                continue
            seen.add(key)
            yield At(one, shelf.commit)


def _below(file: File, baseline: tuple[int, ...]) -> bool:
    return bool(baseline) and not file.repeatable and file.order <= baseline


def _other_ends(tool: Tool, row: Row, at: At) -> bool:
    return tool == "drizzle" and row.digest != at.file.sha256 and row.digest in at.file.digests


def _effective(rows: Sequence[Row]) -> list[Row]:
    """Flyway adds rows and never changes one: the last row of a name says how it is."""
    last: dict[str, Row] = {}
    for row in rows:
        last.pop(row.name, None)
        last[row.name] = row
    return [row for row in last.values() if row.kind not in {"undone", "deleted"}]


def _alembic(rows: Sequence[Row], shelves: Sequence[Shelf]) -> Compared:
    """Take the newest revisions and their ancestors as applied."""
    where: dict[str, At] = {}
    for shelf in shelves:
        for one in shelf.files:
            where.setdefault(one.name, At(one, shelf.commit))
    graph = {name: at.file for name, at in where.items()}
    heads = [row.name for row in rows]
    applied = alembic.ancestors(heads, graph)
    mine = {one.name: one for one in shelves[0].files}
    by_head = {row.name: row for row in rows}
    ahead = [
        Ahead(at.file, at.commit, (by_head.get(name, Row({}, name)),))
        for name, at in _by_ancestry(where, applied)
        if name not in mine
    ]
    kept = applied & mine.keys()
    covered = {parent for name in kept for parent in graph[name].parents}
    edited = [
        (by_head.get(one.name, Row({}, one.name)), At(mine[one.name], shelves[0].commit))
        for shelf in shelves[1:2]
        for one in shelf.files
        if one.name in kept and one.digests != mine[one.name].digests
    ]
    lost = {parent for name in applied for parent in graph[name].parents if parent not in graph}
    return Compared(
        ahead=tuple(ahead),
        unknown=(*(row for row in rows if row.name not in graph), *(Row({}, name) for name in sorted(lost))),
        edited=tuple(edited),
        pending=tuple(one for one in shelves[0].files if one.name not in applied),
        unrecorded=tuple(at for name, at in where.items() if name not in applied),
        rows_after=tuple(sorted(kept - covered)),
    )


def _by_ancestry(where: dict[str, At], applied: Iterable[str]) -> list[tuple[str, At]]:
    """Order the applied revisions so that ancestors come first, whichever commits they are of."""
    wanted, done = set(applied), dict[str, At]()
    while len(done) < len(wanted):
        ready = sorted(
            name
            for name in wanted - done.keys()
            if all(parent in done or parent not in wanted for parent in where[name].file.parents)
        )
        if not ready:  # revisions that are each other's ancestors: take them by name rather than never end
            ready = sorted(wanted - done.keys())
        done |= {name: where[name] for name in ready}
    return list(done.items())
