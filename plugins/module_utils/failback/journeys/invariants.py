"""What must hold in the service's data, asked of IDC in a transaction that cannot write."""

from __future__ import annotations

import datetime as dt
import decimal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import FailbackError
from failback.journeys import expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.journeys.model import Invariant
    from failback.mysql import Server

_MOST_ROWS = 200


@dataclass(frozen=True)
class InvariantResult:
    """What one query gave. ``problems`` say what was expected and what came."""

    name: str
    seconds: float
    seen: Any
    problems: tuple[str, ...]

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        found: dict[str, object] = {"invariant": self.name, "seconds": self.seconds, "seen": self.seen}
        return found | ({"problems": list(self.problems)} if self.problems else {})


def check(server: Server, invariants: Sequence[Invariant], *, timeout: float) -> list[InvariantResult]:
    """Ask all of them in one read-only transaction on one snapshot; one that fails does not stop the others.

    One column of one row is compared as a value, anything else as the list of rows (each a list of values).
    """
    server.execute("SET SESSION TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ")
    server.execute("SET SESSION max_execution_time = %s", (int(timeout * 1000),))
    server.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    try:
        with server.deadline(timeout + 5):
            return [_ask(server, one) for one in invariants]
    finally:
        server.execute("ROLLBACK")


def _ask(server: Server, invariant: Invariant) -> InvariantResult:
    begun = time.monotonic()
    try:
        rows = server.rows(invariant.query)
    except FailbackError as error:
        return InvariantResult(invariant.name, _since(begun), None, (f"the query failed: {error}",))
    values = [[plain(value) for value in row.values()] for row in rows]
    seen: Any = values[0][0] if len(values) == 1 and len(values[0]) == 1 else values
    problems = tuple(expect.deviations(seen, invariant.expect, "result"))
    shown = seen if not isinstance(seen, list) or len(seen) <= _MOST_ROWS else [*seen[:_MOST_ROWS], "..."]
    return InvariantResult(invariant.name, _since(begun), shown, problems)


def plain(value: object) -> Any:
    """Turn a database value into one that YAML can write: whole decimals and others become numbers, times text."""
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dt.date | dt.timedelta):
        return str(value)
    return value


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 4)
