"""Killed at any moment, the next run reaches the same end state, and no acknowledged write is lost.

Everything below the command dies at once, as in a power cut of the control host. `make test` tries the moment in
which the writer is nowhere; `make drills` walks all of them: before and after each item, and twenty random ones.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import drill_run as run
import pytest

from lab import world

if TYPE_CHECKING:
    from collections.abc import Callable

    Moment = Callable[[list[run.Entry]], bool]

pytestmark = pytest.mark.lab

# The moment in which the writer is nowhere, and those around it.
NARROWEST = "fenced"
NARROW = {
    "fencing": run.act_ended("lock the accounts"),
    "fenced": run.task_begins("Bring IDC up to the position"),
    "opened": run.act_ended("open IDC for writes"),
}
ACTS = {
    "holding": run.act_begins("hold new requests"),
    "opening": run.act_begins("open IDC for writes"),
    "releasing": run.act_begins("send traffic to idc"),
}
ITEMS = {
    "AWS-01": "AWS-01, AWS-02, AWS-03 | Check that RDS is the one meant",
    "AWS-02": "AWS-01, AWS-02, AWS-03 | Close RDS to every writer",
    "AWS-03": "AWS-03 | Ask for read_only",
    "AWS-04": "AWS-04 | Close the network way to RDS except",
    "IDC-01": "IDC-01 | Follow RDS until",
    "IDC-02": "IDC-02 | Start the MySQL container",
    "IDC-03": "IDC-03 | Check that IDC MySQL can be reached",
    "IDC-04": "IDC-04 | Check that a sample",
    "IDC-05": "IDC-05 | Check that the error log",
    "SWITCH-01": "SWITCH-01 | Write the application's configuration",
    "SWITCH-02": "SWITCH-02 | Write the server states",
    "SWITCH-03": "SWITCH-03 | Point the service names",
    "SWITCH-04": "SWITCH-04 | Check that every front door",
    "SWITCH-05": "SWITCH-05 | Write a marker",
}
RANDOM_MOMENTS = 20
PHASE_SECONDS = 45.0  # about what a phase takes in the lab


def _after(task: str) -> Moment:
    """The moment the task that follows this one begins, in whichever order the playbook has them."""

    def moment(entries: list[run.Entry]) -> bool:
        tasks = [entry["task"] for entry in entries if entry["kind"] == "task"]
        found = [index for index, name in enumerate(tasks) if task in name]
        return bool(found) and len(tasks) > found[0] + 1

    return moment


def _moments() -> dict[str, Moment]:
    items = {f"before-{item}": run.task_begins(task) for item, task in ITEMS.items()}
    items |= {f"after-{item}": _after(task) for item, task in ITEMS.items()}
    return NARROW | ACTS | items | {f"random-{number}": _at_random(number) for number in range(RANDOM_MOMENTS)}


def _cases() -> list[Any]:
    return [pytest.param(name, marks=() if name == NARROWEST else pytest.mark.long) for name in _moments()]


def _at_random(number: int) -> Moment:
    delay = random.Random(number).uniform(1.0, PHASE_SECONDS)  # noqa: S311 - moments, not secrets
    begun: list[float] = []

    def moment(entries: list[run.Entry]) -> bool:
        if entries and not begun:
            begun.append(time.monotonic())
        return bool(begun) and time.monotonic() - begun[0] >= delay

    return moment


@pytest.mark.parametrize("name", _cases())
def test_resume_after_a_power_cut_ends_as_if_nothing_had_happened(name: str) -> None:
    run.reset("--read-only-delay", "2")
    ledger = f"killed-{name}-{time.time_ns()}"
    with run.traffic(ledger):
        killed = run.phase_until(_moments()[name], run.kill_tree)
        resumed = run.command("resume", "--yes")
    found = run.ledger(ledger)

    assert killed.code != 0 or name.startswith("random"), "the phase ended before it could be killed"
    assert resumed.code == 0, resumed.output
    assert world.gone_home(world.state(run.HOME)) == []
    assert found["lost_writes"] == 0, found
    assert found["duplicated_writes"] == 0, found
    assert found["two_writers_samples"] == 0, found
    assert found["acknowledged_writes"] > 0
