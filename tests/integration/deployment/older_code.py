"""Code written for the schema of tests/fixtures/deployment/statements.yml, its statements in older_code.yml beside it.

``outcomes`` runs every statement and keeps its rows, or the error it got. A migration called compatible must leave
each outcome that was no error as it was; an error that goes away (a rule was lifted) harms nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONG = "가" * 20 + "😀" * 29 + "e"
_FILE = Path(__file__).parents[2] / "fixtures/deployment/older_code.yml"
STATEMENTS: dict[str, list[str]] = yaml.safe_load(
    _FILE.read_text(encoding="utf-8").replace("{LONG}", LONG).replace("{NAME}", "😀" * 20).replace("{BIO}", "b" * 100)
)
# Columns the older code knows: SELECT * may give more, and it takes those it knows by their names.
KNOWN = {
    "mysql": "id email name status age points score balance note bio active tags level user_id total code placed kind",
    "postgresql": "id email name state age score balance bio tags level nick user_id total code",
}


@dataclass(frozen=True)
class Outcome:
    """What one statement gave: its rows, or the error."""

    sql: str
    rows: tuple[Any, ...]
    error: str = ""


def outcomes(run: Callable[[str], Sequence[Mapping[str, Any]]], dialect: str) -> list[Outcome]:
    """Run all of the older code's statements, each by itself."""
    found = []
    for sql in STATEMENTS[dialect]:
        try:
            rows = run(sql)
        except Exception as problem:  # noqa: BLE001 - whatever a driver raises is an outcome
            found.append(Outcome(sql, (), f"{type(problem).__name__}: {problem}"[:200]))
            continue
        names = KNOWN[dialect].split() if sql.startswith("SELECT *") else None
        found.append(Outcome(sql, tuple(tuple(_taken(row, names)) for row in rows)))
    return found


def _taken(row: Mapping[str, Any], names: Sequence[str] | None) -> list[Any]:
    return [repr(value) for key, value in row.items() if names is None or key in names]


def harmed(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[str]:
    """Return what no longer works, or works in another way."""
    return [
        f"{old.sql[:90]}: {new.error or (old.rows, new.rows)}"
        for old, new in zip(before, after, strict=True)
        if not old.error and old != new
    ]
