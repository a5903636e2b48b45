"""How a node of a workflow is told to who follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollback_runner import messages
from rollback_runner.awx.acts import node_line
from rollback_runner.awx.judge import Seen
from rollback_runner.plan.history import Spread

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

USUAL = Spread(61.2, 74.0, 5)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "emergency: running (p50 61 s, p90 74 s (5 runs), AWX ends it after 900 s)"),
        ("ko", "emergency: 진행 중 (p50 61초, p90 74초(지난 5회), AWX 제한 시간 900초)"),
    ],
)
def test_a_running_leg_says_what_it_took_before_and_when_it_is_ended(language: Language, told: str) -> None:
    seen = Seen("emergency", "running", budget=900, leg="emergency")
    assert node_line(seen, messages.Texts(language), USUAL) == told


def test_without_a_past_run_there_is_no_forecast() -> None:
    seen = Seen("emergency", "running", budget=900, leg="emergency")
    assert node_line(seen, messages.Texts("en")) == "emergency: running (AWX ends it after 900 s)"


def test_what_is_over_says_what_it_took() -> None:
    seen = Seen("emergency", "successful", seconds=57.2, budget=900, leg="emergency")
    assert node_line(seen, messages.Texts("en"), USUAL) == "emergency: ended well (57 s of 900 s)"


def test_an_approval_names_its_person() -> None:
    seen = Seen("approve", "successful", approval=True, person="lee")
    assert node_line(seen, messages.Texts("en"), USUAL) == "approve: approved (by lee)"
