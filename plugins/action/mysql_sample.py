"""Compare a sample of every table on both sides at FINAL. See plugins/modules/mysql_sample.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import sample
from failback.action import FailbackAction, Outcome
from failback.both import both, connected
from failback.catch_up import executed
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Login, Row, Server, Value
from failback.timing import Timings

if TYPE_CHECKING:
    from failback.arguments import Arguments

Sides = tuple[Server, Server]


class ActionModule(FailbackAction):
    """Read-only: it can only pass or stop."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "final": {"type": "str", "default": ""},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "tables": {"type": "int", "default": 16},
        "rows": {"type": "int", "default": 500},
        "accept_loss": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Compare, unless RDS is silent and its loss was accepted."""
        try:
            return self._sample(args)
        except UnreachableError as error:
            if not args.text("accept_loss") or not str(error).startswith("RDS"):
                raise
            why = "RDS does not answer and its loss was accepted: there is nothing to compare with"
            return Outcome(changed=False, evidence={"compared": False, "why": why, "rds": str(error)})

    def _sample(self, args: Arguments) -> Outcome:
        """Compare. Raises RefusedError when a difference is found, FailbackError when a side cannot be read."""
        final = GtidSet.parse(args.text("final"))
        if not final and not self.check_mode and not args.text("accept_loss"):
            raise ConfigError("there is no FINAL position: RDS must be fenced first")
        logins = (Login.from_dict(args.mapping(side), f"db_{side}") for side in ("idc", "aws"))
        timings = Timings()
        with connected(*logins) as sides:
            if sides[0].number("SELECT @@GLOBAL.read_only") == 0:
                why = "IDC is already open for writes and has moved on from FINAL; it was compared before that"
                return Outcome(changed=False, evidence={"final": str(final), "compared": False, "why": why})
            with timings.step("plan"):
                tables, left_out, differences = self._tables(sides, final, args)
                chunks = _plan(sides[0], tables, args.count("rows"), str(final))
            with timings.step("compare"):
                compared, found = _compare(sides, chunks)
            differences += found
        evidence: dict[str, object] = {
            "final": str(final),
            "tables": len(tables),
            "chunks": sum(len(part) for part in chunks),
            "rows_compared": sum(compared.values()),
            "rows_by_table": compared,
            "not_sampled": [table.label for table in left_out],
            "differences": differences,
            "method": "SHA2-256 of every row, XOR, count and sums by chunk, newest rows of every table",
            "seconds": timings.as_evidence(),
        }
        if self.check_mode:
            # Before the fence the two sides differ by what is still on its way: told, not held against them.
            return Outcome(changed=False, after={"equal": not differences}, evidence=evidence)
        if differences:
            raise RefusedError(
                f"IDC and RDS differ at FINAL: {'; '.join(differences[:3])}{' ...' if len(differences) > 3 else ''}."  # noqa: PLR2004
                " IDC was not opened; find out who wrote IDC, or put RDS back in service (rollback-runner abort)",
                evidence,
            )
        return Outcome(changed=False, before=None, after={"equal": True}, evidence=evidence)

    def _tables(
        self, sides: Sides, final: GtidSet, args: Arguments
    ) -> tuple[tuple[sample.Table, ...], tuple[sample.Table, ...], list[str]]:
        """Read both sides' tables; those to sample, those left out, and what is defined differently."""
        query = sample.COLUMNS.format(schemas=sample.schema_list(args.texts("schemas")))

        def read(server: Server) -> tuple[GtidSet, tuple[sample.Table, ...]]:
            return executed(server), sample.tables_from(server.rows(query))

        (idc_set, idc_tables), (_, aws_tables) = both(lambda: read(sides[0]), lambda: read(sides[1]))
        missing = final - idc_set
        if missing and not self.check_mode:
            raise RefusedError(
                f"IDC lacks {missing.count()} transactions of FINAL, so there is nothing to compare yet: salvage first",
                {"missing": str(missing)[:2000]},
            )
        if not aws_tables:
            raise FailbackError(
                f"RDS shows no table in {', '.join(args.texts('schemas'))}: check db_schemas and grants"
            )
        differences = sample.schema_differences(idc_tables, aws_tables)
        shared = {table.label for table in aws_tables}
        same = [table for table in idc_tables if table.label in shared and _same(table, aws_tables)]
        chosen, left_out = sample.choose(same, args.count("tables"), args.count("rows"))
        return chosen, left_out, differences


def _same(table: sample.Table, others: tuple[sample.Table, ...]) -> bool:
    """Whether one query fits both sides."""
    twin = next(other for other in others if other.label == table.label)
    return (twin.columns, twin.key) == (table.columns, table.key)


def _plan(idc: Server, tables: tuple[sample.Table, ...], rows: int, seed: str) -> list[list[sample.Chunk]]:
    query = sample.range_query(tables, rows)
    spans: dict[int, tuple[Value, Value]] = {}
    if query:
        spans = {int(str(row["t"])): (row["low"], row["high"]) for row in idc.rows(query)}
    return [sample.plan_chunks(table, rows, spans.get(index), seed) for index, table in enumerate(tables)]


def _compare(sides: Sides, chunks: list[list[sample.Chunk]]) -> tuple[dict[str, int], list[str]]:
    """Ask both sides for the sums of every chunk; rows compared by table, and the differences found."""
    queries = [sample.table_query(part) for part in chunks]

    def ask(server: Server) -> list[list[Row]]:
        return [server.rows(query) for query in queries]

    left, right = both(lambda: ask(sides[0]), lambda: ask(sides[1]))
    compared: dict[str, int] = {}
    differences: list[str] = []
    for part, idc_rows, aws_rows in zip(chunks, left, right, strict=True):
        label = part[0].table.label
        for chunk, idc_row, aws_row in zip(part, idc_rows, aws_rows, strict=True):
            idc, aws = sample.Sums.from_row(idc_row), sample.Sums.from_row(aws_row)
            for side, sums in (("IDC", idc), ("RDS", aws)):
                if sums.digested != sums.rows:
                    raise FailbackError(f"{side} could not digest {sums.rows - sums.digested} rows of {label}")
            if chunk.what != sample.COUNT_ONLY:
                compared[label] = compared.get(label, 0) + idc.rows
            if idc != aws and len(differences) < sample.NAMED_LIMIT:
                differences.extend(_name(sides, chunk, idc, aws))
    return compared, list(dict.fromkeys(differences))[: sample.NAMED_LIMIT]


def _name(sides: Sides, chunk: sample.Chunk, idc: sample.Sums, aws: sample.Sums) -> list[str]:
    """Name the rows of a chunk that differ."""
    label = chunk.table.label
    if chunk.what == sample.COUNT_ONLY:
        return [f"{label} has {idc.rows} rows on IDC and {aws.rows} on RDS"]
    query = sample.rows_query(chunk)
    left, right = both(lambda: sides[0].rows(query), lambda: sides[1].rows(query))
    named = sample.differing_rows(left, right)
    return [f"{label} {row}" for row in named] or [f"{label}, {chunk.what}: the digests differ"]
