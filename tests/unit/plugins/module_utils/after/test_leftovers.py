"""Whose a resource is, what it costs, what is proposed: nothing unknown counts as nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from failback.dns.answers import Answer
from failback.errors import ConfigError
from failback.leftovers import prices, propose, usage
from failback.leftovers.model import Found, Resource, Scope
from failback.leftovers.prices import PriceList

TODAY = date(2026, 11, 22)
SCOPE = Scope({"service": "shop"}, {"rds_instance": ("shop-prod",)})
RULE = propose.Rule.from_dict({})


def rds(**more: Any) -> Resource:
    facts = {"class": "db.r6g.large", "storage_gib": 100, "storage_type": "gp3", **more.pop("facts", {})}
    return Resource("rds_instance", "shop-prod", "shop-prod", facts=facts, **more)


@pytest.mark.parametrize(
    ("name", "tags", "owner"),
    [
        ("shop-prod", {}, "site"),
        ("shop-prod", {"service": "shop"}, "site"),
        ("shop-prod", {"service": "billing"}, "disputed"),
        ("other", {"service": "shop"}, "site"),
        ("other", {"service": "billing"}, None),
        ("shop-prod-2", {}, None),
        ("other", {"Service": "shop"}, None),
    ],
)
def test_whose_it_is(name: str, tags: dict[str, str], owner: str | None) -> None:
    found = SCOPE.judge("rds_instance", name, tags)
    assert (found[0] if found else None) == owner


def test_without_tags_nothing_but_the_named_is_the_sites() -> None:
    scope = Scope({}, {})
    assert scope.judge("ec2_instance", "i-1", {"service": "shop"}) is None


def test_a_price_that_is_not_known_is_told_and_not_counted() -> None:
    known = PriceList.from_dict({"budget_month": 100, "prices": {"rds_instance": {"db.r6g.large": 0.25}}})
    cost = prices.cost(rds(state="available"), known)
    assert (cost.day, cost.unknown) == (None, ("rds_storage.gp3",))
    free = Resource("security_group", "sg-1", "g")
    total = prices.sum_up([(rds(), cost), (free, prices.cost(free, known))], known)
    assert (total.day, total.unknown) == (0, ("rds_instance:shop-prod",))
    assert (
        "so far within the budget of 100.00 a month, and 1 more whose price is not known: rds_instance:shop-prod"
        in (total.sentence())
    )


@pytest.mark.parametrize(
    ("more", "day"),
    [
        ({"state": "available"}, 24 * 0.25 + 100 * 0.12 * 24 / 730),
        ({"state": "stopped"}, 100 * 0.12 * 24 / 730),
        ({"state": "available", "facts": {"multi_az": True}}, 2 * (24 * 0.25 + 100 * 0.12 * 24 / 730)),
    ],
)
def test_what_an_instance_costs_a_day(more: dict[str, Any], day: float) -> None:
    known = PriceList.from_dict(
        {"budget_month": 100, "prices": {"rds_instance": {"db.r6g.large": 0.25}, "rds_storage": {"gp3": 0.12}}}
    )
    cost = prices.cost(rds(**more), known)
    assert cost.day == pytest.approx(day, abs=1e-3)
    assert prices.sum_up([(rds(), cost)], known).over_budget == (day * 730 / 24 > 100)


@pytest.mark.parametrize(
    "said",
    [
        {"prices": {"rds": 1}},
        {"prices": {"rds_instance": "dear"}},
        {"prices": {"elastic_ip": -1}},
        {"budget_month": "x"},
    ],
)
def test_a_price_list_that_means_nothing_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="site_cloud_costs"):
        PriceList.from_dict(said)


@pytest.mark.parametrize("days", [{"rds": 3}, {"default": -1}, {"default": True}, {"default": "soon"}])
def test_hold_days_that_mean_nothing_are_refused(days: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="hold_days"):
        propose.Rule.from_dict({"hold_days": days})


def test_a_snapshot_stays_longer_than_what_it_was_made_of() -> None:
    assert RULE.until("rds_instance", TODAY) == "2026-12-06"
    assert RULE.until("rds_snapshot", TODAY) == "2027-02-20"
    assert propose.Rule.from_dict({"hold_days": {"default": 120}}).until("rds_snapshot", TODAY) == "2027-03-22"


def test_what_is_not_the_sites_alone_is_kept_whatever_is_wished() -> None:
    shared = Resource("security_group", "sg-1", "g", owner="shared", because="i-9 of somebody else is in it")
    found = Found((shared,), {})
    assert propose.propose(found, RULE, TODAY)[0].action == "keep"
    for wish in ("stop", "delete"):
        with pytest.raises(ConfigError, match="never touched"):
            propose.propose(found, RULE, TODAY, {"security_group:sg-1": wish})  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="was not found"):
        propose.propose(found, RULE, TODAY, {"ec2_instance:i-9": "delete"})
    with pytest.raises(ConfigError, match="cannot be stopped"):
        propose.propose(Found((Resource("elastic_ip", "e", "e"),), {}), RULE, TODAY, {"elastic_ip:e": "stop"})


def test_a_network_acl_in_use_is_kept() -> None:
    acl = Resource("network_acl", "acl-1", "a", used_by=("subnet:subnet-1",))
    assert "it guards subnet-1" in propose.propose(Found((acl,), {}), RULE, TODAY)[0].why


def test_the_fingerprint_knows_another_one_under_the_same_name() -> None:
    one = rds(facts={"resource_id": "db-1"}, state="available")
    assert one.fingerprint == rds(facts={"resource_id": "db-1"}, state="stopped").fingerprint
    assert one.fingerprint != rds(facts={"resource_id": "db-2"}).fingerprint


def test_a_stopped_rds_cannot_be_asked_and_need_not() -> None:
    world = usage.World(rds={}, names=(), aws_values=frozenset(), doors=())
    assert usage.uses(rds(state="stopped"), world) == []
    assert usage.uses(rds(state="available"), world) != []
    dead = Answer("ns", "a", "A", (), 0, authoritative=False, milliseconds=1.0, error="no answer")
    assert usage.uses(Resource("rds_snapshot", "s", "s"), usage.World({}, (dead,), frozenset(), ("door",))) == []
