"""Every way Vercel can fail a rollback, driven through the command: exit code, sentence, record and status are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faults_case
import pytest
import released_site
import vercel_world
from faults_case import ROLLBACK_OF_DPL_2, Case

from rollback_runner.errors import RunnerError
from rollback_runner.record import report, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from released_site import Released

PROVEN = {"done", "already"}


@pytest.fixture(name="released")
def _released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Released]:
    world, stand_in = vercel_world.start(tmp_path)
    made = released_site.make(tmp_path, world)
    monkeypatch.setenv("RR_HOME", str(made.home))
    yield made
    stand_in.stop()


def name_of(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", faults_case.SHORT, ids=name_of)
def test_a_fault_ends_as_it_must(released: Released, case: Case) -> None:
    ends_as_it_must(released, case)


@pytest.mark.long
@pytest.mark.parametrize("case", faults_case.LONG, ids=name_of)
def test_a_fault_of_another_kind_ends_as_it_must(released: Released, case: Case) -> None:
    ends_as_it_must(released, case)


def ends_as_it_must(released: Released, case: Case) -> None:
    released.say(**case.site)
    released.vercel.fault(**case.fault)
    words = ("rollback", "--yes", "--reason", "orders fail", *case.words)
    if case.at_once:
        refused_by_looking(released, case, words)
    else:
        carried_out(released, case, words)
    assert released.live() == case.live
    assert len(released.vercel.requests("POST")) == case.asked
    released.vercel.fault("none")
    stands = released("status")
    assert f"shop-edge: {case.live} serves production" in stands.stdout
    assert ("proven" in stands.stdout) == (not case.at_once)
    assert released.vercel.api.wrong == []


def refused_by_looking(released: Released, case: Case, words: tuple[str, ...]) -> None:
    """No run, no lock, no request; the sentence comes in the language that was asked for."""
    error = released(*words, "--lang", "ko").exception
    assert isinstance(error, RunnerError), error
    assert int(error.code) == case.code
    assert case.korean in error.what
    assert not (released.home / "runs").exists()
    again = released(*words).exception
    assert isinstance(again, RunnerError)
    for one in case.told:
        assert one in again.what, again.what


def carried_out(released: Released, case: Case, words: tuple[str, ...]) -> None:
    done = released(*words)
    assert done.return_value == case.code, done.stdout + str(done.exception)
    assert set(released.vercel.requests("POST")) == {ROLLBACK_OF_DPL_2}
    for one in case.told:
        assert one in done.stdout, done.stdout
    content = store.find(released.home, None).read_report()
    assert content is not None
    assert report.problems(content) == []
    assert case.korean in report.summary(content, "ko")
    assert (content["outcome"] == "proven") == (case.code == 0)
    moved(content, case)


def moved(content: dict[str, Any], case: Case) -> None:
    """What the record says of the move is what the stand-in says."""
    switch = next(item for item in content["items"] if item["id"] == "DEPLOY-04")
    evidence = next(task["evidence"] for task in switch["hosts"][0]["evidence"] if task.get("evidence"))
    assert evidence["live"] == case.live
    after = [item for item in content["items"] if item["id"] in {"DEPLOY-05", "DEPLOY-12"}]
    if switch["status"] in PROVEN:
        assert case.live == "dpl_2"
        assert after[0]["status"] in PROVEN
    else:
        assert evidence["moved"] == (case.live == "dpl_2")
        assert {item["status"] for item in after} == {"not_run"}, "nothing is proven behind a move that failed"
