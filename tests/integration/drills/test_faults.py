"""Parts of the world die in mid-phase. Each has a decided outcome, and in none is an acknowledged write lost."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Any

import drill_run as run
import drill_world as world
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.lab

FAILED, REFUSED = 1, 3


def docker(*words: str) -> None:
    subprocess.run(["docker", *words], check=True, capture_output=True)


def drill(name: str, moment: Callable[[list[run.Entry]], bool], fault: Callable[[int], None]) -> tuple[run.Ended, Any]:
    """Run the phase under traffic with one fault; return how it ended and what the ledger says."""
    run.reset("--read-only-delay", "2")
    ledger = f"{name}-{time.time_ns()}"
    with run.traffic(ledger):
        ended = run.phase_until(moment, fault)
        # What clients do after the dust has settled belongs to the proof.
        time.sleep(3)
        yield_to = ended
    return yield_to, ledger


def zeros(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("lost_writes", "duplicated_writes", "two_writers_samples")}


NOTHING = {"lost_writes": 0, "duplicated_writes": 0, "two_writers_samples": 0}


def test_idc_killed_while_catching_up_goes_back_to_rds() -> None:
    ended, ledger = drill(
        "idc-killed", run.task_begins("Bring IDC up to the position"), lambda _pid: docker("kill", "idc-db1-mysql")
    )

    assert ended.code == FAILED, ended.output
    assert world.still_on_aws(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger)) == NOTHING


def test_rds_killed_before_the_fence_promotes_nothing() -> None:
    ended, _ = drill("rds-killed", run.task_begins("Hold new requests"), lambda _pid: docker("kill", "aws-rds-mysql"))

    assert ended.code in {FAILED, REFUSED}, ended.output
    assert world.ask(run.HOME, world.IDC, "SELECT @@super_read_only s")[0]["s"] == 1
    docker("start", "aws-rds-mysql")


def test_network_between_the_sides_cut_goes_back_to_rds() -> None:
    rule = ["exec", "rr-aws-rds", "nft"]

    def cut(_pid: int) -> None:
        docker(*rule, "add", "table", "inet", "fault")
        docker(*rule, "add", "chain", "inet", "fault", "in", "{ type filter hook input priority -10 ; }")
        docker(*rule, "add", "rule", "inet", "fault", "in", "ip", "saddr", world.IDC, "drop")

    try:
        ended, ledger = drill("network-cut", run.task_begins("Hold new requests"), cut)
    finally:
        docker(*rule, "delete", "table", "inet", "fault")

    found = run.ledger(ledger)
    assert zeros(found) == NOTHING
    state = world.state(run.HOME)
    # All may have arrived before the cut; then the way forward is the right one.
    assert world.still_on_aws(state) == [] if ended.code else world.gone_home(state) == [], ended.output


def test_a_load_balancer_killed_in_mid_phase_never_gives_two_writers() -> None:
    ended, ledger = drill(
        "lb-killed",
        run.task_begins("Close RDS to every writer"),
        lambda _pid: docker("kill", "aws-lb1-haproxy"),
    )
    docker("start", "aws-lb1-haproxy")

    assert ended.code == FAILED, ended.output
    assert zeros(run.ledger(ledger)) == NOTHING
    resumed = run.command("resume", "--yes")
    assert resumed.code == 0, resumed.output
    assert world.gone_home(world.state(run.HOME)) == []


def test_abort_by_hand_after_a_kill_puts_rds_back_in_service() -> None:
    _, ledger = drill("abort", run.task_begins("Bring IDC up to the position"), run.kill_tree)

    aborted = run.command("abort", "--yes")

    assert aborted.code == 0, aborted.output
    assert world.still_on_aws(world.state(run.HOME)) == []
    assert zeros(run.ledger(ledger)) == NOTHING


def test_abort_after_the_promotion_is_refused() -> None:
    drill("too-late", run.act_ended("open IDC for writes"), run.kill_tree)

    aborted = run.command("abort", "--yes")

    assert aborted.code == REFUSED, aborted.output
    assert world.ask(run.HOME, world.IDC, "SELECT @@read_only r")[0]["r"] == 0
    assert run.command("resume", "--yes").code == 0
