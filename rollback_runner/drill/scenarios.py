"""The drills that can be run: a strategy and its faults, read from the lab's scenarios.yml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import yaml

from rollback_runner.checklist import nearest
from rollback_runner.content import ROOT
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = "plain"


@dataclass(frozen=True)
class Scenario:
    """`before` and `during` are faults of the lab, done before the clients start and while they write."""

    name: str
    strategy: str
    before: tuple[str, ...]
    during: tuple[str, ...]
    titles: Mapping[str, str]
    # An application of the releases lab (lab/releases); "": the drill is one of the failback.
    application: str = ""


@cache
def scenarios() -> dict[str, Scenario]:
    """Read all scenarios."""
    rows = yaml.safe_load((ROOT / "lab" / "scenarios.yml").read_text(encoding="utf-8"))
    return {
        name: Scenario(
            name,
            row["strategy"],
            tuple(row["before"]),
            tuple(row["during"]),
            row["title"],
            row.get("application", ""),
        )
        for name, row in rows.items()
    }


def find(name: str) -> Scenario:
    """Find a scenario. Raises `UsageError` with the nearest one."""
    known = scenarios()
    if name not in known:
        raise UsageError(
            f"There is no drill {name}{nearest(name, list(known))}; there are: {', '.join(known)}.",
            next_step="rollback-runner drill --help",
        )
    return known[name]
