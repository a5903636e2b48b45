"""The target is never the second row, and what nobody knows is never chosen by the rule."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from failback.deployment.choose import choose
from failback.deployment.marks import of_all
from failback.deployment.model import Deployment, Project, Request
from failback.errors import RefusedError
from hypothesis import given
from hypothesis import strategies as st


def made(name: str, day: int, *served: int, **fields: object) -> Deployment:
    """One that served on these days; sound unless said otherwise."""
    usual: dict[str, object] = {
        "target": "production",
        "state": "ready",
        "commit": name * 8,
        "build": name,
        "promoted": bool(served),
        "candidate": bool(served),
    }
    return Deployment(
        id=name,
        created=f"2026-11-{day:02d}T00:00:00Z",
        served=tuple(f"2026-11-{one:02d}T12:00:00Z" for one in sorted(served, reverse=True)),
        **(usual | fields),  # type: ignore[arg-type]
    )


def production(live: str, **fields: object) -> Project:
    return Project(id="p", name="shop", live=live, domains=("shop.example.org",), **fields)  # type: ignore[arg-type]


A, B, C = made("a", 1, 1), made("b", 2, 2), made("c", 5, 5)
BETWEEN = [
    made("error", 4, state="error", promoted=False, candidate=False),
    made("staged", 4, promoted=False, candidate=False),
    made("preview", 3, target="preview", promoted=False, candidate=False),
]


def test_the_rule_passes_over_what_stands_between() -> None:
    chosen = choose([C, *BETWEEN, B, A], production("c"))
    assert chosen.target.id == "b"
    assert chosen.by == "rule"
    assert {one.id for one in chosen.skips} == {"error", "staged", "preview"}
    assert all(one.why for one in chosen.skips)


def test_marks_of_a_list() -> None:
    words = {name: mark.word for name, mark in of_all([C, *BETWEEN, B, A], production("c")).items()}
    assert words == {
        "c": "live",
        "error": "no",
        "staged": "no",
        "preview": "no",
        "b": "previous",
        "a": "candidate",
    }


@pytest.mark.parametrize(
    "spoiled",
    [
        {"unsound": "its checks failed"},
        {"state": "error"},
        {"state": "deleted"},
        {"candidate": False},
        {"promoted": False},
        {"target": "preview"},
    ],
)
def test_what_is_known_against_one_skips_it(spoiled: dict[str, object]) -> None:
    chosen = choose([C, replace(B, **spoiled), A], production("c"))  # type: ignore[arg-type]
    assert chosen.target.id == "a"
    assert "b" in {one.id for one in chosen.skips}


@pytest.mark.parametrize("silent", [{"promoted": None}, {"candidate": None}, {"state": "unknown"}])
def test_what_is_not_known_stops_the_rule(silent: dict[str, object]) -> None:
    with pytest.raises(RefusedError, match="b would be next, but the provider does not say"):
        choose([C, replace(B, **silent), A], production("c"))  # type: ignore[arg-type]
    picked = replace(B, **silent)  # type: ignore[arg-type]
    if picked.state == "ready":
        chosen = choose([C, picked, A], production("c"), picked=picked)
        assert any("does not say" in one.en for one in chosen.warnings)


def test_nobody_knows_what_is_live() -> None:
    for live in ("", "gone"):
        with pytest.raises(RefusedError, match="not known which deployment"):
            choose([C, B, A], production(live))


def test_a_second_rollback_does_not_drift_into_the_faulty_one() -> None:
    """c was left for b; b is bad too: a comes next, not c, which served between."""
    b = made("b", 2, 6, 2)
    chosen = choose([C, b, A], production("b"))
    assert chosen.target.id == "a"
    assert of_all([C, b, A], production("b"))["c"].word == "left"


def test_the_newest_that_served_before_counts_by_when_it_served() -> None:
    """After c was left for b, d came: from d production goes to b again, though c is newer."""
    b, d = made("b", 2, 6, 2), made("d", 7, 7)
    chosen = choose([d, C, b, A], production("d"))
    assert chosen.target.id == "b"


def test_one_that_was_left_is_told_by_the_last_request_where_no_times_are_kept() -> None:
    rows = [replace(one, served=()) for one in (C, B, A)]
    last = Request("rollback", "b", "2026-11-06T00:00:00Z", "succeeded", since="c")
    project = production("b", last_request=last)
    assert of_all(rows, project)["c"].word == "left"
    assert choose(rows, project).target.id == "a"


def test_the_target_may_be_newer_than_the_live_one() -> None:
    """Staged early and promoted late: what counts is when it served."""
    early = made("early", 1, 4)
    late = made("late", 3, 2)
    chosen = choose([C, late, early], production("c"))
    assert chosen.target.id == "early"


def test_nothing_left_says_why_each_was_passed_over() -> None:
    with pytest.raises(RefusedError, match="b: its checks failed"):
        choose([C, replace(B, unsound="its checks failed")], production("c"))


def test_a_pick_says_what_the_rule_would_have_taken() -> None:
    chosen = choose([C, B, A], production("c"), picked=A)
    assert (chosen.target.id, chosen.by) == ("a", "person")
    assert [one.id for one in chosen.skips] == ["b"]
    assert [one.en for one in chosen.warnings] == ["the rule would go to b: a leaves it out"]


def test_a_pick_of_the_rules_own_keeps_the_rules_reason() -> None:
    """The command looks first, and then names what it found: that is no other choice."""
    assert choose([C, B, A], production("c"), picked=B) == choose([C, B, A], production("c"))


def test_a_pick_of_the_live_one_is_nothing_to_do() -> None:
    chosen = choose([C, B, A], production("c"), picked=C)
    assert chosen.live


@pytest.mark.parametrize(
    ("spoiled", "why"), [({"state": "error"}, "its build failed"), ({"target": "preview"}, "new build")]
)
def test_a_pick_that_cannot_serve_is_refused(spoiled: dict[str, object], why: str) -> None:
    picked = replace(A, **spoiled)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match=why):
        choose([C, B, picked], production("c"), picked=picked)


def test_a_pick_that_is_not_in_the_list_is_taken() -> None:
    old = made("old", 1, 1)
    assert choose([C, B], production("c"), picked=old).target.id == "old"


def test_going_forward_passes_over_the_one_that_was_left() -> None:
    b, d = made("b", 2, 6, 2), made("d", 7)
    assert choose([d, C, b, A], production("b"), "promote").target.id == "d"
    with pytest.raises(RefusedError, match="c: production went back from it"):
        choose([C, b, A], production("b"), "promote")


def deployments() -> st.SearchStrategy[Deployment]:
    return st.builds(
        made,
        st.sampled_from("defghijk"),
        st.integers(1, 9),
        target=st.sampled_from(["production", "preview"]),
        state=st.sampled_from(["ready", "error", "building", "deleted", "unknown", "blocked"]),
        promoted=st.sampled_from([True, False, None]),
        candidate=st.sampled_from([True, False, None]),
        unsound=st.sampled_from(["", "its checks failed"]),
    )


@given(st.lists(deployments(), max_size=8, unique_by=lambda one: one.id))
def test_the_rule_never_takes_what_may_not_serve(others: list[Deployment]) -> None:
    try:
        chosen = choose([C, *others], production("c")).target
    except RefusedError:
        return
    assert chosen.id != "c"
    assert (chosen.state, chosen.target) == ("ready", "production")
    assert chosen.promoted is True
    assert chosen.candidate is True
    assert not chosen.unsound


def test_everything_that_is_told_is_told_in_korean() -> None:
    chosen = choose([C, *BETWEEN, replace(B, unsound="checks failed"), A], production("c"), picked=A).as_dict()
    korean = [chosen["why_ko"], *chosen["warnings_ko"], *(one["why_ko"] for one in chosen["skips"] if one["id"] != "b")]
    marks = of_all([C, *BETWEEN, B, A], production("c")).values()
    korean += [one.as_dict()["why_ko"] for one in marks if one.why]
    assert len(korean) > 5
    assert all(re.search("[가-힣]", one) for one in korean)
