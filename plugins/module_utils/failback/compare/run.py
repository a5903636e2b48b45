"""Compare two servers: definitions, then every row of every table. Reads only.

Chunks are planned on RDS, the side that stands still, and both servers are asked the same at once. What differs is
narrowed to rows afterwards. An answer that is missing, an error or a server that goes away ends the comparison with
that error: it can never come out as equal.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from failback.compare.access import may_read_all
from failback.compare.contents import with_contents
from failback.compare.definition_diff import definition_differences
from failback.compare.definitions import Definitions, read_definitions
from failback.compare.digests import Question, Sums
from failback.compare.explain import explain
from failback.compare.ledger import Ledger
from failback.compare.model import Comparison, RowDifference, TableResult
from failback.compare.narrow import differing_rows
from failback.compare.options import Options
from failback.compare.planner import method, planned
from failback.compare.progress import Progress
from failback.compare.render import readable
from failback.compare.sides import Pair, opened
from failback.compare.tables import Table, read_tables, shared
from failback.compare.throttle import Throttle
from failback.errors import FailbackError, RefusedError
from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from failback.compare.chunks import Chunk
    from failback.mysql import Login

_AHEAD = 3  # chunks on their way for each worker


def compare(
    idc: Login, aws: Login, schemas: Sequence[str], options: Options | None = None, progress: Progress | None = None
) -> Comparison:
    """Compare everything in the schemas. Raises ``failback.errors``; RefusedError where it would mean nothing."""
    chosen = options or Options()
    with opened(idc, aws, chosen.workers, chosen.timeout) as pair:
        return _Run(pair, schemas, chosen, progress or Progress()).result()


class _Table:
    """One table under comparison."""

    def __init__(self, table: Table, result: TableResult) -> None:
        self.table, self.result = table, result
        self.idc, self.aws = Sums(), Sums()
        self.differing: list[tuple[Chunk, int]] = []


class _Run:
    def __init__(self, pair: Pair, schemas: Sequence[str], options: Options, progress: Progress) -> None:
        self.pair, self.schemas, self.options, self.progress = pair, schemas, options, progress
        self.throttle = Throttle(
            pair.sides, max_running=options.max_running, busy=options.busy, patience=options.patience
        )

    def result(self) -> Comparison:
        begun = time.monotonic()
        self._take_positions()
        for side in self.pair.sides:
            may_read_all(side.control, self.schemas)
        left, right = self.pair.both(lambda server: read_definitions(server, self.schemas))
        tables, one_sided = self._tables()
        comparison = Comparison(
            [*(entry.result for entry in tables), *one_sided],
            definition_differences(left, right),
            {"IDC": self.pair.idc.position, "RDS": self.pair.aws.position},
        )
        ledger = Ledger(self.options.ledger, self._identity(right))
        try:
            self._read_all(tables, ledger)
        finally:
            ledger.close()
        self.progress.begin("differences")
        self._narrow(tables, comparison)
        if not comparison.tables:
            raise FailbackError(f"there is no table in {', '.join(self.schemas)} on either side: nothing was compared")
        comparison.seconds = time.monotonic() - begun
        comparison.throttled_seconds = self.throttle.seconds
        self.progress.begin("done")
        return comparison

    def _take_positions(self) -> None:
        """Have both sides stand still, or see one moment each, and check that IDC has what it must."""
        idc, aws = self.pair.sides
        if idc.uuid == aws.uuid:
            raise RefusedError(f"IDC and RDS are one and the same server ({idc.uuid}): correct the inventory")
        aws.snapshot()
        if self.options.mode == "strict":
            idc.snapshot()
        else:
            idc.position = idc.executed()
        missing = GtidSet.parse(self.options.final) - GtidSet.parse(idc.position)
        if missing:
            raise RefusedError(
                f"IDC lacks {missing.count()} transactions of FINAL, so there is nothing to compare yet: salvage first",
                {"missing": str(missing)[:2000]},
            )

    def _identity(self, definitions: Definitions) -> dict[str, object]:
        """Say what an earlier run's results hold for."""
        live = self.options.mode == "explained"
        return {
            "servers": [side.uuid for side in self.pair.sides],
            "positions": [self.options.final if live else self.pair.idc.position, self.pair.aws.position],
            "definitions": sorted(definition.digest for definition in definitions.values()),
            "schemas": list(self.schemas),
            "chunk_rows": self.options.chunk_rows,
        }

    def _tables(self) -> tuple[list[_Table], list[TableResult]]:
        left, right = self.pair.both(lambda server: read_tables(server, self.schemas))
        wanted = self.options.tables
        if wanted is not None and (unknown := wanted - left.keys() - right.keys()):
            raise FailbackError(f"neither side has {', '.join(sorted(unknown))}")
        both, one_sided = [], []
        for label in sorted(left.keys() | right.keys()):
            if wanted is not None and label not in wanted:
                continue
            if label not in left or label not in right:
                one_sided.append(TableResult(label, f"exists only on {'IDC' if label in left else 'RDS'}"))
                continue
            table = shared(left[label], right[label])
            both.append(_Table(table, TableResult(label, method(table))))
        both.sort(key=lambda entry: (-entry.table.rows_estimate * max(1, entry.table.row_length), entry.result.label))
        return both, one_sided

    def _read_all(self, tables: Sequence[_Table], ledger: Ledger) -> None:
        """Ask both sides for the sums of every chunk; some chunks ahead, so that no worker waits for the other side."""
        self.progress.begin("rows", sum(entry.table.rows_estimate for entry in tables))
        pending: deque[tuple[_Table, Chunk, list[Future[tuple[Sums, float]]]]] = deque()
        for entry in tables:
            for chunk in planned(self.pair.aws.control, entry.table, self.options.chunk_rows, ledger):
                entry.result.chunks += 1
                if (kept := ledger.proven(chunk)) is not None:
                    entry.idc, entry.aws = entry.idc + kept, entry.aws + kept
                    entry.result.resumed += 1
                    self.progress.add(kept.rows, earlier=True)
                    continue
                self.throttle.wait()
                pending.append((entry, chunk, [side.submit(Question(chunk, side.name)) for side in self.pair.sides]))
                if len(pending) > self.options.workers * _AHEAD:
                    self._settle(*pending.popleft(), ledger)
        while pending:
            self._settle(*pending.popleft(), ledger)
        for entry in tables:
            entry.result.compared = True
            entry.result.rows_idc, entry.result.rows_aws = entry.idc.rows, entry.aws.rows
            entry.result.digest_idc, entry.result.digest_aws = entry.idc.digest, entry.aws.digest

    def _settle(self, entry: _Table, chunk: Chunk, answers: list[Future[tuple[Sums, float]]], ledger: Ledger) -> None:
        (idc, first), (aws, second) = (answer.result() for answer in answers)
        entry.idc, entry.aws = entry.idc + idc, entry.aws + aws
        entry.result.seconds += first + second
        if idc == aws:
            ledger.keep_equal(chunk, idc)
        else:
            entry.differing.append((chunk, max(idc.rows, aws.rows)))
        self.progress.add(max(idc.rows, aws.rows))

    def _narrow(self, tables: Sequence[_Table], comparison: Comparison) -> None:
        """Name the rows; in mode explained, have IDC's binary log explain them."""
        everything: list[RowDifference] = []
        for entry in tables:
            found = self._rows_of(entry)
            if self.options.mode == "explained":
                everything += with_contents(self.pair, entry.table, found)
                continue
            entry.result.named = list(with_contents(self.pair, entry.table, found[: self.options.named]))
            comparison.readable += _told(entry, [(row, "") for row in entry.result.named])
        if self.options.mode == "explained":
            self._explain(tables, everything, comparison)

    def _rows_of(self, entry: _Table) -> list[RowDifference]:
        """Find and count the rows that differ; keeps as many as will be looked at."""
        kept: list[RowDifference] = []
        for chunk, rows in entry.differing:
            counted = 0
            for row in differing_rows(self.pair, chunk, rows):
                counted += 1
                _count(entry.result, row)
                if self.options.mode == "explained" or len(kept) < self.options.named:
                    kept.append(row)
            if not counted and self.options.mode == "strict":
                entry.result.notes.append(f"{chunk.what}: the digests differ, and no row that does could be found")
        return kept

    def _explain(self, tables: Sequence[_Table], rows: Sequence[RowDifference], comparison: Comparison) -> None:
        if not rows or self.options.changes is None:
            return
        until = self.pair.idc.executed()  # read after the rows: no change they show can be missing
        comparison.positions = {**comparison.positions, "IDC explained until": until}
        found = explain(rows, self.options.changes(self.options.final, until))
        comparison.partial = found.partial
        by_label = {entry.result.label: entry for entry in tables}
        for label, number in found.by_table.items():
            by_label[label].result.explained = number
        unexplained: dict[str, list[tuple[RowDifference, str]]] = {}
        for row, reason in found.unexplained:
            unexplained.setdefault(row.table, []).append((row, reason))
        for label, entries in sorted(unexplained.items()):
            named = entries[: self.options.named]
            by_label[label].result.named = [row for row, _ in named]
            comparison.readable += _told(by_label[label], named, sum(row.weight for row, _ in entries))


def _count(result: TableResult, row: RowDifference) -> None:
    more = row.times[0] - row.times[1]
    if row.columns:
        result.only_idc += row.kind == "only_idc"
        result.only_aws += row.kind == "only_aws"
        result.content += row.kind == "content"
    elif more > 0:
        result.only_idc += more
    else:
        result.only_aws -= more


def _told(entry: _Table, named: Sequence[tuple[RowDifference, str]], total: int | None = None) -> list[str]:
    lines = []
    for row, reason in named:
        lines += [f"{line}{f' - {reason}' if reason else ''}" for line in readable(row)]
    left = (entry.result.differing if total is None else total) - sum(row.weight for row, _ in named)
    return [*lines, f"{entry.result.label}: and {left} more rows"] if named and left > 0 else lines
