"""Which chunks a table is cut into: asked of one side, valid for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.compare import chunks as plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.compare.ledger import Ledger
    from failback.compare.tables import Table
    from failback.mysql import Server


def method(table: Table) -> str:
    """Say how a table is compared."""
    how = (
        f"SHA2-256 of every row, XOR and count by ranges of {table.index}"
        if table.key
        else ("SHA2-256 of every row, XOR, count and sums over the whole table (no key)")
    )
    return f"{how}; only the columns both sides have, as text" if table.portable else how


def planned(server: Server, table: Table, rows: int, ledger: Ledger | None = None) -> Iterator[plan.Chunk]:
    """Cut a table into chunks by what this side says; an earlier run's bounds are used again."""
    if not table.key or not plan.bound_columns(table):
        yield plan.Chunk(table)
        return
    known = ledger.bounds(table.label) if ledger else None
    target = plan.target_rows(table, rows)
    if known is None:
        known = _even(server, table, target)
    if known is not None:
        if ledger:
            ledger.keep_bounds(table.label, known)
        yield from plan.from_bounds(table, known)
        return
    found: list[plan.Bound] = []
    while bound := _next_bound(server, table, found[-1] if found else None, target):
        yield plan.Chunk(table, found[-1] if found else None, bound)
        found.append(bound)
    if ledger:
        ledger.keep_bounds(table.label, found)
    yield plan.Chunk(table, found[-1] if found else None, None)


def _even(server: Server, table: Table, target: int) -> list[plan.Bound] | None:
    query = plan.span_query(table)
    if not query:
        return [] if table.rows_estimate <= plan.MINIMUM_ROWS else None
    span = server.row(query)
    if span.get("low") is None:
        return []
    return plan.even_bounds(int(str(span["low"])), int(str(span["high"])), table.rows_estimate, target)


def _next_bound(server: Server, table: Table, low: plan.Bound | None, target: int) -> plan.Bound | None:
    row = server.row(plan.next_bound_query(table, low, target))
    return tuple(str(value) for value in row.values()) if row else None
