from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import faults
from lab.releases import faults as release_faults
from rollback_runner.drill import clients, drill, scenarios
from rollback_runner.errors import UsageError
from rollback_runner.plan import ways

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
    releases = {"bad-release", "bad-release-vercel"}
    assert set(scenarios.scenarios()) == {"plain", "data-lost", "rds-corrupt", "unheard", *releases}
    for scenario in scenarios.scenarios().values():
        assert ways.way(scenario.strategy).legs
        known = release_faults.FAULTS if scenario.application else faults.FAULTS
        assert {*scenario.before, *scenario.during} <= set(known)
        assert set(scenario.titles) == {"en", "ko"}


def test_an_unknown_scenario_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"no drill data-los \(did you mean data-lost\?\)"):
        scenarios.find("data-los")


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def test_a_write_is_set_aside_only_where_its_bytes_are_in_the_raw_logs(tmp_path: Path) -> None:
    folder = tmp_path / "20260101T000000Z"
    (folder / "raw").mkdir(parents=True)
    rows = [{"table": "shop.write_ledger", "kind": "insert", "after": {"token": token}} for token in (TOKEN, OTHER)]
    (folder / "changes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "raw" / "index.json").write_text(json.dumps({"told": OTHER}), encoding="utf-8")
    (folder / "raw" / "binlog.000001").write_bytes(b"\xfebin\x00$" + TOKEN.encode() + b"\x01")
    assert clients.quarantined(tmp_path) == {TOKEN}
    (folder / "raw" / "binlog.000001").unlink()
    assert clients.quarantined(tmp_path) == set()


def test_no_site_but_the_lab_is_drilled(tmp_path: Path) -> None:
    order = drill.Order(str(FIXTURES / "command" / "site"), tmp_path, "en", 0, 0, reset=True, silent=True)
    with pytest.raises(UsageError, match="is not the lab, and a drill destroys data on purpose"):
        drill.run(order)
    assert list(tmp_path.iterdir()) == []
