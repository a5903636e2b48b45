"""The digest is that of the decision; what is left of a plan passes under it, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from failback.deployment import plan
from failback.deployment.model import Deployment, Project, Request

REVERSAL = {"migration": "0002_bad", "sha256": "r" * 64, "reviewed_by": "kim"}


def gate(*names: str, kind: str = "breaking") -> dict[str, Any]:
    statements = [{"number": 1, "kind": kind, "rule": "drop-column", "statement": "...", "reason": {}}]
    ahead = [{"name": name, "sha256": name * 2, "statements": statements, "row": {"key": {"id": 3}}} for name in names]
    return {"verdict": kind if names else "nothing", "ahead": ahead, "applied": 3}


def choice(strategy: str, **stable: Any) -> dict[str, Any]:
    figures = [{"kind": "column", "object": "orders.note", "figures": {"rows": 12}}]
    return {"strategy": strategy, "loses": figures, "stable": {"strategy": strategy, **stable}}


def made(**changed: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "site": "releases",
        "application": "shop-web",
        "provider": "compose",
        "kind": "rollback",
        "source": "r3",
        "target": "r2",
        "domains": ["https://shop.example.org"],
        "gate": gate("0002_bad"),
        "choice": choice("reversal", reversals=[REVERSAL]),
    }
    return plan.content(**(parts | changed))


def test_figures_stay_out_of_the_digest() -> None:
    before = made()
    more = choice("reversal", reversals=[REVERSAL])
    more["loses"] = [{"kind": "column", "object": "orders.note", "figures": {"rows": 99}}]
    later = gate("0002_bad") | {"applied": 4}
    assert plan.digest(made(choice=more, gate=later)) == plan.digest(before)


@pytest.mark.parametrize(
    "changed",
    [
        {"site": "other"},
        {"application": "shop-edge"},
        {"kind": "promote"},
        {"source": "r4"},
        {"target": "r1"},
        {"domains": ["https://shop.example.org", "https://m.example.org"]},
        {"gate": gate("0002_bad", "0003_more")},
        {"choice": choice("reversal", reversals=[REVERSAL | {"sha256": "s" * 64}])},
        {"choice": choice("restore", backup={"name": "nightly", "digest": "d"})},
        {"gate": None, "choice": None},
    ],
)
def test_every_part_of_the_decision_changes_the_digest(changed: dict[str, Any]) -> None:
    assert plan.digest(made(**changed)) != plan.digest(made())
    assert not plan.rest_of(made(), made(**changed)) or changed["choice"] is None
    assert plan.differences(made(), made(**changed))


def test_the_order_of_domains_says_nothing() -> None:
    one, other = (made(domains=order) for order in (["https://a", "https://b"], ["https://b", "https://a"]))
    assert plan.digest(one) == plan.digest(other)


def test_what_is_left_after_the_reversal_passes() -> None:
    done = made(gate=gate(), choice=choice("nothing"))
    assert plan.rest_of(made(), done)
    assert plan.digest(made()) != plan.digest(done)


def test_what_is_left_of_two_migrations_passes() -> None:
    two = made(
        gate=gate("0002_bad", "0003_more"),
        choice=choice("reversal", reversals=[REVERSAL, REVERSAL | {"migration": "0003_more"}]),
    )
    assert plan.rest_of(two, made())


def test_another_way_for_the_database_is_no_rest() -> None:
    assert not plan.rest_of(made(), made(choice=choice("compatible")))
    assert not plan.rest_of(made(gate=gate(), choice=choice("nothing")), made())
    assert not plan.rest_of(made(), made(gate=gate("0009_new"), choice=choice("reversal", reversals=[REVERSAL])))


def test_a_compatible_migration_may_stay_after_the_reversal() -> None:
    both = gate("0002_bad")
    both["ahead"] += gate("0001_fine", kind="compatible")["ahead"]
    left = gate("0001_fine", kind="compatible")
    assert plan.rest_of(made(gate=both), made(gate=left, choice=choice("compatible")))


def deployment(name: str, *served: str) -> Deployment:
    return Deployment(name, "production", "ready", "2026-11-01T00:00:00Z", served=served)


def test_a_plan_is_the_same_after_production_moved() -> None:
    """Run again after the switch: it still says where production came from."""
    before = Project("p", "shop", "c", ())
    assert plan.moved_from(before, [], "b") == "c"
    moved = Project("p", "shop", "b", (), last_request=Request("rollback", "b", "2026-11-06", "succeeded", since="c"))
    assert plan.moved_from(moved, [], "b") == "c"
    history = [
        deployment("c", "2026-11-05"),
        deployment("b", "2026-11-06", "2026-11-02"),
        deployment("a", "2026-11-01"),
    ]
    assert plan.moved_from(Project("p", "shop", "b", ()), history, "b") == "c"
    assert plan.moved_from(Project("p", "shop", "b", ()), [], "b") == ""


def test_what_was_signed_covers_this_change_and_what_is_left_of_it() -> None:
    signed = made(gate=gate("0001_odd", "0002_bad"))
    chosen = choice("reversal", reversals=[REVERSAL])
    assert plan.unsigned(signed, "shop-web", gate("0001_odd", "0002_bad"), chosen) == ""
    assert plan.unsigned(signed, "shop-web", gate("0002_bad"), chosen) == ""


@pytest.mark.parametrize(
    ("application", "reversal", "names", "said"),
    [
        ("shop-edge", REVERSAL, ("0002_bad",), "not for shop-edge"),
        ("shop-web", REVERSAL | {"sha256": "s" * 64}, ("0002_bad",), "database.reversals"),
        ("shop-web", REVERSAL, ("0002_bad", "0003_more"), "database.migrations"),
    ],
)
def test_nothing_else_is_covered(application: str, reversal: dict[str, str], names: tuple[str, ...], said: str) -> None:
    assert said in plan.unsigned(made(), application, gate(*names), choice("reversal", reversals=[reversal]))


def test_a_plan_of_another_kind_covers_no_change_of_a_database() -> None:
    assert "no application" in plan.unsigned({}, "shop-web", gate("0002_bad"), choice("restore"))
