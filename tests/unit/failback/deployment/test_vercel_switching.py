"""Whose request moved production: every way the project's last request can look while ours runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from failback.deployment.model import Deployment
from failback.deployment.vercel import operations
from failback.deployment.vercel.client import Client, Said
from failback.deployment.vercel.switching import Mover
from failback.errors import RefusedError
from hypothesis import given
from hypothesis import strategies as st

OLD = 1_780_000_000_000
TARGET = Deployment("dpl_good", "production", "ready", "2026-01-01T00:00:00.000Z", address="https://good.vercel.app")


def last(to: str, status: str, at: int, kind: str = "rollback") -> dict[str, Any]:
    return {"toDeploymentId": to, "fromDeploymentId": "x", "jobStatus": status, "requestedAt": at, "type": kind}


@dataclass
class Scripted(Client):
    """Answers with one state of the project after another; the last one stays."""

    token_file: str = ""
    projects: list[dict[str, Any]] = field(default_factory=list)
    posts: list[Said] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.clock, self.now, self.sleep = lambda: self.seconds, lambda: OLD / 1000 + 10_000, self.pass_time

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds

    def ask(self, operation: operations.Operation, query: Any = None, **parts: str) -> Said:
        del query, parts
        self.asked.append(operation.id)
        if operation.acts:
            return self.posts.pop(0)
        if operation == operations.PROJECT:
            return Said(200, self.projects.pop(0) if len(self.projects) > 1 else self.projects[0])
        rows = [{"alias": "shop.example.org", "deploymentId": self.projects[0]["targets"]["production"]["id"]}]
        return Said(200, {"aliases": rows, "pagination": {"next": None}} if operation == operations.ALIASES else {})


def project(live: str, request: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": "prj",
        "targets": {"production": {"id": live, "alias": ["shop.example.org"]}},
        "lastAliasRequest": request,
    }


def mover(*projects: dict[str, Any], posts: list[Said] | None = None, deadline: float = 5.0) -> tuple[Mover, Scripted]:
    client = Scripted(projects=list(projects), posts=[Said(201, {})] if posts is None else posts)
    return Mover(client, "prj", (), deadline), client


def silent(_text: str) -> None:
    """Hear nothing."""


def test_an_older_success_with_the_same_target_is_not_ours() -> None:
    before = project("dpl_bad", last("dpl_good", "succeeded", OLD))
    mine, client = mover(before)
    asked = mine.move(TARGET, "rollback", "", silent)
    assert asked.ended == "pending"  # nothing new ever appeared
    assert client.seconds >= 5.0


def test_ours_is_told_by_its_time_even_with_the_same_target() -> None:
    before = project("dpl_bad", last("dpl_good", "succeeded", OLD))
    after = project("dpl_good", last("dpl_good", "succeeded", OLD + 1))
    mine, _ = mover(before, before, after)
    assert mine.move(TARGET, "rollback", "", silent).ended == "succeeded"


def test_taken_and_at_once_superseded_without_ours_ever_being_seen() -> None:
    before = project("dpl_bad", None)
    other = project("dpl_third", last("dpl_third", "succeeded", OLD + 5, "promote"))
    asked = mover(before, other)[0].move(TARGET, "rollback", "", silent)
    assert (asked.ended, asked.to) == ("superseded", "dpl_third")


def test_superseded_after_ours_succeeded_while_domains_follow() -> None:
    before = project("dpl_bad", None)
    ours = project("dpl_bad", last("dpl_good", "succeeded", OLD + 5))
    other = project("dpl_third", last("dpl_third", "pending", OLD + 6, "promote"))
    assert mover(before, ours, other)[0].move(TARGET, "rollback", "", silent).ended == "superseded"


def test_a_push_that_takes_production_while_ours_succeeds_is_no_success() -> None:
    before = project("dpl_bad", None)
    pushed = project("dpl_pushed", last("dpl_good", "succeeded", OLD + 5))
    asked = mover(before, pushed)[0].move(TARGET, "rollback", "", silent)
    assert asked.ended == "failed"
    assert "production is dpl_pushed and not dpl_good" in asked.problem


def test_a_request_that_hangs_since_long_ago_does_not_block() -> None:
    hanging = project("dpl_bad", last("dpl_third", "pending", OLD, "promote"))
    done = project("dpl_good", last("dpl_good", "succeeded", OLD + 10_000_000))
    assert mover(hanging, done)[0].move(TARGET, "rollback", "", silent).ended == "succeeded"


def test_a_request_of_ours_in_a_state_nobody_knows_is_waited_for_and_not_made_twice() -> None:
    before = project("dpl_bad", last("dpl_good", "parked", OLD + 9_999_000))
    after = project("dpl_good", last("dpl_good", "succeeded", OLD + 9_999_000))
    mine, client = mover(before, after)
    assert mine.move(TARGET, "rollback", "", silent).ended == "succeeded"
    assert "requestRollback" not in client.asked


def test_a_domain_that_no_list_has_did_not_follow() -> None:
    before = project("dpl_bad", None)
    after = project("dpl_good", last("dpl_good", "succeeded", OLD + 5))
    for one in (before, after):
        one["targets"]["production"]["alias"].append("www.shop.example.org")
    asked = mover(before, after)[0].move(TARGET, "rollback", "", silent)
    assert asked.ended == "failed"
    assert "www.shop.example.org serves nothing" in asked.problem
    assert "www.shop.example.org" in asked.problem_ko


@pytest.mark.parametrize("state", ["in-progress", "a word of tomorrow"])
def test_a_fresh_request_of_another_blocks(state: str) -> None:
    mine, client = mover(project("dpl_bad", last("dpl_third", state, OLD + 9_999_000, "promote")))
    with pytest.raises(RefusedError, match="Somebody's promote to dpl_third"):
        mine.move(TARGET, "rollback", "", silent)
    assert "requestRollback" not in client.asked


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["dpl_good", "dpl_third"]),
            st.sampled_from(["pending", "in-progress", "succeeded", "failed", "skipped", "new word"]),
            st.integers(OLD - 2, OLD + 3),
            st.sampled_from(["rollback", "promote"]),
            st.sampled_from(["dpl_good", "dpl_third", "dpl_bad"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_success_is_said_only_when_it_is_ours_and_live(seen: list[tuple[str, str, int, str, str]]) -> None:
    before = project("dpl_bad", last("dpl_third", "succeeded", OLD))
    after = [project(live, last(to, status, at, kind)) for to, status, at, kind, live in seen]
    asked = mover(before, *after)[0].move(TARGET, "rollback", "", silent)
    assert asked.ended in {"succeeded", "failed", "pending", "skipped", "superseded"}
    if asked.ended in {"succeeded", "skipped"}:
        # Some state that was seen had our request, new, ended well, and the target live in the same or a later one.
        proof = [at for to, status, at, kind, _ in seen if (to, kind) == ("dpl_good", "rollback") and at > OLD]
        assert proof
        assert any(live == "dpl_good" for *_, live in seen)
    else:
        assert asked.problem
