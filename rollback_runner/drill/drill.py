"""A drill in one go: lab reset, faults, traffic, the runs, traffic stopped, ledger and world asked, report."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rollback_runner.drill import scenarios
from rollback_runner.drill.stages import Place, Stages
from rollback_runner.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.drill.scenarios import Run, Scenario


@dataclass(frozen=True)
class Order:
    """What to drill; times in seconds of traffic."""

    site: str
    home: Path
    language: Language
    before: float
    after: float
    reset: bool
    silent: bool
    scenario: str = scenarios.PLAIN
    legs: tuple[str, ...] = ()  # empty: those of the scenario


@dataclass(frozen=True)
class Drilled:
    """The report of the last run, what is not as the scenario expects, and the command's exit code."""

    content: dict[str, Any]
    problems: tuple[str, ...]
    code: int


class Staged(Protocol):
    """A drill in stages: of the failback (stages.py), or of a release (deployment_drill.py)."""

    scenario: Scenario
    seconds: dict[str, float]

    def create(self) -> None:
        """Put the lab where every drill begins, and do the faults that come first."""

    def start_clients(self, name: str) -> int:
        """Start clients with a ledger of this name; return their process."""

    def stop_clients(self, name: str, process: int) -> None:
        """End them, whichever process started them."""

    def faults_under_traffic(self) -> None:
        """Do the faults that come while they write."""

    def carry_out(self, run: Run) -> tuple[dict[str, Any], list[str]]:
        """Carry out one run; return its report, and what is not as expected."""

    def again(self) -> tuple[dict[str, Any], list[str]]:
        """Carry out the last run a second time; return its report, and what it changed."""

    def world(self, serving: str) -> list[str]:
        """Ask the world; return what is not as it must be."""

    def ledger(self, content: dict[str, Any], name: str) -> tuple[dict[str, Any], list[str]]:
        """Compare the clients' ledger with the database; return what was found, and what is wrong."""

    def judged(self, content: dict[str, Any], found: dict[str, Any], problems: list[str]) -> dict[str, Any]:
        """Put all of it into the report."""

    def to_ourselves(self) -> AbstractContextManager[None]:
        """Keep other commands from the lab."""


def stages(scenario: Scenario, place: Place) -> Staged:
    """Give the stages of a scenario. Raises `UsageError` for any site but the lab."""
    if not scenario.application:
        return Stages(scenario, place)
    # Here, because what a release's rollback needs is needed by no other drill.
    from rollback_runner.drill.deployment_drill import ReleaseStages  # noqa: PLC0415 - needs the lab

    return ReleaseStages(scenario, place.home, place.language, silent=place.silent)


def run(order: Order) -> Drilled:
    """Run the drill. Raises `UsageError` for an unknown scenario, and any site but the lab."""
    scenario = scenarios.find(order.scenario)
    if order.legs:
        scenario = scenario.of_legs(order.legs)
    going = stages(scenario, Place(order.site, order.home, order.language, order.silent))
    if order.reset:
        going.create()
    name = ledger_name(scenario)
    problems: list[str] = []
    with going.to_ourselves():
        with _clients(going, name):
            time.sleep(order.before)
            going.faults_under_traffic()
            content, problems = all_runs(going)
            if content["outcome"] != "interrupted":
                time.sleep(order.after)
        found, wrong = going.ledger(content, name)
        problems += wrong
    content = going.judged(content, found, problems)
    return Drilled(content, tuple(problems), exit_code(content, problems))


def all_runs(going: Staged) -> tuple[dict[str, Any], list[str]]:
    """Carry out the runs one after another, up to the first that is not as expected; return the last one's report."""
    for one in going.scenario.runs:
        content, problems = going.carry_out(one)
        if problems or content["outcome"] == "interrupted":
            break
    return content, problems


def ledger_name(scenario: Scenario) -> str:
    """Name a ledger by the moment and what is drilled."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{scenario.name}"


def exit_code(content: dict[str, Any], problems: list[str]) -> int:
    """Tell how the command ends: 0 when all was as expected, however the run ended; else as the run did, at least 1."""
    if content["outcome"] == "interrupted":
        return int(Exit.INTERRUPTED)
    return (int(content["exit_code"]) or int(Exit.FAILED)) if problems else int(Exit.PROVEN)


@contextmanager
def _clients(going: Staged, name: str) -> Iterator[None]:
    """Keep clients writing; they are stopped whatever happens inside."""
    process = going.start_clients(name)
    try:
        yield
    finally:
        going.stop_clients(name, process)
