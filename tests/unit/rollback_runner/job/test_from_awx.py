"""What a workflow of AWX came to, by every leg that ran in it and not by the last one alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from rollback_runner.job import from_awx, workflow
from rollback_runner.plan import ways
from rollback_runner.record import report, verdict
from rollback_runner.run import outcome

if TYPE_CHECKING:
    from rollback_runner.record.verdict import Status

WAY = "switch-first"
LEGS = {leg.name: leg for leg in ways.way(WAY).legs}
GAP = "AWX has lost 3 events of job 2"


def settled(*ran: tuple[str, Status], more: tuple[tuple[str, str, Status], ...] = ()) -> tuple[str, str, str]:
    """Settle a workflow of these legs, each with its status; the last one that is not `abort` is the one that ended."""
    parts = [
        from_awx._Part(
            workflow.Node(name, kind="job", status="successful"),
            SimpleNamespace(leg=LEGS.get(name, ways.ABORT)),  # type: ignore[arg-type]
            (),
        )
        for name, _status in ran
    ]
    phases = [report.PhaseReport(name, status, "", 1.0, 1, "") for name, status in ran]
    last, status = next(one for one in reversed(ran) if one[0] != "abort")
    failures = [from_awx._row(phase, message, state) for phase, message, state in more]
    end = outcome.Ended(LEGS[last], status, "yes", touched=True, gate=False, cancelled=False, check=False)
    return from_awx._settled(end, parts, phases, failures, WAY)


def test_legs_that_are_all_proven_are_proven() -> None:
    assert settled(("prepare", "done"), ("emergency", "already"), ("full", "done"))[:2] == ("done", "proven")


@pytest.mark.parametrize("status", ["not_run", "failed", "unreachable", "waiting"])
@pytest.mark.parametrize("which", ["prepare", "emergency"])
def test_a_leg_that_is_not_the_last_is_not_forgotten(which: str, status: Status) -> None:
    states: dict[str, Status] = {"prepare": "done", "emergency": "done", which: status}
    found = settled(*states.items(), ("full", "done"), more=((which, GAP, status),))
    assert found[:2] == (status, "unproven")
    assert found[2] == "next.resume"
    assert verdict.exit_code(status) != 0


def test_the_worst_of_several_legs_counts() -> None:
    assert settled(("prepare", "not_run"), ("emergency", "failed"), ("full", "done"))[:2] == ("failed", "unproven")
    assert settled(("prepare", "not_run"), ("emergency", "done"), ("full", "failed"))[:2] == ("failed", "unproven")


def test_refused_is_said_only_where_nothing_was_done() -> None:
    assert settled(("prepare", "refused"), ("emergency", "done"))[:2] == ("failed", "unproven")


def test_a_way_back_that_ended_well_is_told_with_the_worst_of_what_came_before() -> None:
    assert settled(("prepare", "not_run"), ("emergency", "failed"), ("abort", "done"))[:2] == ("failed", "aborted")
    assert settled(("prepare", "failed"), ("emergency", "refused"), ("abort", "done"))[:2] == ("failed", "aborted")
