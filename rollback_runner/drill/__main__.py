"""`python -m rollback_runner.drill STAGE NAME`: one stage of a drill, for molecule, which runs each in its own process.

Prints one JSON object: `problems` (what is not as the scenario expects), `changed` (whether the stage changed anything)
and what the stage has to tell. Exit code 0 without problems, 1 with; an error is one sentence and its own code.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollback_runner.cli import common
from rollback_runner.content import home
from rollback_runner.drill import drill, kept, scenarios
from rollback_runner.drill.stages import Place
from rollback_runner.errors import Exit, RunnerError, UsageError
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollback_runner.drill.drill import Staged

_BEFORE = 5.0  # seconds of traffic before the phase begins
_AFTER = 5.0  # seconds of traffic after it has ended
# What steers molecule's own plays must not steer those that are drilled.
_MOLECULES = ("ANSIBLE_", "MOLECULE_", "PY_COLORS")


def create(going: Staged, base: Path) -> dict[str, Any]:
    """Put the lab where the drill begins; end what an earlier one left running."""
    destroy(going, base)
    going.create()
    return {"changed": True}


def prepare(going: Staged, base: Path) -> dict[str, Any]:
    """Start the clients, let them write, do the faults that come meanwhile."""
    name = drill.ledger_name(going.scenario)
    process = going.start_clients(name)
    kept.write(base, going.scenario.name, kept.Kept(name, process))
    time.sleep(_BEFORE)
    going.faults_under_traffic()
    return {"changed": True, "ledger": name}


def converge(going: Staged, base: Path) -> dict[str, Any]:
    """Carry out the scenario's runs; a second time only the last of them, which must change nothing."""
    so_far = kept.read(base, going.scenario.name)
    with going.to_ourselves():
        content, problems = going.again() if so_far.runs else drill.all_runs(going)
    found = so_far if so_far.runs else replace(so_far.ran(content["run"], problems), seconds=going.seconds)
    kept.write(base, going.scenario.name, found)
    again = {"problems": [], "changed": bool(problems), "differences": problems} if so_far.runs else {"changed": True}
    return {"problems": problems, **again, "run": content["run"], "outcome": content["outcome"]}


def verify(going: Staged, base: Path) -> dict[str, Any]:
    """Stop the clients, compare their ledger and the world with what is expected, and put it into the run's report."""
    so_far = kept.read(base, going.scenario.name)
    if not so_far.runs:
        raise UsageError(f"Nothing was carried out of {going.scenario.name}.", next_step="molecule converge")
    time.sleep(_AFTER)
    going.stop_clients(so_far.ledger, so_far.clients)
    going.seconds = so_far.seconds
    content = store.find(base, so_far.runs[-1]).read_report() or {}
    found, wrong = going.ledger(content, so_far.ledger)
    problems = [*so_far.problems, *going.world(going.scenario.expect.serving), *wrong]
    content = going.judged(content, found, problems)
    zeros = {name: found.get(name) for name in (*scenarios.ZEROS, "acknowledged_writes", "acknowledged_orders")}
    return {"problems": problems, "changed": False, "run": content["run"], "ledger": zeros}


def destroy(going: Staged, base: Path) -> dict[str, Any]:
    """Stop the clients, also those of a drill that was cut off. The lab stays as it is; a reset puts it back."""
    so_far = kept.find(base, going.scenario.name)
    if so_far is not None:
        going.stop_clients(so_far.ledger, so_far.clients)
        kept.forget(base, going.scenario.name)
    return {"changed": so_far is not None}


STAGES: dict[str, Callable[[Staged, Path], dict[str, Any]]] = {
    "create": create,
    "prepare": prepare,
    "converge": converge,
    "verify": verify,
    "destroy": destroy,
}


def main(argv: list[str]) -> int:
    """Run one stage. Raises RunnerError."""
    if len(argv) != 2 or argv[0] not in STAGES:  # noqa: PLR2004 - the stage and the scenario
        raise UsageError(
            f"There is no stage {' '.join(argv[:1]) or 'without a name'}; there are: {', '.join(STAGES)}.",
            next_step="python -m rollback_runner.drill STAGE NAME",
        )
    for name in [name for name in os.environ if name.startswith(_MOLECULES)]:
        del os.environ[name]
    scenario = scenarios.find(argv[1])
    going = drill.stages(scenario, Place(common.DEFAULT_SITE, home(), "en", silent=True))
    told = STAGES[argv[0]](going, home())
    sys.stdout.write(json.dumps({"problems": [], "serving": scenario.expect.serving, **told}) + "\n")
    return int(Exit.FAILED if told.get("problems") else Exit.PROVEN)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RunnerError as failure:
        common.fail(failure)
