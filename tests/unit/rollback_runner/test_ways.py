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
        # What stands ready before anything is touched is of the phase that goes through all others.
        phases = {leg.phase, "risk"} if leg.phase == "prepare" else {leg.phase}
        assert {checklist.item(name).phase for name in leg.items} <= phases
        assert ways.named(strategy, leg.name) is leg


@pytest.mark.parametrize("strategy", list(ways.WAYS))
def test_every_way_ends_with_the_proof_of_the_whole(strategy: str) -> None:
    assert ways.way(strategy).legs[-1].name == "full"


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
