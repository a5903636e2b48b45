from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rollback_runner.errors import UsageError
from rollback_runner.plan import leg as planning
from rollback_runner.plan import ways
from rollback_runner.record.seen import Step
from rollback_runner.site.site import Site

EMERGENCY = ways.leg("switch-first", "emergency", "")
STEPS = (
    Step("Prepare", "Write the configuration", ("SWITCH-01",), hosts="app_hosts"),
    Step("Move the writer", "Open IDC for writes", ("SWITCH-01",), hosts="databases"),
)
SITE = Site(
    name="shop",
    directory=Path("/srv/site"),
    titles={"en": "Shop", "ko": "쇼핑몰"},
    critical=False,
    strategy="switch-first",
    budgets={"emergency": 900.0, "full": 3600.0},
    timezone="Asia/Seoul",
    groups={
        "databases": ("db",),
        "database_hosts": ("dbh",),
        "app_hosts": ("a1", "a2"),
        "load_balancers": ("lb",),
        "service": ("s",),
    },
    variables={
        "db": {"aws_network_fence": "none", "rr_home": "/home/one", "file": "/home/one/x"},
        **{host: {} for host in ("dbh", "a1", "a2", "lb", "s")},
    },
    secret_files=(),
)


def test_the_plan_names_every_item_with_its_hosts() -> None:
    plan = planning.make(SITE, EMERGENCY, STEPS)
    hosts = {item.id: item.hosts for item in plan.items}
    assert len(hosts) == 14
    assert hosts["SWITCH-01"] == ("db", "a1", "a2")
    assert plan.excused == {"AWS-04"}
    assert plan.point_of_no_return == "Open IDC for writes"


def test_a_site_that_asks_for_the_network_fence_gets_it() -> None:
    variables = {**SITE.variables, "db": {"aws_network_fence": "security_group"}}
    assert planning.make(replace(SITE, variables=variables), EMERGENCY, STEPS).excused == frozenset()


def test_the_digest_does_not_depend_on_the_machine() -> None:
    here = planning.make(SITE, EMERGENCY, STEPS, home="/home/one")
    elsewhere = replace(
        SITE,
        directory=Path("/opt/site"),
        variables={**SITE.variables, "db": {"aws_network_fence": "none", "rr_home": "/data", "file": "/data/x"}},
    )
    assert planning.make(elsewhere, EMERGENCY, STEPS, home="/data").digest == here.digest


def test_the_digest_changes_with_what_is_done() -> None:
    one = planning.make(SITE, EMERGENCY, STEPS).digest
    assert planning.make(SITE, EMERGENCY, STEPS[:1]).digest != one
    assert planning.make(replace(SITE, budgets={"emergency": 901.0, "full": 1.0}), EMERGENCY, STEPS).digest != one
    variables = {**SITE.variables, "lb": {"lb_hold_limit": 31}}
    assert planning.make(replace(SITE, variables=variables), EMERGENCY, STEPS).digest != one


def test_an_unknown_phase_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"no phase emergancy \(did you mean emergency"):
        planning.refuse_unknown("emergancy")


def test_a_part_answers_for_its_own_items_only() -> None:
    restore = ways.leg("restore-first", "full", "restore")
    plan = planning.make(SITE, restore, STEPS, strategy="restore-first")
    assert [item.id for item in plan.items] == [f"DATA-0{number}" for number in range(1, 7)]
    assert (plan.strategy, plan.phase, plan.budget) == ("restore-first", "full", 3600.0)
    assert plan.digest != planning.make(SITE, restore, STEPS).digest


def test_the_digest_of_several_plans_depends_on_their_order() -> None:
    one, two = planning.make(SITE, EMERGENCY, STEPS), planning.make(SITE, EMERGENCY, STEPS[:1])
    assert planning.whole_digest([one]) == one.digest
    assert planning.whole_digest([one, two]) != planning.whole_digest([two, one])
