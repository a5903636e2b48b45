"""A drill: lab reset, faults, traffic, the whole way, traffic stopped, ledger checked, figures into the report.

The clients run in a container of the lab and know nothing of what is done; each drill keeps its own ledger.
"""

from __future__ import annotations

import fcntl
import os
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
from rollback_runner.drill import clients, scenarios
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
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site


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
    legs: tuple[str, ...] = ()  # empty: all of the scenario's strategy


def run(order: Order) -> tuple[dict[str, Any], int]:
    """Run the drill; return the report with the ledger's figures in it, and the exit code."""
    scenario = scenarios.find(order.scenario)
    legs = order.legs or tuple(leg.name for leg in ways.way(scenario.strategy).legs)
    # A playbook that cannot be read is no reason to reset a lab and start clients.
    for leg in legs:
        playbook = ways.named(scenario.strategy, leg).playbook
        ansible_run.list_steps(ROOT / "playbooks" / playbook, inventory.locate(order.site))
    site = sites.load(order.site)
    _only_the_lab(site)
    quarantine = order.home / "quarantine" / site.name
    if order.reset:
        # After a drill RDS is closed, so the lab as a whole is not well: it is set back, not waited for.
        _lab(order, "reset" if _stands() else "up")
        # What an earlier drill set aside is of a history that is gone now.
        shutil.rmtree(quarantine, ignore_errors=True)
        incident.close(order.home, site.name)
        _baseline(order)
        for fault in scenario.before:
            _lab(order, "fault", fault)
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    said = site.directory / "answers.yml"
    asked = carry.Asked(
        legs,
        order.site,
        order.home,
        order.language,
        yes=True,
        answers=str(said) if said.exists() else None,
        silent=order.silent,
        strategy=scenario.strategy,
    )
    # A drill of some legs alone is signed by nobody; that is on its record.
    alone = "" if ways.PREPARE.name in legs else f"drill of {', '.join(legs)} alone"
    with _lab_to_ourselves(order.home):
        with clients.running(order.home, name):
            time.sleep(order.before)
            for fault in scenario.during:
                _lab(order, "fault", fault)
            options = Options(
                reason="drill",
                drill=order.scenario,
                takeover=carry.takeover(order.home, site.name),
                break_glass=alone,
            )
            content = carry.carry_out(asked, options, lambda _shown, _question: "")
            if content["outcome"] != "interrupted":
                time.sleep(order.after)
        # The side that serves must hold every acknowledged write: RDS, where the rollback was given up.
        serving = "rds" if content["promoted"] == "no" else "idc"
        found, passed = clients.check(order.home, name, serving, quarantine)
    content["metrics"] = metrics(found)
    run_directory = store.find(order.home, content["run"])
    if not passed and content["exit_code"] == Exit.PROVEN:
        content |= {"status": "failed", "outcome": "unproven", "exit_code": int(Exit.FAILED)}
        content["failures"].append(_ledger_failure(found))
    store.write_json(run_directory, "ledger.json", found)
    report.write(run_directory, content)
    place = incident.current(order.home, site.name)
    if place is not None:
        with suppress(FailbackError, RunnerError):  # what was kept before stands then
            seen = measure.service_level(order.home, place, site.name, shared(site), time.time())
            incident.keep(place, measure.NAME, seen)
        making.make(order.home, place, site)  # with what the clients saw
    if content["exit_code"] == Exit.PROVEN and not alone:
        # It is over and told: what works beside an incident ends with it. One that failed stays open to be looked at.
        incident.close(order.home, site.name)
        if place is not None:
            Aside(site, order.home, place, lambda said: _say(order, said)).seal()
    return content, int(content["exit_code"])


def _say(order: Order, said: str) -> None:
    if not order.silent:
        sys.stderr.write(f"{said}\n")


def metrics(found: dict[str, Any]) -> dict[str, Any]:
    """Flatten what the ledger's check says: the report's figures are numbers, details go beside them."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if name in {"lists", "passed"}:
            continue
        if isinstance(value, dict):
            flat[name] = value.get("total", value.get("count", sum(n for n in value.values() if isinstance(n, int))))
            flat[f"{name}_detail"] = value
        else:
            flat[name] = round(value, 3) if isinstance(value, float) else value
    return flat


def _only_the_lab(site: Site) -> None:
    """Refuse any site but the lab: a drill resets, spoils and destroys. Raises `UsageError`."""
    if site.directory != (ROOT / "inventories" / "lab").resolve():
        raise UsageError(
            f"{site.name} is not the lab, and a drill destroys data on purpose.",
            next_step=f"rollback-runner rehearse -i {site.directory}, or drill backup: both touch nothing",
        )


def _ledger_failure(found: dict[str, Any]) -> dict[str, Any]:
    counts = {name: len(writes) for name, writes in found.get("lists", {}).items() if writes}
    told = (
        ", ".join(f"{name} {count}" for name, count in counts.items())
        or "no acknowledged write, no samples of both sides, or two writers at once"
    )
    return {
        "phase": "drill",
        "ids": [],
        "host": clients.CLIENT,
        "task": "Compare the ledger with IDC",
        "status": "failed",
        "message": f"the clients' ledger does not match: {told}; see ledger.json",
    }


def _stands() -> bool:
    argv = ["docker", "container", "inspect", clients.CLIENT]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


def _lab(order: Order, *words: str) -> None:
    environment = os.environ | {"RR_HOME": str(order.home), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "lab", *words]
    done = subprocess.run(argv, cwd=ROOT, env=environment, check=False, stdout=sys.stderr if order.silent else None)
    if done.returncode != 0:
        raise RunnerError(f"The lab could not be brought up: `lab {' '.join(words)}` ended with {done.returncode}.",
                          next_step="rollback-runner lab status")  # fmt: skip


def _baseline(order: Order) -> None:
    """Record what the full phase compares with: once, kept from then on."""
    recorded = baseline.record(order.site, order.home, renew=False, say=lambda _line: None)
    if not recorded.passed:
        told = "; ".join(f"{one.host}: {one.message}" for one in recorded.failures)
        raise RunnerError(f"The lab's baseline could not be recorded: {told}.", next_step="rollback-runner baseline")


@contextmanager
def _lab_to_ourselves(home: Path) -> Iterator[None]:
    """Hold the lab's own lock: a reset in the middle of a drill would look like lost writes."""
    with (home / ".lab" / "lab.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunnerError("Another lab command is at work here.", next_step="wait until it has ended") from error
        yield
