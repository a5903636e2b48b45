"""The role from its look to its proof, against the stand-in for Vercel and its edge: real plays, real requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import role_play
import run_tasks
import vercel_world
from role_play import blockers, evidence
from vercel_world import DOMAINS, VercelWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from run_tasks import Played


@pytest.fixture(name="vercel")
def _vercel(tmp_path: Path) -> Iterator[VercelWorld]:
    world, stand_in = vercel_world.start(tmp_path)
    yield world
    stand_in.stop()


def play(
    vercel: VercelWorld, playbook: str = "deployment_rollback.yml", *, check: bool = False, **extra: Any
) -> Played:
    doors = [{"name": name, "url": vercel.at["edge"], "host_header": name} for name in DOMAINS]
    variables = vercel.variables() | {
        "deployment_provider": "vercel",
        "deployment_title": {"en": "Shop", "ko": "상점"},
        "deployment_domains": doors,
        "deployment_build": {"path": "/__build", "field": "$.build"},
        "deployment_smoke": [{"path": "/", "json": {"$.ok": True}}],
        "deployment_served_within": 5,
    }
    variables |= extra.pop("variables", {})
    home = vercel.folder / "incident"
    home.mkdir(exist_ok=True)
    return role_play.play(
        vercel.folder / "play",
        playbook,
        variables,
        name="shop-edge",
        check=check,
        environment={"RR_INCIDENT": str(home)},
        **extra,
    )


def live(vercel: VercelWorld) -> str:
    return str(vercel.ask("state")["project"]["live"])


def test_from_the_look_to_the_proof(vercel: VercelWorld) -> None:
    """Look, refuse what nobody confirmed, rehearse, carry out, and again: one story, so that each play counts once."""
    looked = play(vercel, "deployment_look.yml")
    assert looked.rc == 0, looked.messages
    marks = {one["id"]: one["mark"]["word"] for one in evidence(looked, "DEPLOY-01")["deployments"]}
    assert marks == {"dpl_6": "no", "dpl_5": "live", "dpl_3": "no", "dpl_2": "previous", "dpl_1": "candidate"}
    assert evidence(looked, "DEPLOY-02")["to"]["id"] == "dpl_2"
    digest = evidence(looked, "Read the plan")["digest"]

    unconfirmed = play(vercel)
    assert unconfirmed.rc != 0
    assert f"deployment_plan={digest}" in unconfirmed.messages
    other = play(vercel, deployment_plan="0" * 64)
    assert "is not the plan 000000000000 that was confirmed" in other.messages
    assert vercel.requests("POST") == []

    rehearsed = play(vercel, check=True, deployment_plan=digest)
    assert rehearsed.rc == 0, rehearsed.messages
    assert rehearsed.of("DEPLOY-04 | Move")["changed"]
    assert vercel.requests("POST") == []

    done = play(vercel, deployment_plan=digest, deployment_reason="orders fail since 14:02")
    assert done.rc == 0, done.messages + str(blockers(done))
    assert live(vercel) == "dpl_2"
    assert len(vercel.requests("POST")) == 1
    moved = evidence(done, "DEPLOY-04 | Move")
    assert (moved["request"]["kind"], moved["request"]["to"], moved["live"]) == ("rollback", "dpl_2", "dpl_2")
    served = evidence(done, "DEPLOY-05")
    assert [one["right_in_a_row"] for one in served["doors"]] == [5, 5]
    assert served["faulty"] == "r5"
    assert {"PAYMENT_URL", "OLD"} & {one["name"] for one in evidence(done, "DEPLOY-11")["named"]}
    pushes = evidence(done, "DEPLOY-12")
    assert pushes["pinned"]
    assert "deployment undo" in pushes["undo"]
    assert vercel.folder.joinpath("bypass").read_text().strip() not in done.stdout

    again = play(vercel, deployment_plan=digest, deployment_to="dpl_2")
    assert again.rc == 0, again.messages + str(blockers(again))
    assert not again.of("DEPLOY-04 | Move")["changed"]
    assert len(vercel.requests("POST")) == 1

    # Somebody turns auto-assignment on again behind the rollback's back: the play ends red and says so.
    state = vercel.ask("state")
    state["project"]["auto_assign"] = True
    vercel.ask("state", state)
    open_again = play(vercel, deployment_plan=digest, deployment_to="dpl_2")
    assert open_again.rc != 0
    assert any("the next push" in one for one in blockers(open_again))
    assert "must be cleared first" in open_again.messages


def confirmed(vercel: VercelWorld, **extra: Any) -> str:
    looked = play(vercel, "deployment_look.yml", **extra)
    assert looked.rc == 0, looked.messages
    return str(evidence(looked, "Read the plan")["digest"])


def test_a_target_that_does_not_work_stops_it_before_anything_moves(vercel: VercelWorld) -> None:
    variables = {"deployment_smoke": [{"path": "/", "json": {"$.ok": False}}]}
    digest = confirmed(vercel, variables=variables)
    done = play(vercel, variables=variables, deployment_plan=digest)
    assert done.rc != 0
    assert "does not pass the smoke test at its own address, so nothing was moved" in done.messages
    assert vercel.requests("POST") == []


def test_a_site_that_asks_for_approvals_of_every_release_moves_nothing_without_them(vercel: VercelWorld) -> None:
    """Also in a play that the command did not begin."""
    roles = {"technical_lead": ["kim"], "operations_manager": ["lee"]}
    asked = {"signers_file": str(vercel.folder / "signers"), "roles": roles, "deployment": "always"}
    variables = {"site_critical": False, "site_approvals": asked}
    digest = confirmed(vercel, variables=variables)
    done = play(vercel, variables=variables, deployment_plan=digest)
    assert done.rc != 0
    assert "will not move production to another deployment" in done.messages
    assert vercel.requests("POST") == []
    assert play(vercel, variables={**variables, "site_approvals": asked | {"deployment": "data"}},
                deployment_plan=digest).rc == 0  # fmt: skip


def test_somebody_elses_promotion_is_told_and_not_run_over(vercel: VercelWorld) -> None:
    digest = confirmed(vercel)
    vercel.fault("superseded", to="dpl_6")
    done = play(vercel, deployment_plan=digest)
    assert done.rc != 0
    assert "DEPLOY-04" in str([one["task"] for one in done.results if one["event"] == "runner_on_failed"])
    assert live(vercel) != "dpl_2"


def served(vercel: VercelWorld, to: str, faulty: str, **more: Any) -> Played:
    """Ask who serves, as DEPLOY-05 does."""
    doors = [{"name": name, "url": vercel.at["edge"], "host_header": name} for name in DOMAINS]
    variables = vercel.variables() | {
        "deployment_provider": "vercel",
        "deployment_domains": doors,
        "deployment_build": {"path": "/__build", "field": "$.build"},
    }
    target = {"to": {"id": to, "build": f"r{to[-1]}"}, "from": {"id": faulty, "build": f"r{faulty[-1]}"}}
    target["domains"] = [*DOMAINS, "zone.example.org"]  # type: ignore[assignment]  # as DEPLOY-02 saw them
    task = {"name": "DEPLOY-05 | Ask", "deployment_served": {"target": target, "times": 3, "within": 2}}
    host = run_tasks.local_host(**variables | more)
    return run_tasks.play(vercel.folder / "asked", [task], {"shop-edge": host}, group="deployments")


def test_domains_that_only_the_provider_knows_are_asked_as_often_and_counted(vercel: VercelWorld) -> None:
    state = vercel.ask("state")
    state["project"]["domains"] = [*DOMAINS, "zone.example.org"]
    vercel.ask("state", state)
    found = served(vercel, "dpl_5", "dpl_2")
    assert found.rc == 0, found.messages
    (other,) = evidence(found, "DEPLOY-05")["others"]
    assert (other["domain"], other["right_in_a_row"], other["proven"]) == ("zone.example.org", 3, True)

    # One that is not reached from here is neither fine nor a proof of anything: it is named, with the reason.
    silent = served(vercel, "dpl_5", "dpl_2", vercel_edge="http://127.0.0.1:9")
    (other,) = evidence(silent, "DEPLOY-05")["others"]
    assert (other["proven"], other["answers"]) == (False, {"status 0": 3})
    told = [one["sentence"] for result in silent.results for one in result.get("findings", ())]
    assert any(one.startswith("not proven for zone.example.org") for one in told)
    assert blockers(silent) == []

    # It was left behind by a move: the faulty build on it is no success, whatever the named domains answer.
    vercel.fault("aliases_failed")
    provider = vercel.provider()
    asked = provider.switch(provider.find("dpl_2"), "rollback", "", lambda _said: None)
    assert "zone.example.org serves dpl_5" in asked.problem
    left = served(vercel, "dpl_2", "dpl_5")
    assert any("zone.example.org /__build is still served by the faulty build r5" in one for one in blockers(left))


def test_a_named_domain_that_no_deployment_has_is_refused_by_looking(vercel: VercelWorld) -> None:
    doors = [{"url": vercel.at["edge"], "host_header": name} for name in (*DOMAINS, "forgotten.example.org")]
    provider = vercel.provider(deployment_domains=doors)
    told = [str(one) for one in provider.problems(provider.find("dpl_2"), "rollback")]
    assert len(told) == 1
    assert told[0].startswith("forgotten.example.org is a production domain by deployment_domains")
    doors[-1]["provider_domain"] = ""
    provider = vercel.provider(deployment_domains=doors)
    assert provider.problems(provider.find("dpl_2"), "rollback") == ()
