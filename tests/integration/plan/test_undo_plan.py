"""CONT-01: of every act in the real playbooks it is written down how it is taken back, up to the point of no return."""

from __future__ import annotations

import pytest
from plan_homes import PROJECT

from rollback_runner.plan import undo as plan_undo
from rollback_runner.plan import ways
from rollback_runner.plan import whole as plan_whole
from rollback_runner.site import site as sites


@pytest.mark.parametrize("strategy", list(ways.WAYS))
def test_every_act_before_the_point_of_no_return_has_its_undo(strategy: str) -> None:
    plans = plan_whole.plans_of(sites.load(str(PROJECT / "inventories" / "lab")), PROJECT, strategy)
    assert [one.step.name for one in plan_undo.without_undo(plans)] == []
    assert [one.step.name for one in plan_undo.without_undo(plans, "ko")] == []
    assert [one.step.name for one in plan_undo.steps(plans) if one.moment == "point"] == [
        "Open IDC for writes once every invariant holds"
    ]
