"""What `resume` goes on with, when it takes a lock over, and what answers a file may give."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from failback import journal, lock

from rollback_runner.errors import RecordError, UsageError
from rollback_runner.record import store
from rollback_runner.run import carry

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "command" / "site"
OPTIONS = {"check": False, "accept_loss": "known bound 3 s", "takeover": "x", "stay_fenced": True, "reason": "drill"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    shutil.copytree(FIXTURE, tmp_path / "site")
    return tmp_path


def past_run(home: Path, name: str, outcome: str = "", phase: str = "emergency", **options: Any) -> store.Run:
    run = store.create(home, name, ())
    begin = {"legs": options.pop("legs", [phase]), "strategy": "switch-first"}
    journal.append(run.journal, "begin", site="pretend", phase=phase, options=OPTIONS | options, **begin)
    if outcome:
        journal.append(run.journal, "end", outcome=outcome)
    return run


def test_resume_keeps_the_options_but_not_the_reason_of_an_earlier_takeover(home: Path) -> None:
    past_run(home, "20260101T000000Z-pretend-emergency")
    found = carry.unfinished(home, str(home / "site"))
    assert (found.legs, found.options.accept_loss, found.options.stay_fenced) == (
        ("emergency",),
        "known bound 3 s",
        True,
    )
    assert found.options.takeover is None
    assert found.options.reason == "resume of 20260101T000000Z-pretend-emergency"


@pytest.mark.parametrize("outcome", ["interrupted", "unproven", "refused"])
def test_what_did_not_get_to_its_end_is_resumed(home: Path, outcome: str) -> None:
    past_run(home, "20260101T000000Z-pretend-emergency", outcome)
    assert carry.unfinished(home, str(home / "site")).legs == ("emergency",)


def test_broken_glass_counts_for_a_run_that_was_cut_off_and_for_what_it_began(home: Path) -> None:
    def reason() -> str:
        return carry.unfinished(home, str(home / "site")).options.break_glass

    past_run(home, "20260101T000000Z-pretend-emergency", break_glass="the building burns")
    assert reason() == "the building burns"
    past_run(home, "20260102T000000Z-pretend-emergency", "refused", break_glass="the building burns")
    assert reason() == ""
    begun = past_run(home, "20260103T000000Z-pretend-emergency", break_glass="the building burns")
    journal.append(begun.journal, "intent", act="close RDS")
    journal.append(begun.journal, "end", outcome="interrupted")
    assert reason() == "the building burns"


@pytest.mark.parametrize("outcome", ["proven", "aborted"])
def test_what_got_to_its_end_is_not(home: Path, outcome: str) -> None:
    past_run(home, "20260101T000000Z-pretend-emergency")
    past_run(home, "20260102T000000Z-pretend-emergency", outcome)
    with pytest.raises(UsageError, match="There is nothing to resume on pretend"):
        carry.unfinished(home, str(home / "site"))


def test_rehearsals_and_aborts_are_passed_over(home: Path) -> None:
    past_run(home, "20260101T000000Z-pretend-emergency", "interrupted")
    past_run(home, "20260102T000000Z-pretend-emergency", "refused", check=True)
    past_run(home, "20260103T000000Z-pretend-abort", "unproven", phase="abort")
    assert carry.unfinished(home, str(home / "site")).options.reason.endswith("20260101T000000Z-pretend-emergency")


def test_a_run_given_up_by_hand_is_not_resumed(home: Path) -> None:
    past_run(home, "20260101T000000Z-pretend-emergency", "interrupted")
    past_run(home, "20260102T000000Z-pretend-abort", "aborted", phase="abort")
    with pytest.raises(UsageError, match="There is nothing to resume"):
        carry.unfinished(home, str(home / "site"))


def test_only_a_stale_lock_is_taken_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert carry.takeover(home, "pretend") is None
    lock.acquire(store.lock_path(home, "pretend"), site="pretend", reason="r", run="r1")
    assert carry.takeover(home, "pretend") is None
    monkeypatch.setattr(lock, "_started", lambda _pid: "")
    assert "of run r1 is gone" in str(carry.takeover(home, "pretend"))


def test_latest_points_at_the_newest_run(home: Path) -> None:
    past_run(home, "20260101T000000Z-pretend-emergency")
    past_run(home, "20260102T000000Z-pretend-emergency")
    assert (store.runs_directory(home) / "latest").resolve().name == "20260102T000000Z-pretend-emergency"
    assert store.find(home, None).id == "20260102T000000Z-pretend-emergency"
    assert store.find(home, "20260101").id == "20260101T000000Z-pretend-emergency"
    with pytest.raises(UsageError, match="is not the name of one run only"):
        store.find(home, "2026")
    with pytest.raises(UsageError, match="nothing is not a run"):
        store.find(home, "nothing")


def test_a_run_that_cannot_be_recorded_does_not_begin(home: Path) -> None:
    (home / "runs").write_text("in the way", encoding="utf-8")
    with pytest.raises(RecordError, match=r"The record cannot be kept in .*; nothing was done"):
        store.create(home, "r", ())


def test_of_several_legs_only_those_not_proven_are_resumed(home: Path) -> None:
    run = past_run(
        home, "20260101T000000Z-pretend-rollback", phase="rollback", legs=["full:restore", "emergency", "full"]
    )
    journal.append(run.journal, "leg", leg="full:restore", status="done")
    journal.append(run.journal, "leg", leg="emergency", status="failed")
    assert carry.unfinished(home, str(home / "site")).legs == ("emergency", "full")


def test_the_rollback_of_a_release_stands_beside_the_runs_of_the_service(home: Path) -> None:
    """A release that is back says nothing of the service, and the service nothing of another application."""
    past_run(home, "20260101T000000Z-pretend-emergency", "interrupted")
    told = {"deployment_app": "shop-web", "deployment_to": "r2", "deployment_plan": "ab" * 32}
    past_run(home, "20260102T000000Z-pretend-deployment", "unproven", "deployment", deployment=told)
    found = carry.unfinished(home, str(home / "site"))
    assert (found.legs, found.options.deployment) == (("deployment",), told)
    past_run(home, "20260103T000000Z-pretend-deployment", "proven", "deployment", deployment=told)
    assert carry.unfinished(home, str(home / "site")).legs == ("emergency",)
    other = told | {"deployment_app": "shop-edge"}
    past_run(home, "20260104T000000Z-pretend-deployment", "interrupted", "deployment", deployment=other)
    assert carry.unfinished(home, str(home / "site")).options.deployment["deployment_app"] == "shop-edge"
