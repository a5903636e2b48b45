"""Moving production on the stand-in. Whatever either says is held against the API's document after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import vercel_world
from failback import http
from failback.errors import FailbackError, RefusedError, UnreachableError
from vercel_world import DOMAINS, VercelWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from failback.deployment.model import Request


@pytest.fixture(name="vercel")
def _vercel(tmp_path: Path) -> Iterator[VercelWorld]:
    world, stand_in = vercel_world.start(tmp_path)
    yield world
    stand_in.stop()
    assert world.api.wrong == []


def move(vercel: VercelWorld, to: str = "dpl_2", kind: str = "rollback", **more: object) -> Request:
    opened = vercel.provider(**more)
    return opened.switch(opened.find(to), kind, "orders fail since 14:02", vercel.told.append)


def live(vercel: VercelWorld) -> str:
    return str(vercel.ask("state")["project"]["live"])


def posts(vercel: VercelWorld) -> int:
    return len(vercel.requests("POST"))


def test_rolls_back(vercel: VercelWorld) -> None:
    asked = move(vercel)
    assert (asked.kind, asked.to, asked.since, asked.ended, asked.by) == (
        "rollback",
        "dpl_2",
        "dpl_5",
        "succeeded",
        "kim",
    )
    project = vercel.provider().project()
    assert (project.live, project.auto_assign, project.beside) == ("dpl_2", False, ())
    assert vercel.requests("POST") == ["POST /v1/projects/prj_shop/rollback/dpl_2"]
    assert "rollback to dpl_2: succeeded" in vercel.told


def test_a_second_run_asks_for_nothing(vercel: VercelWorld) -> None:
    move(vercel)
    assert move(vercel).ended == "skipped"
    assert posts(vercel) == 1


def test_promotes_and_lets_new_pushes_serve_again(vercel: VercelWorld) -> None:
    move(vercel)
    assert move(vercel, "dpl_5", "promote").ended == "succeeded"
    project = vercel.provider().project()
    assert (project.live, project.auto_assign) == ("dpl_5", True)


def test_never_rebuilds_a_preview(vercel: VercelWorld) -> None:
    with pytest.raises(RefusedError, match="preview"):
        move(vercel, "dpl_4", "promote")
    assert posts(vercel) == 0


def test_a_request_of_ours_that_is_under_way_is_waited_for(vercel: VercelWorld) -> None:
    vercel.fault("job_stuck")
    late = move(vercel, vercel_deadline=0.5)
    assert late.ended == "pending"
    assert "waits for the same request" in late.problem
    opened = vercel.provider()

    def told(sentence: str) -> None:
        if "waiting for it" in sentence:
            state = vercel.ask("state")
            state["project"]["job"]["events"] = [[state["project"]["job"]["requestedAt"], "succeeded"]]
            vercel.ask("state", state)

    assert opened.switch(opened.find("dpl_2"), "rollback", "", told).ended == "succeeded"
    assert posts(vercel) == 1


def test_somebody_elses_request_is_not_run_over(vercel: VercelWorld) -> None:
    vercel.api.world.job_ms = 3_600_000  # it must not end while a slow machine gets as far as asking
    vercel.ask("promote", {"id": "dpl_1"})
    with pytest.raises(RefusedError, match="Somebody's promote to dpl_1 is under way"):
        move(vercel)
    assert posts(vercel) == 0


def test_superseded_is_told_and_not_repeated(vercel: VercelWorld) -> None:
    vercel.fault("superseded", to="dpl_1")
    asked = move(vercel)
    assert (asked.ended, asked.to, asked.kind) == ("superseded", "dpl_1", "promote")
    assert "took its place" in asked.problem
    assert posts(vercel) == 1


def test_superseded_by_the_same_target_but_a_promotion_is_not_ours(vercel: VercelWorld) -> None:
    vercel.fault("superseded", to="dpl_2")
    assert move(vercel).ended == "superseded"


def test_failed_names_the_domains(vercel: VercelWorld) -> None:
    vercel.fault("job_failed")
    asked = move(vercel)
    assert asked.ended == "failed"
    assert DOMAINS[1] in asked.problem
    assert live(vercel) == "dpl_5"


def test_a_failed_promotion_names_the_domains_too(vercel: VercelWorld) -> None:
    vercel.fault("job_failed")
    assert DOMAINS[1] in move(vercel, "dpl_1", "promote").problem


def test_skipped_by_vercel_is_no_success(vercel: VercelWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failback.deployment.vercel.switching._DOMAINS", 0.5)
    vercel.fault("job_skipped")
    asked = move(vercel)
    assert asked.ended == "failed"
    assert "production is dpl_5" in asked.problem


def test_a_domain_left_behind_is_no_success(vercel: VercelWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failback.deployment.vercel.switching._DOMAINS", 0.5)
    vercel.fault("aliases_failed")
    asked = move(vercel, deployment_domains=[{"url": f"https://{name}"} for name in DOMAINS])
    assert asked.ended == "failed"
    assert f"vercel alias set shop-2-acme.vercel.test {DOMAINS[1]}" in asked.problem
    opened = vercel.provider(deployment_domains=[{"url": f"https://{name}"} for name in DOMAINS])
    assert opened.project().beside == ("dpl_5",)
    again = opened.switch(opened.find("dpl_2"), "rollback", "", vercel.told.append)
    assert again.ended == "failed"
    assert posts(vercel) == 1


def test_an_answer_that_was_lost_is_looked_for(vercel: VercelWorld) -> None:
    vercel.fault("dropped", only="POST", kept=True)
    assert move(vercel).ended == "succeeded"
    assert posts(vercel) == 1


def test_a_request_that_was_lost_is_asked_once_more(vercel: VercelWorld) -> None:
    vercel.fault("dropped", only="POST")
    assert move(vercel).ended == "succeeded"
    assert posts(vercel) == 2


def test_a_server_that_stays_broken_is_unreachable(vercel: VercelWorld) -> None:
    vercel.fault("server_error", only="POST", times=0)
    with pytest.raises(UnreachableError, match="trouble of its own"):
        move(vercel)
    assert posts(vercel) == 2
    assert live(vercel) == "dpl_5"


def test_rate_limited_waits_as_long_as_it_is_told(vercel: VercelWorld) -> None:
    waits: list[float] = []
    opened = vercel.provider()
    opened.client.sleep = waits.append
    target = opened.find("dpl_2")
    vercel.fault("rate_limited", only="POST", seconds=2)
    opened.deadline = 0.0
    asked = opened.switch(target, "rollback", "", vercel.told.append)
    assert waits[0] == 2.0
    assert asked.to == "dpl_2"


def test_silence_while_it_runs_is_waited_out(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    target = opened.find("dpl_2")
    real = opened.client.sleep
    opened.client.sleep = lambda seconds: real(min(seconds, 0.02))

    def told(sentence: str) -> None:
        vercel.told.append(sentence)
        if sentence.startswith("asked Vercel"):
            vercel.fault("dropped", only="GET", times=6)

    assert opened.switch(target, "rollback", "", told).ended == "succeeded"
    assert posts(vercel) == 1
    assert "Vercel did not answer (it closed the connection)" in " ".join(vercel.told)


def test_a_token_that_ends_while_it_runs_says_that_it_goes_on(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    target = opened.find("dpl_2")
    told = vercel.told

    def heard(sentence: str) -> None:
        told.append(sentence)
        vercel.fault("token_expired", only="GET", times=0)

    with pytest.raises(FailbackError, match=r"was requested and goes on at Vercel.*expired, or was revoked"):
        opened.switch(target, "rollback", "", heard)
    vercel.fault("none")
    assert move(vercel).ended in {"succeeded", "skipped"}
    assert posts(vercel) == 1


def test_hobby_goes_one_back_only(vercel: VercelWorld) -> None:
    vercel.fault("hobby")
    opened = vercel.provider()
    assert "Hobby" in opened.project().limits[0]
    assert [one.id for one in opened.deployments() if one.candidate] == ["dpl_2"]
    told = [str(one) for one in opened.problems(opened.find("dpl_1"), "rollback")]
    assert any("does not let production go back" in one for one in told)
    with pytest.raises(
        RefusedError, match=r"HTTP 402, To roll back further.*Next: choose the deployment that was live"
    ):
        move(vercel, "dpl_1")
    assert move(vercel, "dpl_2").ended == "succeeded"


def test_deleted_meanwhile(vercel: VercelWorld) -> None:
    vercel.fault("deleted")
    with pytest.raises(RefusedError, match=r"deleted meanwhile.*HTTP 410"):
        move(vercel)
    with pytest.raises(RefusedError, match="no such deployment"):
        vercel.provider().find("dpl_2")


def test_already_live_by_somebody_else_is_nothing_to_do(vercel: VercelWorld) -> None:
    vercel.fault("already_live")
    assert move(vercel).ended == "skipped"


def test_conflict_with_another_live_is_told(vercel: VercelWorld) -> None:
    vercel.fault("conflict")
    with pytest.raises(RefusedError, match="HTTP 409"):
        move(vercel)


def test_not_ready(vercel: VercelWorld) -> None:
    vercel.fault("not_ready")
    with pytest.raises(RefusedError, match="HTTP 422"):
        move(vercel)


def test_rolling_release(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    vercel.fault("rolling", id="dpl_6")
    project = opened.project()
    assert project.beside == ("dpl_6",)
    assert "vercel rolling-release abort --dpl=dpl_6" in project.moving
    assert project.moving in opened.problems(opened.find("dpl_1"), "promote")
    queued = move(vercel, "dpl_1", "promote", vercel_deadline=0.6)
    assert queued.ended == "pending"
    assert "waits behind a rolling release" in queued.problem
    vercel.ask("rolling", {"end": True})
    assert move(vercel, "dpl_1", "promote").ended == "succeeded"


def test_its_own_address_and_the_domains(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    target = opened.find("dpl_2")
    assert http.ask(opened.door(target), "/__build", timeout=5).status == 401
    seen = http.ask(opened.door(target), "/__build", timeout=5, headers=opened.headers())
    assert (seen.status, seen.json()) == (200, {"build": "r2"})
    door = http.Door("front", vercel.at["edge"], DOMAINS[0])
    assert http.ask(door, "/__build", timeout=5).json() == {"build": "r5"}
    move(vercel)
    assert http.ask(door, "/__build", timeout=5).json() == {"build": "r2"}


def test_new_pushes_do_not_serve_after_a_rollback(vercel: VercelWorld) -> None:
    move(vercel)
    vercel.ask("push", {"id": "dpl_7"})
    assert live(vercel) == "dpl_2"
