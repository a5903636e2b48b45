"""What the lab was asked to be at its first `up`: kept, so that `reset` brings back the same."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from lab.files import write

if TYPE_CHECKING:
    from lab.paths import LabPaths

DEFAULT_ROWS = 300_000
DEFAULT_TRANSACTIONS = 3_000
# Seconds until a changed `read_only` of the parameter group reaches the instance, as on RDS.
DEFAULT_READ_ONLY_DELAY = 15.0


@dataclass(frozen=True)
class Options:
    """Rows at the cut-over, transactions on RDS since, and how late `read_only` arrives (seconds)."""

    rows: int = DEFAULT_ROWS
    transactions: int = DEFAULT_TRANSACTIONS
    read_only_delay: float = DEFAULT_READ_ONLY_DELAY


def settle(
    paths: LabPaths, *, rows: int | None = None, transactions: int | None = None, read_only_delay: float | None = None
) -> Options:
    """Take what is asked for now, else what was asked for before, else the defaults; and keep it.

    The delay is not kept: a short one asked for by one test must not flatter the next drill.
    """
    path = paths.root / "options.json"
    known = Options(**json.loads(path.read_text())) if path.exists() else Options()
    if rows is not None:
        known = replace(known, rows=rows)
    if transactions is not None:
        known = replace(known, transactions=transactions)
    known = replace(known, read_only_delay=DEFAULT_READ_ONLY_DELAY if read_only_delay is None else read_only_delay)
    write(path, json.dumps(asdict(known), indent=2) + "\n")
    return known
