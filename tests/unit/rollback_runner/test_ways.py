from __future__ import annotations

import pytest

from rollback_runner import checklist
from rollback_runner.content import ROOT
from rollback_runner.errors import UsageError
from rollback_runner.plan import ways


@pytest.mark.parametrize("strategy", list(ways.WAYS))
def test_every_leg_has_its_playbook_and_items_of_its_phase(strategy: str) -> None:
    for leg in ways.way(strategy).legs:
        assert (ROOT / "playbooks" / leg.playbook).is_file()
        # What goes through all phases is seen to stand ready at the start, and judged at the end.
        others = {"prepare": {"risk"}, "complete": {"communicate", "risk"}}.get(leg.phase, set())
        assert {checklist.item(name).phase for name in leg.items} <= {leg.phase} | others
        assert ways.named(strategy, leg.name) is leg


@pytest.mark.parametrize("strategy", list(ways.WAYS))
def test_every_way_proves_the_whole_and_then_sees_it_through(strategy: str) -> None:
    assert [leg.name for leg in ways.way(strategy).legs[-3:]] == ["full", "complete", "watch"]


@pytest.mark.parametrize("strategy", list(ways.WAYS))
def test_every_way_answers_for_all_hundred_items(strategy: str) -> None:
    way = ways.way(strategy)
    legs = way.legs
    named = {name for leg in legs for name in leg.items or [item.id for item in checklist.of_phase(leg.phase)]}
    # A sample of RDS proves nothing where RDS is the problem: the whole of IDC is compared with its manifest instead.
    spared = {"IDC-04"} if strategy == "stop-first" else set()
    assert set(way.without) == spared
    assert named == {item.id for item in checklist.items() if item.phase != "deployment"} - spared


def test_nobody_opens_rds_again_where_rds_is_the_problem() -> None:
    opening = ways.leg("stop-first", "emergency", "open")
    assert not opening.goes_back
    assert ways.leg("switch-first", "emergency", "").goes_back


@pytest.mark.parametrize(
    ("strategy", "phase", "part", "words"),
    [
        ("switch-fist", "full", "", r"no strategy switch-fist \(did you mean switch-first\?\)"),
        ("stop-first", "emergency", "", "splits the phase emergency: emergency:stop, emergency:open"),
        ("switch-first", "full", "restore", "switch-first has no leg full:restore; of the phase full it has: full"),
    ],
)
def test_a_wrong_name_is_one_clear_sentence(strategy: str, phase: str, part: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ways.leg(strategy, phase, part)
