"""The messenger is killed (SIGKILL) while messages are under way, and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from told import until, working

from rollback_runner.telling import deliveries
from rollback_runner.telling.channels import AppriseWay

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from told import World

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import json, sys, time
from pathlib import Path
import rollback_runner.content
from rollback_runner.site.site import Site
from rollback_runner.telling import messenger
given, directory, incident = json.load(sys.stdin), Path(sys.argv[1]), Path(sys.argv[2])
site = Site("here", directory, {}, False, "", {}, "UTC", {}, {"h": given}, ())
found = messenger.Messenger(site, incident, messenger.ways_of(given, incident.name))
found.resume()
while True:
    found.step()
    time.sleep(0.02)
"""


def killed_when(here: World, true: Callable[[], object]) -> None:
    """Start a messenger in a process of its own, and kill it once something holds."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(here.directory), str(here.incident)],
        stdin=subprocess.PIPE,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps(here.given).encode())
    child.stdin.close()
    try:
        until(true)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def test_what_arrived_before_the_kill_is_found_and_not_sent_again(here: World) -> None:
    for number in range(3):
        here.put(f"m{number}", channels=("chat",))
    here.fault("chat", "slow", seconds=60, kept=True)
    killed_when(here, lambda: here.arrived("chat"))
    here.fault("chat", "none")
    assert not here.state("m0").accepted_at
    with working(here.again()):
        until(lambda: here.state("m2").accepted_at)
    assert here.arrived("chat") == ["m0", "m1", "m2"]
    assert not here.state("m0").channels["chat"].possibly_twice
    assert here.state("m0").delivered_at


def test_where_it_cannot_be_seen_it_is_sent_once_more_and_both_letter_and_record_say_so(here: World) -> None:
    here.put("m0", channels=("mail",))
    here.put("m1", channels=("mail",))
    here.fault("mail", "slow", seconds=60, kept=True)
    killed_when(here, lambda: here.arrived("mail"))
    here.fault("mail", "none")
    with working(here.again()):
        until(lambda: here.state("m1").accepted_at)
    assert here.arrived("mail") == ["m0", "m0", "m1"]
    assert [("second copy" in one["text"]) for one in here.desk.messages] == [False, True, False]
    assert here.state("m0").channels["mail"].possibly_twice
    assert not here.state("m1").channels["mail"].possibly_twice


def test_a_status_page_incident_made_before_the_kill_is_found_again(here: World) -> None:
    here.put("began", audience="users")
    here.fault("page", "slow", seconds=60, kept=True)
    killed_when(here, lambda: here.desk.page.incidents)
    here.fault("page", "none")
    with working(here.again()):
        here.put("over", audience="users", page={"status": "resolved"})
        until(lambda: here.state("over").accepted_at)
    (incident,) = here.desk.page.incidents
    assert len(incident["incident_updates"]) == 2
    assert here.state("began").channels["status page"].attempts == 1


def test_what_was_accepted_is_never_sent_again_however_often_it_starts(here: World) -> None:
    for number in range(3):
        key = here.put(f"m{number}", channels=("chat",)).key
        killed_when(here, lambda key=key: here.state(key).accepted_at)  # type: ignore[misc]
    with working(here.again()):
        until(lambda: here.state("m2").accepted_at)
    assert here.arrived("chat") == [f"m{number}" for number in range(3)]


def test_a_channel_that_is_read_oddly_keeps_no_messenger_from_beginning(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.put("m1", channels=("chat",))
    deliveries.keep(here.incident, "attempt", "m1", "chat", number=1)

    def odd(*_given: object) -> bool:
        raise ValueError("no such page")

    monkeypatch.setattr(AppriseWay, "seen", odd)
    monkeypatch.setattr(AppriseWay, "readable", property(lambda _self: True))
    with working(here.again()):
        until(lambda: here.state("m1").accepted_at)
    assert here.state("m1").channels["chat"].possibly_twice
    assert any("cannot be read: ValueError: no such page" in line for line in here.log)
