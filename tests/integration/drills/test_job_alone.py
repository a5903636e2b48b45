"""The real emergency phase as AWX plays it: plain ansible-playbook that keeps its own record, under live traffic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import drill_run as run
import pytest
from failback import journal

from lab import world
from rollback_runner.plan import ways

pytestmark = [pytest.mark.lab, pytest.mark.long]

_LIMIT = 600.0  # seconds; the phase takes about seventy in the lab


def play(*words: str) -> subprocess.CompletedProcess[str]:
    """Call ansible-playbook as AWX does: the project's root, relative paths, `-u root`, nobody at the keyboard."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RR_", "ANSIBLE_"))}
    tools = Path(sys.executable).parent
    environment = {**kept, "RR_RECORD": "1", "RR_HOME": str(run.HOME), "PATH": f"{tools}:{kept['PATH']}"}
    return subprocess.run(
        [str(tools / "ansible-playbook"), "-u", "root", "-i", run.SITE, *words],
        cwd=run.HOME,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT,
    )


def test_the_emergency_phase_is_played_recorded_and_proven_without_our_command() -> None:
    run.reset("--read-only-delay", "2")
    ledger = f"job-{time.time_ns()}"
    told = {"rr_break_glass": "a test of this phase alone", "rr_break_lock": "the lab was reset for this test"}
    with run.traffic(ledger):
        done = play("playbooks/emergency.yml", "-e", json.dumps(told))
        time.sleep(3)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    place = (run.HOME / "runs" / "latest").resolve()
    report: dict[str, Any] = json.loads((place / "report.json").read_text(encoding="utf-8"))
    assert (report["outcome"], report["exit_code"]) == ("proven", 0), report["failures"]
    assert report["break_glass"] == told["rr_break_glass"]
    # The items are those of the phase, each proven or excused by the site, as under our command.
    assert [phase["name"] for phase in report["phases"]] == [ways.leg("switch-first", "emergency", "").name]
    assert {item["status"] for item in report["items"]} <= {"done", "already", "skipped"}
    assert journal.verify(place / "journal.jsonl") == []
    assert world.gone_home(world.state(run.HOME)) == []
    found = run.ledger(ledger)
    assert (found["lost_writes"], found["duplicated_writes"], found["two_writers_samples"]) == (0, 0, 0)

    again = run.command("phase", "emergency", "-i", run.SITE, "--yes", *run.ALONE, "--json")
    assert again.code == 0, again.output
    second = json.loads((run.HOME / "runs" / "latest" / "report.json").read_text(encoding="utf-8"))
    assert [item["id"] for item in second["items"]] == [item["id"] for item in report["items"]]
    assert second["plan_digest"] == report["plan_digest"]
