"""The stages of a drill of the failback: create, prepare, converge, again, verify, destroy.

`rollback-runner drill NAME` goes through them in one process, molecule in one process each; what a stage must know of
the one before is kept beside the lab (kept.py). The clients run in a container of the lab and know nothing of it.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import incident
from failback.errors import FailbackError

from rollback_runner.content import ROOT
from rollback_runner.drill import changes, clients, command, expectation, moments
from rollback_runner.drill.figures import metrics
from rollback_runner.errors import Exit, RunnerError, UsageError
from rollback_runner.people.room import shared
from rollback_runner.plan import ways
from rollback_runner.record import making, report, store
from rollback_runner.run import ansible_run, carry
from rollback_runner.run.aside import Aside
from rollback_runner.run.options import Options
from rollback_runner.site import baseline, inventory
from rollback_runner.site import site as sites
from rollback_runner.telling import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.drill.scenarios import Run, Scenario
    from rollback_runner.site.site import Site

LAB = (ROOT / "inventories" / "lab").resolve()  # the one site a drill may have
# What of a way is carried out a second time. Preparing, signing and telling belong to an incident that is open, closing
# RDS and restoring to an IDC that does not serve yet.
_REPEATED = frozenset({"emergency", "emergency:open", "full"})


@dataclass(frozen=True)
class Place:
    """Where a drill takes place, and how much it says."""

    site: str
    home: Path
    language: Language
    silent: bool


class Stages:
    """One drill of one scenario. Raises `UsageError` for any site but the lab, or a playbook that cannot be read."""

    def __init__(self, scenario: Scenario, place: Place) -> None:
        self.scenario = scenario
        self._place = place
        self.seconds: dict[str, float] = {}
        self._home = place.home
        self._way = ways.way(scenario.strategy)
        self._legs = scenario.legs or tuple(leg.name for leg in self._way.legs)
        # A playbook that cannot be read is no reason to reset a lab and start clients.
        for leg in self._legs:
            playbook = ways.named(scenario.strategy, leg).playbook
            ansible_run.list_steps(ROOT / "playbooks" / playbook, inventory.locate(place.site))
        self._site: Site = sites.load(place.site)
        _only_the_lab(self._site)

    @property
    def alone(self) -> bool:
        """Whether only some legs are drilled: such a drill is signed by nobody, which is on its record."""
        return ways.PREPARE.name not in self._legs

    def create(self) -> None:
        """Set the lab back to "migrated and failing", record the baseline, do the faults that come first."""
        # After a drill RDS is closed, so the lab as a whole is not well: it is set back, not waited for.
        self._lab("reset" if _stands() else "up")
        # What an earlier drill set aside is of a history that is gone now.
        shutil.rmtree(self._home / "quarantine" / self._site.name, ignore_errors=True)
        incident.close(self._home, self._site.name)
        recorded = baseline.record(self._place.site, self._home, renew=False, say=lambda _line: None)
        if not recorded.passed:
            told = "; ".join(f"{one.host}: {one.message}" for one in recorded.failures)
            raise RunnerError(
                f"The lab's baseline could not be recorded: {told}.", next_step="rollback-runner baseline"
            )
        for fault in self.scenario.before:
            self._lab("fault", fault)

    def start_clients(self, name: str) -> int:
        """Start clients that write; return their process."""
        return clients.start(self._home, name).pid

    def stop_clients(self, name: str, _process: int) -> None:
        """End the clients, whichever process started them."""
        clients.stop(name)

    def faults_under_traffic(self) -> None:
        """Do the faults that come while the clients write."""
        for fault in self.scenario.during:
            self._lab("fault", fault)

    def carry_out(self, run: Run) -> tuple[dict[str, Any], list[str]]:
        """Carry out one run with its faults; return its report, and what is not as the scenario expects."""
        for fault in run.first:
            self._lab("fault", fault)
        with moments.watched(self._home, run.at, command.LAB) as faults:
            content = self._carry_out(self._legs, accept_loss=run.accept_loss)
        problems = expectation.of_run(run.expect, content, faults)
        return content, problems + self.world(run.expect.serving)

    def again(self) -> tuple[dict[str, Any], list[str]]:
        """Carry the last run out a second time; return its report, and what it changed although all was done."""
        run = self.scenario.runs[-1]
        legs = tuple(leg for leg in self._legs if leg in _REPEATED)
        before = self._observed()
        content = self._carry_out(legs, accept_loss=run.accept_loss)
        problems = expectation.of_run(run.expect, content)
        changed = changes.read(store.find(self._home, content["run"]).directory)
        return content, problems + expectation.of_repeat(changed, before, self._observed(), content["run"])

    def world(self, serving: str) -> list[str]:
        """Ask the world whether this side serves ("" asks nothing); return what is not as it must be then."""
        if not serving:
            return []
        words = ["world", "--serving", serving, *(["--rds-dead"] if self.scenario.rds_dead else [])]
        wrong: list[str] = json.loads(command.ask(self._home, *words))["wrong"]
        return wrong

    def ledger(self, content: dict[str, Any], name: str) -> tuple[dict[str, Any], list[str]]:
        """Compare the clients' ledger with the database that must hold every acknowledged write now."""
        quarantine = self._home / "quarantine" / self._site.name
        found = clients.check(self._home, name, expectation.side(content), quarantine)
        return found, expectation.of_ledger(self.scenario, found)

    def judged(self, content: dict[str, Any], found: dict[str, Any], problems: list[str]) -> dict[str, Any]:
        """Put what clients and world say into the run's report; a proven run with problems is proven no more."""
        content["metrics"] = metrics(found)
        if problems and content["exit_code"] == Exit.PROVEN:
            content |= {"status": "failed", "outcome": "unproven", "exit_code": int(Exit.FAILED)}
            content["failures"].append(_failure(problems))
        directory = store.find(self._home, content["run"])
        store.write_json(directory, "ledger.json", found)
        report.write(directory, content)
        self._close(content)
        return content

    @contextmanager
    def to_ourselves(self) -> Iterator[None]:
        """Hold the lab's own lock: a reset in the middle of a drill would look like lost writes."""
        with (self._home / ".lab" / "lab.lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RunnerError(
                    "Another lab command is at work here.", next_step="wait until it has ended"
                ) from error
            yield

    def _carry_out(self, legs: tuple[str, ...], *, accept_loss: str) -> dict[str, Any]:
        said = self._site.directory / "answers.yml"
        asked = carry.Asked(
            legs,
            self._place.site,
            self._home,
            self._place.language,
            yes=True,
            answers=str(said) if said.exists() else None,
            silent=self._place.silent,
            strategy=self.scenario.strategy,
        )
        options = Options(
            reason="drill",
            drill=self.scenario.name,
            takeover=carry.takeover(self._home, self._site.name),
            break_glass="" if ways.PREPARE.name in legs else f"drill of {', '.join(legs)} alone",
            accept_loss=accept_loss,
        )
        return carry.carry_out(asked, options, lambda _shown, _question: "")

    def _close(self, content: dict[str, Any]) -> None:
        """Tell the incident what the clients saw; one that is over ends, with what works beside it."""
        place = incident.current(self._home, self._site.name)
        if place is not None:
            with suppress(FailbackError, RunnerError):  # what was kept before stands then
                seen = measure.service_level(self._home, place, self._site.name, shared(self._site), time.time())
                incident.keep(place, measure.NAME, seen)
            making.make(self._home, place, self._site)
        if content["exit_code"] == Exit.PROVEN and not self.alone:
            # One that failed stays open to be looked at.
            incident.close(self._home, self._site.name)
            if place is not None:
                Aside(self._site, self._home, place, self._say).seal()

    def _observed(self) -> dict[str, Any]:
        observed: dict[str, Any] = json.loads(command.ask(self._home, "world"))["observed"]
        return observed

    @property
    def _say(self) -> Callable[[str], None]:
        return say_nothing if self._place.silent else say

    def _lab(self, *words: str) -> None:
        command.lab(self._home, *words, silent=self._place.silent)


def say(line: str) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{line}\n")


def say_nothing(_line: str) -> None:
    """Say nothing."""


def _only_the_lab(site: Site) -> None:
    """Refuse any site but the lab: a drill resets, spoils and destroys. Raises `UsageError`."""
    if site.directory != LAB:
        raise UsageError(
            f"{site.name} is not the lab, and a drill destroys data on purpose.",
            next_step=f"rollback-runner rehearse -i {site.directory}, or drill backup: both touch nothing",
        )


def _failure(problems: list[str]) -> dict[str, Any]:
    return {
        "phase": "drill",
        "ids": [],
        "host": clients.CLIENT,
        "task": "Ask the clients' ledger and the world",
        "status": "failed",
        "message": f"{'; '.join(problems)}; see ledger.json",
    }


def _stands() -> bool:
    argv = ["docker", "container", "inspect", clients.CLIENT]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0
