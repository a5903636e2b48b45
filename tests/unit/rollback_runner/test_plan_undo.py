from __future__ import annotations

import planned
import pytest

from rollback_runner.plan import leg as planning
from rollback_runner.plan import undo as plan_undo
from rollback_runner.record.seen import Step


def test_every_step_is_before_at_or_after_the_point_of_no_return() -> None:
    found = [(one.step.name, one.moment, one.acts) for one in plan_undo.steps(planned.plans(planned.site()))]
    assert found == [
        ("Check that RDS is the one meant", "before", False),
        ("Write the configuration", "before", True),
        ("Lock the accounts", "before", True),
        ("Open IDC for writes", "point", True),
        ("Read the error log", "after", False),
        ("Check that RDS is the one meant", "after", False),
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_step_says_what_it_touches_and_how_it_is_undone(language: str) -> None:
    lock = next(one for one in plan_undo.steps(planned.plans(planned.site())) if one.step.name == "Lock the accounts")
    assert len(lock.touches(language)) == len(lock.undo(language)) == 2  # type: ignore[arg-type]
    assert any("rollback-runner abort" in text for text in lock.undo(language))  # type: ignore[arg-type]


def test_a_step_without_an_item_is_told_by_its_roles_contract() -> None:
    step = Step("x", "Restart wave by wave", (), hosts="app_hosts")
    one = plan_undo.Taken("full", step, "after", acts=True, role="environment")
    assert any("restarted once" in text for text in one.touches("en"))
    assert one.undo("en")


def test_what_looks_has_nothing_to_undo() -> None:
    looks = [one for one in plan_undo.steps(planned.plans(planned.site())) if not one.acts]
    assert all(one.undo("en") == one.touches("en") == () for one in looks)


def test_a_note_within_the_play_is_no_act_unless_an_item_says_so() -> None:
    assert not planning.acts(Step("p", "Keep whether the data of IDC can be used", ()))
    assert planning.acts(Step("p", "Keep what RDS changed since the cut-over", ("DATA-03",)))
    assert planning.acts(Step("p", "Find the way from IDC to RDS, and open a tunnel", ("IDC-01",)))


def test_the_point_of_no_return_is_an_act_even_where_a_look_of_its_item_comes_first() -> None:
    steps = (
        Step("Move", "Check that there is a quarantine", ("SWITCH-01",), hosts="databases"),
        Step("Move", "Open IDC for writes", ("SWITCH-01",), hosts="databases"),
    )
    assert planned.plans(planned.site(), steps)[0].point_of_no_return == "Open IDC for writes"
