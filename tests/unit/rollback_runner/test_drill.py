from __future__ import annotations

from rollback_runner import drill

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
    assert drill.measured(FOUND)
    assert not drill.measured({"samples": {"idc": 5, "rds": 0}})
    assert not drill.measured({"samples": {"idc": 5}})
    assert not drill.measured({})
