from __future__ import annotations

import pytest

from lab import faults
from rollback_runner import clients, drill, scenarios, ways
from rollback_runner.errors import UsageError

FOUND = {
    "write_outage_seconds": 3.0532834,
    "unknown_writes": {"total": 2, "committed": 1},
    "held_requests": {"count": 8, "max_seconds": 3.7},
    "samples": {"idc": 2111, "rds": 1511},
    "lost_writes": 0,
    "lists": {"lost": []},
    "passed": True,
}


def test_figures_are_numbers_and_keep_their_details_beside_them() -> None:
    flat = drill.metrics(FOUND)
    assert flat["write_outage_seconds"] == 3.053
    assert (flat["unknown_writes"], flat["held_requests"], flat["samples"]) == (2, 8, 3622)
    assert flat["unknown_writes_detail"] == {"total": 2, "committed": 1}
    assert "lists" not in flat
    assert "passed" not in flat


def test_no_samples_prove_nothing() -> None:
    assert clients.measured(FOUND)
    assert not clients.measured({"samples": {"idc": 5, "rds": 0}})
    assert not clients.measured({"samples": {"idc": 5}})
    assert not clients.measured({})


def test_every_scenario_names_a_strategy_and_faults_that_exist() -> None:
    assert set(scenarios.scenarios()) == {"plain", "data-lost", "rds-corrupt"}
    for scenario in scenarios.scenarios().values():
        assert scenario.strategy in ways.WAYS
        assert {*scenario.before, *scenario.during} <= set(faults.FAULTS)
        assert set(scenario.titles) == {"en", "ko"}


def test_an_unknown_scenario_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"no drill data-los \(did you mean data-lost\?\)"):
        scenarios.find("data-los")
