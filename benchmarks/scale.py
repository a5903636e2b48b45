"""Emergency's part on application hosts and the restart of containers, on 10 to 200 hosts, beside ad hoc commands.

`python -m benchmarks.scale [HOSTS ...]`: for each number of hosts and at the forks of ansible.cfg what the run takes
(wall, processor seconds of the controller, its memory at the highest) and how often it takes what a person's own
`ansible -m command` takes that does the same act with no look before it and no proof after it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks import scale_site, tidy_when_ended
from benchmarks.restore_data import scratch_mysql
from rollback_runner.content import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNTS = (10, 50, 100, 200)
PARTS = {
    "application to IDC": (
        [("app", "configure"), ("app", "reach")],
        "true",
    ),
    "container restart": (
        [("environment", "restart")],
        "docker restart --time 1 rr-scale-{{ inventory_hostname }}",
    ),
}


@dataclass(frozen=True)
class Took:
    """What one run took: seconds, processor seconds, MB."""

    wall: float
    cpu: float
    memory: float


def main(counts: Sequence[int]) -> int:
    """Measure every part on every number of hosts, and print a line each."""
    place = Path(tempfile.mkdtemp(prefix="rr-scale-"))
    with scratch_mysql.running("scale", ("--max-connections=400",)) as server:
        try:
            site = scale_site.Site(place / "site", max(counts), server)
            print(
                f"{'part':<20}{'hosts':>6}{'wall s':>8}{'s/host':>8}{'CPU s':>8}{'MB':>6}{'ad hoc s':>10}{'ratio':>7}"
            )
            for count in counts:
                inventory = site.inventory(count)
                for name, (roles, command) in PARTS.items():
                    beside = _adhoc(place, inventory, command)
                    took = _play(place, inventory, name, roles)
                    line = f"{name:<20}{count:>6}{took.wall:>8.1f}{took.wall / count:>8.3f}{took.cpu:>8.1f}"
                    print(f"{line}{took.memory:>6.0f}{beside.wall:>10.1f}{took.wall / beside.wall:>7.2f}", flush=True)
        finally:
            scale_site.remove()
            shutil.rmtree(place, ignore_errors=True)
    return 0


def _adhoc(place: Path, inventory: Path, command: str) -> Took:
    return _run(place, ["ansible", "app_hosts", "-i", str(inventory), "-m", "ansible.builtin.command", "-a", command])


def _play(place: Path, inventory: Path, name: str, roles: list[tuple[str, str]]) -> Took:
    """Run roles of ours as a run of ours has them done: through the command's own runner, events, record, verdict."""
    tasks = [
        {"name": f"{name}: {part}", "ansible.builtin.import_role": {"name": role, "tasks_from": part}}
        for role, part in roles
    ]
    play = {"name": name, "hosts": "app_hosts", "gather_facts": False, "any_errors_fatal": True, "tasks": tasks}
    book = place / "play.yml"
    book.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    return _run(place, [sys.executable, "-m", "benchmarks.scale", "--one", str(book), str(inventory), str(place)])


def _one(book: Path, inventory: Path, place: Path) -> int:
    """Be the controller: run the playbook as a run does, and judge it by its events."""
    from rollback_runner.record import verdict  # noqa: PLC0415 - the process that is measured loads it
    from rollback_runner.run import ansible_run  # noqa: PLC0415

    directory = Path(tempfile.mkdtemp(dir=place, prefix="run-"))
    order = ansible_run.Order(book, inventory, directory, {"RR_RUN_DIR": str(directory)}, (), deadline=3600)
    seen: list[ansible_run.TaskSeen] = []
    ended = ansible_run.run(order, seen.append, threading.Event(), lambda: None)
    steps = ansible_run.list_steps(book, inventory)
    hosts = tuple(sorted(json.loads(_listed(inventory))["app_hosts"]["hosts"]))
    items = sorted({one for step in steps for one in step.ids})
    judged = verdict.judge([verdict.Expected(item, hosts) for item in items], steps, seen)
    bad = [one for one in judged if one.status not in verdict.PASSED]
    if ended.status != "successful" or bad:
        print(ended, bad[:1], file=sys.stderr)
        return 1
    return 0


def _listed(inventory: Path) -> str:
    argv = ["ansible-inventory", "-i", str(inventory), "--list"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _run(place: Path, argv: list[str]) -> Took:
    """Run a controller and watch its memory. Raises RuntimeError with its last words when it fails."""
    before, begun, most = scale_site.spent(), time.monotonic(), 0.0
    with (place / "said").open("w") as said:
        process = subprocess.Popen(argv, stdout=said, stderr=said, env=os.environ | environment(), cwd=ROOT)
        while process.poll() is None:
            most = max(most, scale_site.memory(process.pid))
            time.sleep(0.5)
    if process.returncode:
        raise RuntimeError(f"{argv}: {(place / 'said').read_text()[-2000:]}")
    return Took(time.monotonic() - begun, scale_site.spent() - before, most)


if __name__ == "__main__":
    tidy_when_ended()
    if sys.argv[1:2] == ["--one"]:
        sys.exit(_one(*map(Path, sys.argv[2:5])))
    sys.exit(main([int(word) for word in sys.argv[1:]] or COUNTS))
