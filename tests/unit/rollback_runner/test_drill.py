from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from lab import faults
from lab.releases import faults as release_faults
from rollback_runner.cli.drill import drill as command
from rollback_runner.content import ROOT
from rollback_runner.drill import clients, drill, figures, scenarios
from rollback_runner.drill.scenarios import Expected, Run
from rollback_runner.errors import UsageError
from rollback_runner.plan import ways
from rollback_runner.run import ansible_run

LAB = ROOT / "inventories" / "lab"

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
    flat = figures.metrics(FOUND)
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


def test_every_scenario_names_a_strategy_legs_and_faults_that_exist() -> None:
    for scenario in scenarios.scenarios().values():
        assert ways.way(scenario.strategy).legs
        for leg in scenario.legs:
            assert ways.named(scenario.strategy, leg)
        known = release_faults.FAULTS if scenario.application else faults.FAULTS
        assert set(scenario.faults) <= set(known)
        assert set(scenario.titles) == {"en", "ko"}


def test_what_takes_a_fault_back_is_one_itself() -> None:
    assert {*faults.MENDS, *faults.MENDS.values()} <= set(faults.FAULTS)


def test_a_fault_at_an_item_names_a_task_of_its_legs() -> None:
    for scenario in scenarios.scenarios().values():
        moments = [moment for run in scenario.runs for moment in run.at]
        legs = [ways.named(scenario.strategy, leg) for leg in scenario.legs]
        for moment in moments:
            steps = [step for leg in legs for step in ansible_run.list_steps(ROOT / "playbooks" / leg.playbook, LAB)]
            assert [step for step in steps if step.ids and moment.task in step.name], moment


def test_what_had_another_name_is_found_by_it() -> None:
    former = {"data-lost": "full_data_lost", "rds-corrupt": "full_rds_corrupt", "unheard": "emergency_unheard"}
    former |= {"bad-release": "deployment_compose", "bad-release-vercel": "deployment_vercel", "plain": "plain"}
    assert {name: scenarios.find(name).name for name in former} == former


def test_an_unknown_scenario_gets_a_suggestion_and_the_names() -> None:
    with pytest.raises(UsageError, match=r"no drill data-los \(did you mean data-lost\?\); there are: plain, "):
        scenarios.find("data-los")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"durring": ["rds_dead"]}, "x has durring, which nothing reads"),
        ({"zeros": ["lost"]}, "x says zeros: lost; there are: lost_writes"),
        ({"rds": "gone"}, "x says rds: gone; there are: alive, dead"),
        ({"runs": [{"expect": {"exit": 1, "outcome": "unproven", "serving": "both"}}]}, "x says serving: both"),
        ({"strategy": "switch-frist"}, "did you mean switch-first"),
    ],
)
def test_a_definition_that_cannot_be_right_is_named(row: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        scenarios.parse("x", {"title": {"en": "a", "ko": "b"}, "strategy": "switch-first", **row})


def test_some_legs_alone_must_be_proven_and_leave_the_end_open() -> None:
    alone = scenarios.find("full_data_lost").of_legs(("full:restore",))
    assert (alone.legs, alone.runs, alone.before) == (
        ("full:restore",),
        (Run(Expected(0, "proven", "")),),
        ("lose_idc_data",),
    )


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


@pytest.mark.parametrize("given", [(), ("-i", str(LAB))])
def test_a_drill_means_the_lab_whatever_the_site_of_this_machine_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]
) -> None:
    # As in an installation from a bundle: a site of its own by default, and a copy of an inventory beside it.
    shutil.copytree(LAB, tmp_path / "inventories" / "lab")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    monkeypatch.setenv("RR_SITE", str(tmp_path / "inventories" / "lab"))
    ordered: list[drill.Order] = []

    def note(order: drill.Order) -> None:
        ordered.append(order)
        raise UsageError("it was ordered", next_step="")

    monkeypatch.setattr(drill, "run", note)
    CliRunner().invoke(command, ["scenario", "emergency", *given])
    assert [Path(order.site).resolve() for order in ordered] == [LAB.resolve()]
