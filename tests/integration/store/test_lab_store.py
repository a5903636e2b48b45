"""A run begun on one machine, which is then lost with its disk, is finished from an empty one: the store knows it all.

The store is on the lab's ops host (a host of its inventory), over ssh.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from failback import incident, journal

from rollback_runner import companions
from rollback_runner.run.aside import COMPANIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.lab, pytest.mark.long]

PROJECT = Path(__file__).resolve().parents[3]
LAB = Path(os.environ.get("RR_HOME") or PROJECT)
OPS = "idc-app2"  # any host of the inventory with sshd; here it is the site's ops host
PLACE = "rr-store-test"
LIMIT = 480.0  # seconds for one command; a phase takes about sixty on a quiet machine
ALONE = ("--break-glass", "a test of this phase alone")
FENCED = '"kind":"outcome","act":"lock the accounts'


class Machine:
    """One machine: an RR_HOME of its own, and the site as everybody has it."""

    def __init__(self, base: Path, site: Path) -> None:
        self.home = base
        self.site = site
        base.mkdir()
        (base / ".lab").symlink_to(LAB / ".lab")

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "rollback_runner", *words, "-i", str(self.site)]

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"RR_HOME": str(self.home), "COLUMNS": "100", "LANG": "C.UTF-8"}

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words), env=self.environment, cwd=PROJECT, capture_output=True, text=True, timeout=LIMIT,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def lose(self) -> None:
        """The machine burns: nothing of its disk is left."""
        for place in self.home.glob("incidents/*/2*"):
            for name in COMPANIONS:
                companions.stop(place, name, patience=0.0)
        shutil.rmtree(self.home)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    site = tmp_path / "inventories" / "shared"
    shutil.copytree(PROJECT / "inventories" / "lab", site)
    (tmp_path / "lab").symlink_to(PROJECT / "lab")
    variables = site / "group_vars" / "all.yml"
    text = variables.read_text(encoding="utf-8").replace("site_name: lab", "site_name: shared")
    variables.write_text(text + f"\nsite_store: {{kind: ssh, host: {OPS}, directory: {PLACE}}}\n", encoding="utf-8")
    subprocess.run(["docker", "exec", f"rr-{OPS}", "rm", "-rf", f"/home/ops/{PLACE}"], check=True)
    both = Machine(tmp_path / "a", site), Machine(tmp_path / "b", site)
    yield both
    for one in both:
        for link in one.home.glob("incidents/*/current"):
            place = link.resolve()
            for name in COMPANIONS:
                companions.stop(place, name, patience=0.0)
            incident.close(one.home, place.parent.name)
    subprocess.run(["docker", "exec", f"rr-{OPS}", "rm", "-rf", f"/home/ops/{PLACE}"], check=False)


def kill_when_fenced(machine: Machine) -> None:
    """Begin the phase and end everything below it at once when the accounts on RDS are locked."""
    process = subprocess.Popen(
        machine.argv("phase", "emergency", "--yes", *ALONE), env=machine.environment, cwd=PROJECT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    limit = time.monotonic() + LIMIT
    while not any(FENCED in path.read_text() for path in machine.home.glob("runs/2*/journal.jsonl")):
        assert process.poll() is None, "the phase ended before it could be killed"
        assert time.monotonic() < limit
        time.sleep(0.02)
    family = [process.pid]
    children = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    for parent in family:
        family += [child for child, of in children.items() if of == parent and child not in family]
    for one in family:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_a_lost_machines_run_is_finished_from_an_empty_one(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    made = first("store", "init")
    assert made.returncode == 0, made.stderr
    subprocess.run([sys.executable, "-m", "lab", "reset", "--read-only-delay", "2"], check=True, cwd=PROJECT,
                   capture_output=True)  # fmt: skip
    kill_when_fenced(first)
    known = next(first.home.glob("runs/2*/journal.jsonl"))
    run, announced = known.parent.name, known.read_text().count('"kind":"intent"')
    first.lose()

    shown = second("status")
    assert run in shown.stdout, shown.stderr
    assert "unfinished" in shown.stdout
    assert "shared is locked by" in shown.stdout
    assert "last sign of life at the store: 20" in shown.stdout
    here = second.home / "runs" / run / "journal.jsonl"
    assert journal.verify(here) == []
    assert here.read_text().count('"kind":"intent"') == announced

    refused = second("resume", "--yes")
    assert refused.returncode == 5, refused.stderr
    assert "that machine is gone for good" in refused.stderr

    done = second("resume", "--yes", "--break-lock", "machine A is lost")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((second.home / "runs/latest/report.json").read_text())
    assert (report["outcome"], report["promoted"], report["epoch"]) == ("proven", "yes", 2)
    assert second("store", "verify").returncode == 0
    third = Machine(second.home.parent / "c", second.site)
    assert report["run"] in third("report").stdout
