"""The workflow: in the order of the way, with approvals where they belong, and no failure that could end green."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollback_runner.awx import workflow
from rollback_runner.plan import ways

ROLES = ("technical_lead", "operations_manager")


@pytest.mark.parametrize("strategy", sorted(ways.WAYS))
def test_the_workflow_of_every_strategy_is_sound(strategy: str) -> None:
    nodes = workflow.of(strategy, ROLES)
    assert workflow.problems(nodes) == []
    legs = [node.leg for node in nodes if node.leg and node.identifier in workflow.expected(nodes)]
    assert legs == [leg.name for leg in ways.way(strategy).legs]


def test_switch_first_is_the_way_the_operator_knows() -> None:
    nodes = workflow.of("switch-first", ROLES)
    assert workflow.expected(nodes) == (
        *("prepare", "approve-technical_lead", "approve-operations_manager", "approve", "emergency"),
        *("go-on-full", "full", "complete", "watch"),
    )


def test_the_plan_needs_every_approval_not_one_of_them() -> None:
    approve = next(node for node in workflow.of("switch-first", ROLES) if node.identifier == "approve")
    assert approve.converge


def test_a_leg_that_goes_back_is_taken_back_before_the_workflow_ends_failed() -> None:
    nodes = {node.identifier: node for node in workflow.of("switch-first", ROLES)}
    assert nodes["emergency"].failure == ("abort-emergency",)
    assert nodes["abort-emergency"].always == ("failed",)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("full", {"failure": ()}, "a failure of full is not reported"),
        ("full", {"failure": ("watch",)}, "a failure of full could end green"),
        ("abort-emergency", {"always": ()}, "a failure of abort-emergency is not reported"),
        ("failed", {"success": ("watch",)}, "failed goes on, so AWX would call the workflow successful"),
        ("go-on-full", {"failure": ()}, "a failure of go-on-full is not reported"),
        ("watch", {"success": ("nowhere",)}, "watch goes on to nowhere, which is no node"),
    ],
)
def test_a_workflow_that_could_lie_is_named(name: str, change: dict[str, tuple[str, ...]], said: str) -> None:
    nodes = [
        replace(node, **change) if node.identifier == name else node  # type: ignore[arg-type]
        for node in workflow.of("switch-first", ROLES)
    ]
    assert said in workflow.problems(nodes)
