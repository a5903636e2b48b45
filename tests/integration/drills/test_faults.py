"""Parts of the world die in mid-phase. Each has a decided outcome, and in none is an acknowledged write lost."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import drill_run as run
import pytest
from failback import journal

from lab import faults, world
from lab.paths import LabPaths

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.lab

FAILED, REFUSED, INTERRUPTED = 1, 3, 130


def fault(name: str) -> None:
    """Do what scenarios do under this name (lab/faults.py), or take it back."""
    faults.FAULTS[name](LabPaths(run.HOME / ".lab"))


def drill(name: str, moment: Callable[[list[run.Entry]], bool], act: Callable[[int], None]) -> tuple[run.Ended, Any]:
    """Run the phase under traffic with one fault; return how it ended and what the ledger says."""
    run.reset("--read-only-delay", "2")
    ledger = f"{name}-{time.time_ns()}"
    with run.traffic(ledger):
        ended = run.phase_until(moment, act)
        # What clients do after the dust has settled belongs to the proof.
        time.sleep(3)
    return ended, ledger


def zeros(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("lost_writes", "duplicated_writes", "two_writers_samples")}


NOTHING = {"lost_writes": 0, "duplicated_writes": 0, "two_writers_samples": 0}


def test_idc_killed_while_catching_up_goes_back_to_rds() -> None:
    with run.catching_up() as moment:
        ended, ledger = drill("idc-killed", moment, lambda _pid: fault("idc_dead"))

    assert ended.code == FAILED, ended.output
    assert world.still_on_aws(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger, "rds")) == NOTHING


@pytest.mark.long
def test_rds_killed_before_the_fence_promotes_nothing() -> None:
    ended, _ = drill("rds-killed", run.task_begins("Hold new requests"), lambda _pid: fault("rds_dead"))

    assert ended.code in {FAILED, REFUSED}, ended.output
    assert world.ask(run.HOME, world.IDC, "SELECT @@super_read_only s")[0]["s"] == 1
    fault("rds_back")


@pytest.mark.long
def test_network_between_the_sides_cut_goes_back_to_rds() -> None:
    try:
        ended, ledger = drill("network-cut", run.task_begins("Hold new requests"), lambda _pid: fault("network_cut"))
    finally:
        fault("network_back")

    # All may have arrived before the cut; then the way forward is the right one.
    expected = world.still_on_aws if ended.code else world.gone_home
    assert expected(world.state(run.HOME)) == [], ended.output
    assert zeros(run.ledger(ledger, "rds" if ended.code else "idc")) == NOTHING


@pytest.mark.long
def test_a_load_balancer_killed_in_mid_phase_never_gives_two_writers() -> None:
    ended, ledger = drill(
        "lb-killed",
        run.task_begins("Close RDS to every writer"),
        lambda _pid: fault("aws_lb_dead"),
    )
    fault("aws_lb_back")

    assert ended.code == FAILED, ended.output
    assert zeros(run.ledger(ledger)) == NOTHING
    assert world.answer("www.shop.example.org") == "172.30.77.31", "the rest must be done all the same"
    resumed = run.command("resume", "--yes")
    assert resumed.code == 0, resumed.output
    assert world.gone_home(world.state(run.HOME)) == []


def test_abort_by_hand_after_a_kill_puts_rds_back_in_service() -> None:
    with run.catching_up() as moment:
        _, ledger = drill("abort", moment, run.kill_tree)

    aborted = run.command("abort", "--yes")

    assert aborted.code == 0, aborted.output
    assert world.still_on_aws(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger, "rds")) == NOTHING


def killed_while_opening(*, opened: bool) -> str:
    """A run that died between its intent to open IDC and the outcome; returns the ledger. Both may have come true."""
    _, ledger = drill("half-open", run.task_begins("Check that a sample of every table"), run.kill_tree)
    time.sleep(1)  # what was below the command is gone
    promotion = {"act": "open IDC for writes: the point of no return", "plugin": "mysql_promote", "host": "shop-db"}
    last = max(path for path in (run.HOME / "runs").glob("2*") if path.is_dir())
    task = "SWITCH-01 | Open IDC for writes once every invariant holds"
    journal.append(last / "journal.jsonl", "intent", **promotion, task=task)
    if opened:
        world.ask(run.HOME, world.IDC, "SET PERSIST super_read_only = OFF, PERSIST read_only = OFF")
    else:
        world.ask(run.HOME, world.IDC, "SET GLOBAL super_read_only = OFF")  # where the counters were raised
    return ledger


@pytest.mark.long
def test_abort_of_an_opening_that_did_not_happen_closes_idc_and_opens_rds() -> None:
    ledger = killed_while_opening(opened=False)

    aborted = run.command("abort", "--yes")

    assert aborted.code == 0, aborted.output
    assert world.still_on_aws(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger, "rds")) == NOTHING


@pytest.mark.long
def test_abort_of_an_opening_that_did_happen_is_refused_and_resume_finishes_it() -> None:
    ledger = killed_while_opening(opened=True)

    aborted = run.command("abort", "--yes")

    assert aborted.code == REFUSED, aborted.output
    assert world.state(run.HOME)["rds_locked"] == dict.fromkeys(world.APP_ACCOUNTS, True)
    assert run.command("resume", "--yes").code == 0
    assert world.gone_home(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger)) == NOTHING


@pytest.mark.long
def test_abort_after_the_promotion_is_refused() -> None:
    drill("too-late", run.act_ended("open IDC for writes"), run.kill_tree)

    aborted = run.command("abort", "--yes")

    assert aborted.code == REFUSED, aborted.output
    assert world.ask(run.HOME, world.IDC, "SELECT @@read_only r")[0]["r"] == 0
    assert run.command("resume", "--yes").code == 0


def whole(name: str, *options: str) -> tuple[run.Ended, str]:
    """Run a whole phase under traffic in the lab as it stands."""
    ledger = f"{name}-{time.time_ns()}"
    with run.traffic(ledger):
        ended = run.command("phase", "emergency", "-i", run.SITE, "--yes", *run.ALONE, *options)
        time.sleep(3)
    return ended, ledger


@pytest.mark.long
def test_aws_api_silent_the_fence_by_sql_carries_the_rollback() -> None:
    run.reset("--read-only-delay", "2")
    fault("aws_api_silent")
    try:
        ended, ledger = whole("aws-silent")
    finally:
        fault("aws_api_back")

    assert ended.code == FAILED, ended.output
    assert zeros(run.ledger(ledger)) == NOTHING
    assert world.ask(run.HOME, world.IDC, "SELECT @@read_only r")[0]["r"] == 0
    assert world.answer("www.shop.example.org") == "172.30.77.31"
    assert run.command("resume", "--yes").code == 0
    assert world.gone_home(world.state(run.HOME)) == []


@pytest.mark.long
def test_dns_server_dead_never_blocks_the_release() -> None:
    run.reset("--read-only-delay", "2")
    fault("dns_dead")
    try:
        ended, ledger = whole("dns-dead")
    finally:
        fault("dns_back")

    assert ended.code == FAILED, ended.output
    assert zeros(run.ledger(ledger)) == NOTHING
    assert world.ask(run.HOME, world.IDC, "SELECT @@read_only r")[0]["r"] == 0
    assert run.command("resume", "--yes").code == 0
    assert world.gone_home(world.state(run.HOME)) == []


def test_rds_dead_is_refused_and_goes_only_with_an_accepted_loss() -> None:
    run.reset("--read-only-delay", "2")
    fault("rds_dead")
    refused = run.command("phase", "emergency", "-i", run.SITE, "--yes", *run.ALONE)

    assert refused.code == REFUSED, refused.output
    assert "--accept-loss" in refused.output
    assert world.ask(run.HOME, world.IDC, "SELECT @@super_read_only s")[0]["s"] == 1

    accepted = run.command("phase", "emergency", "-i", run.SITE, "--yes", *run.ALONE, "--accept-loss", "RDS burnt down")

    # Nothing about a dead RDS can be proven, so the run does not end as proven; the service is back all the same.
    assert accepted.code == FAILED, accepted.output
    assert world.ask(run.HOME, world.IDC, "SELECT @@read_only r")[0]["r"] == 0
    assert world.answer("www.shop.example.org") == "172.30.77.31"
    assert "RDS burnt down" in (run.HOME / "runs" / "latest" / "report.json").read_text()


@pytest.mark.long
def test_interrupted_by_hand_says_where_it_stopped_and_goes_on() -> None:
    _, ledger = drill("interrupted", run.task_begins("Follow RDS until"), lambda pid: os.kill(pid, signal.SIGINT))
    report = (run.HOME / "runs" / "latest" / "report.json").read_text()

    assert json.loads(report)["exit_code"] == INTERRUPTED
    assert json.loads(report)["stopped_at"]
    with run.traffic(f"{ledger}-on"):
        assert run.command("resume", "--yes").code == 0
    assert world.gone_home(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger)) == NOTHING
