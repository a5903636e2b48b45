"""Make a manifest of a server, and compare a server with one. Reads only; chunks run several at once."""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.compare.access import may_read_all
from failback.compare.chunks import Chunk
from failback.compare.definition_diff import definition_differences
from failback.compare.definitions import Definitions, read_definitions
from failback.compare.digests import Question, Sums
from failback.compare.manifest import ChunkEntry, Manifest, TableEntry
from failback.compare.model import Comparison, TableResult
from failback.compare.options import Options
from failback.compare.planner import method, planned
from failback.compare.progress import Progress
from failback.compare.sides import Side
from failback.compare.tables import Table, read_tables
from failback.compare.throttle import Throttle
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from failback.mysql import Login

AGAINST = "the manifest"
_AHEAD = 3  # chunks on their way for each worker
_COLUMNS = ("column", "column order")


@dataclass(frozen=True)
class _Look:
    """One server at one moment."""

    side: Side
    definitions: Definitions
    tables: dict[str, Table]
    throttle: Throttle
    progress: Progress

    def answers(self, asked: Iterable[Chunk]) -> Iterator[tuple[Chunk, Sums, float]]:
        """Give what the server says of each chunk, in their order."""
        pending: deque[tuple[Chunk, Future[tuple[Sums, float]]]] = deque()
        for chunk in asked:
            self.throttle.wait()
            pending.append((chunk, self.side.submit(Question(chunk, self.side.name))))
            if len(pending) > self.side.workers * _AHEAD:
                yield self._answer(*pending.popleft())
        while pending:
            yield self._answer(*pending.popleft())

    def _answer(self, chunk: Chunk, future: Future[tuple[Sums, float]]) -> tuple[Chunk, Sums, float]:
        sums, seconds = future.result()
        self.progress.add(sums.rows)
        return chunk, sums, seconds


@contextmanager
def _look(login: Login, schemas: Sequence[str], options: Options, progress: Progress, name: str) -> Iterator[_Look]:
    with Side.open(login, name, options.workers, options.timeout) as side:
        side.snapshot()
        may_read_all(side.control, schemas)
        throttle = Throttle((side,), max_running=options.max_running, busy=options.busy, patience=options.patience)
        definitions, tables = read_definitions(side.control, schemas), read_tables(side.control, schemas)
        yield _Look(side, definitions, tables, throttle, progress)
        progress.begin("done")


def build(
    login: Login,
    schemas: Sequence[str],
    options: Options | None = None,
    progress: Progress | None = None,
    name: str = "server",
) -> Manifest:
    """Read everything of a server at one moment. Raises ``failback.errors``."""
    chosen = options or Options()
    with _look(login, schemas, chosen, progress or Progress(), name) as look:
        tables = look.tables
        look.progress.begin("rows", sum(table.rows_estimate for table in tables.values()))
        chunks: dict[str, list[ChunkEntry]] = {label: [] for label in tables}
        control = look.side.control
        asked = (chunk for table in tables.values() for chunk in planned(control, table, chosen.chunk_rows))
        for chunk, sums, _ in look.answers(asked):
            chunks[chunk.table.label].append(ChunkEntry(chunk.low, chunk.high, sums))
        version = control.text("SELECT @@version")
    entries = {
        label: TableEntry(label, table.key, table.index, tuple(chunks[label])) for label, table in tables.items()
    }
    taken = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Manifest(look.side.uuid, version, look.side.position, taken, tuple(schemas), look.definitions, entries)


def check(
    login: Login,
    manifest: Manifest,
    options: Options | None = None,
    progress: Progress | None = None,
    name: str = "IDC",
) -> Comparison:
    """Compare a server with a manifest; a difference is named by the chunk it lies in. Raises ``failback.errors``."""
    begun = time.monotonic()
    with _look(login, manifest.schemas, options or Options(), progress or Progress(), name) as look:
        labels = sorted({*look.tables, *manifest.tables})
        if not labels:
            raise FailbackError(f"there is no table in {', '.join(manifest.schemas)}: nothing was compared")
        results = {label: TableResult(label, "exists on one side only") for label in labels}
        look.progress.begin("rows", manifest.rows)
        comparison = Comparison(
            list(results.values()),
            definition_differences(look.definitions, manifest.definitions, AGAINST),
            {name: look.side.position, AGAINST: manifest.position},
            against=AGAINST,
        )
        _compare(look, manifest, results)
        comparison.throttled_seconds = look.throttle.seconds
    comparison.seconds = time.monotonic() - begun
    return comparison


def _compare(look: _Look, manifest: Manifest, results: dict[str, TableResult]) -> None:
    common = [look.tables[label] for label in sorted(look.tables.keys() & manifest.tables.keys())]
    asked = (chunk for table in common for chunk in _chunks(table, manifest.tables[table.label]))
    totals = {table.label: Sums() for table in common}
    for chunk, sums, seconds in look.answers(asked):
        label = chunk.table.label
        result, entry = results[label], manifest.tables[label]
        result.seconds += seconds
        result.chunks += 1
        totals[label] += sums
        recorded = next((kept.sums for kept in entry.chunks if (kept.low, kept.high) == (chunk.low, chunk.high)), None)
        if recorded is not None and sums != recorded:
            result.notes.append(f"{chunk.what}: {sums.rows} rows, the manifest has {recorded.rows}, and they differ")
    for table in common:
        result, recorded, found = results[table.label], manifest.tables[table.label].sums, totals[table.label]
        result.compared, result.method = True, method(table)
        result.rows_idc, result.rows_aws = found.rows, recorded.rows
        result.digest_idc, result.digest_aws = found.digest, recorded.digest
        if not _same_columns(look.definitions, manifest.definitions, table.label):
            counts = f"{found.rows} on IDC, {recorded.rows} in the manifest"
            result.notes = [f"its columns are defined differently, so its rows could only be counted: {counts}"]
        elif (found.rows, found.xor) != (recorded.rows, recorded.xor) and not result.notes:
            result.notes.append(f"{found.rows} rows, the manifest has {recorded.rows}, and they differ")


def _chunks(table: Table, entry: TableEntry) -> Iterator[Chunk]:
    """Cut the table as the manifest did, or not at all where its key is another one."""
    if (table.key, table.index) != (entry.key, entry.index):
        yield Chunk(table)
        return
    for kept in entry.chunks:
        yield Chunk(table, kept.low, kept.high)


def _same_columns(left: Definitions, right: Definitions, label: str) -> bool:
    one, other = (
        {part: text for part, text in side["table", label].parts.items() if part[0] in _COLUMNS}
        for side in (left, right)
    )
    return one == other
