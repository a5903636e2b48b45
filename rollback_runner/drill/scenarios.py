"""The drills that can be run, read from the lab's scenarios.yml. `drill NAME` and molecule read the same definition."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from rollback_runner.checklist import nearest
from rollback_runner.content import ROOT
from rollback_runner.errors import UsageError
from rollback_runner.plan import ways

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = "plain"
# What the ledger of the clients must have none of: the report's own names.
ZEROS = ("lost_writes", "duplicated_writes", "two_writers_samples")
# Who may take writes in the end. The releases lab has one database, and `good` is the release that was asked for.
SIDES = ("idc", "rds", "nobody", "good")
_SCENARIO = {"title", "aliases", "strategy", "application", "legs", "before", "during", "runs", "rds", "zeros"}
_RUN = {"first", "at", "accept_loss", "expect"}


@dataclass(frozen=True)
class Moment:
    """A fault at an item: when a task whose name holds `task` begins."""

    task: str
    fault: str


@dataclass(frozen=True)
class Expected:
    """How a run must end: its exit code, its outcome in one word, and which side takes writes then."""

    exit: int = 0
    outcome: str = "proven"
    serving: str = "idc"


@dataclass(frozen=True)
class Run:
    """One run of the phases: faults (or their mending) before it, faults within it, and how it must end."""

    expect: Expected = Expected()
    first: tuple[str, ...] = ()
    at: tuple[Moment, ...] = ()
    accept_loss: str = ""


@dataclass(frozen=True)
class Scenario:
    """`before` and `during` are faults of the lab, done before the clients start and while they write.

    `legs` is empty for the whole way. `runs` come one after another. `rds_dead`: RDS does not answer in the end.
    """

    name: str
    titles: Mapping[str, str]
    strategy: str
    legs: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    runs: tuple[Run, ...] = (Run(),)
    rds_dead: bool = False
    zeros: tuple[str, ...] = ZEROS
    aliases: tuple[str, ...] = ()
    # An application of the releases lab (lab/releases); "": the drill is one of the failback.
    application: str = ""

    @property
    def expect(self) -> Expected:
        """How the last run must end, which is how the world must be in the end."""
        return self.runs[-1].expect

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault it does, in order."""
        of_runs = [name for run in self.runs for name in (*run.first, *(moment.fault for moment in run.at))]
        return (*self.before, *self.during, *of_runs)

    def of_legs(self, legs: tuple[str, ...]) -> Scenario:
        """Tell the same scenario for some legs alone: one run that proves them, with nothing said of the end."""
        return replace(self, legs=legs, runs=(replace(self.runs[0], expect=Expected(serving=""), accept_loss=""),))


@dataclass(frozen=True)
class Catalogue:
    """All scenarios by their names, and the names they had before."""

    scenarios: dict[str, Scenario]
    aliases: dict[str, str] = field(default_factory=dict)


@cache
def catalogue() -> Catalogue:
    """Read all scenarios. Raises `UsageError` naming scenario and key when the file cannot be right."""
    rows = yaml.safe_load((ROOT / "lab" / "scenarios.yml").read_text(encoding="utf-8"))
    found = {name: parse(name, row) for name, row in rows.items()}
    return Catalogue(found, {alias: one.name for one in found.values() for alias in one.aliases})


def scenarios() -> dict[str, Scenario]:
    """Give all scenarios by name."""
    return catalogue().scenarios


def find(name: str) -> Scenario:
    """Find a scenario by its name or a former one. Raises `UsageError` with the nearest one, and all there are."""
    known = catalogue()
    real = known.aliases.get(name, name)
    if real not in known.scenarios:
        near = nearest(name, [*known.scenarios, *known.aliases])
        raise UsageError(
            f"There is no drill {name}{near}; there are: {', '.join(known.scenarios)}.",
            next_step="rollback-runner drill --list",
        )
    return known.scenarios[real]


def parse(name: str, row: Mapping[str, Any]) -> Scenario:
    """Read one scenario. Raises `UsageError` naming what is wrong in it."""
    _only(name, row, _SCENARIO)
    application = row.get("application", "")
    usual = Run(Expected(serving="good" if application else "idc"))
    return Scenario(
        name=name,
        titles=row["title"],
        strategy=ways.way(row["strategy"]).strategy,
        legs=tuple(row.get("legs", ())),
        before=tuple(row.get("before", ())),
        during=tuple(row.get("during", ())),
        runs=tuple(_run(name, run) for run in row.get("runs", ())) or (usual,),
        rds_dead=_one_of(name, "rds", row.get("rds", "alive"), ("alive", "dead")) == "dead",
        zeros=tuple(_one_of(name, "zeros", zero, ZEROS) for zero in row.get("zeros", ZEROS)),
        aliases=tuple(row.get("aliases", ())),
        application=application,
    )


def _run(name: str, row: Mapping[str, Any]) -> Run:
    _only(name, row, _RUN)
    expect = Expected(**row.get("expect", {}))
    _one_of(name, "serving", expect.serving, SIDES)
    moments = tuple(Moment(**moment) for moment in row.get("at", ()))
    return Run(expect, tuple(row.get("first", ())), moments, row.get("accept_loss", ""))


def _only(name: str, row: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(row) - known):
        raise UsageError(f"lab/scenarios.yml: {name} has {', '.join(unknown)}, which nothing reads.")


def _one_of(name: str, key: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UsageError(f"lab/scenarios.yml: {name} says {key}: {value}; there are: {', '.join(known)}.")
    return value
