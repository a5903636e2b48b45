"""Freezing the real plan of the lab with real keys, and judging what changed since."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from failback import incident as incidents
from failback import project
from plan_homes import PROJECT, a_home

from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.plan import document as plan_document
from rollback_runner.plan import frozen
from rollback_runner.plan import whole as plan_whole
from rollback_runner.plan.history import History
from rollback_runner.run.engine import Stage
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.plan.frozen import Frozen
    from rollback_runner.plan.leg import Plan
    from rollback_runner.plan.whole import Whole
    from rollback_runner.site.site import Site


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, people: Path) -> Iterator[tuple[Site, tuple[Plan, ...], Path]]:
    """Read the lab's site and list its steps once, with a home of the tests' own."""
    place = a_home(tmp_path_factory.mktemp("lab") / "home", people)
    kept = os.environ.get("RR_HOME")
    os.environ["RR_HOME"] = str(place)
    site = sites.load(str(PROJECT / "inventories" / "lab"))
    yield site, plan_whole.plans_of(site, place, "switch-first"), place
    os.environ.pop("RR_HOME")
    if kept is not None:
        os.environ["RR_HOME"] = kept


class Room:
    """One incident on the lab's site."""

    def __init__(self, site: Site, plans: tuple[Plan, ...], home: Path) -> None:
        self.site, self.plans, self.home = site, plans, home
        shutil.rmtree(home / "incidents", ignore_errors=True)
        self.incident = incidents.begin(home, site.name)

    def whole(self, site: Site | None = None) -> Whole:
        return plan_whole.make(site or self.site, self.home, strategy="switch-first", plans=self.plans)

    def freeze(self, who: str = "kim", key: str = "") -> Frozen:
        key_file = str(self.home / ".lab" / "people" / (key or who))
        return frozen.freeze(self.site, self.home, self.whole(), frozen.Maker(who, key_file, ask=False))

    def changes(self, site: Site | None = None) -> dict[str, bool]:
        kept = plan_document.need(self.incident, self.site.name)
        return {change.key: change.harmless for change in frozen.changes(kept, self.whole(site))}

    def with_variable(self, **variables: Any) -> Site:
        mine = {host: {**found, **variables} for host, found in self.site.variables.items()}
        return replace(self.site, variables=mine)

    def stages(self, *names: str) -> list[Stage]:
        chosen = [plan for plan in self.plans if not names or plan.leg.name in names]
        return [Stage(plan, History(None, {}), PROJECT / plan.leg.playbook) for plan in chosen]


@pytest.fixture
def room(lab: tuple[Site, tuple[Plan, ...], Path], monkeypatch: pytest.MonkeyPatch) -> Room:
    # Who works on the project while its tests run changes its code; test_plan_command looks at real code.
    monkeypatch.setattr(project, "files", lambda _top: {"roles/a.yml": "1"})
    return Room(*lab)


def stake(saved: str, rows: int, *ddl: str) -> dict[str, Any]:
    return {
        "sentence": {"en": f"{rows} orders", "ko": f"주문 {rows}건"},
        "verdict": {"saved": saved, "way": "switch-first", "sentence": {"en": f"{saved}.", "ko": f"{saved}."}},
        "ways": {"switch-first": {"possible": True}, "restore-first": {"possible": True}},
        "idc": {"reachable": True, "usable": True, "why": ""},
        "rds": {"reachable": True, "why": ""},
        "counted": {"rows": {"inserted": rows}, "complete": True, "data_transactions": rows},
        "ddl": [{"statement": one} for one in ddl],
    }


def test_nothing_changes_until_something_does(room: Room) -> None:
    made = room.freeze()
    assert room.changes() == {}
    assert frozen.judge_now(room.site, room.home, room.stages()) == []
    assert frozen.read(room.site, room.home) == plan_document.parse(made.text(), "")


@pytest.mark.parametrize(
    ("who", "key", "said"),
    [
        ("kim", "lee", "is not the one"),
        ("eve", "lee", "eve has no key"),
        ("kim", "nowhere", "there is no key at"),
        (" ", "kim", "who are you"),
    ],
)
def test_who_is_not_the_maker_freezes_nothing(room: Room, who: str, key: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        room.freeze(who, key)
    assert not (room.incident / "plan.json").exists()


def test_freezing_again_keeps_the_digest_and_all_makers(room: Room) -> None:
    first, again = room.freeze("kim"), room.freeze("lee")
    assert again.digest == first.digest
    assert (again.made_by, list(again.makers)) == ("lee", ["kim", "lee"])
    assert list(room.freeze("kim").makers) == ["kim", "lee"]


def test_a_key_that_is_gone_leaves_the_plan_as_it_was(room: Room) -> None:
    room.freeze()
    before = (room.incident / "plan.json").read_bytes()
    with pytest.raises(UsageError, match="the plan was not frozen"):
        room.freeze("kim", "gone")
    assert (room.incident / "plan.json").read_bytes() == before


def test_facts_that_change_are_judged_and_freezing_does_not_wash_them_away(room: Room) -> None:
    incidents.keep(room.incident, "stake.shop-db", stake("all", 10))
    first = room.freeze()
    incidents.keep(room.incident, "stake.shop-db", stake("all", 500))
    assert room.changes() == {"stake:shop-db:rows": True}
    incidents.keep(room.incident, "stake.shop-db", stake("part", 500, "ALTER TABLE orders ADD x INT"))
    assert room.changes() == {
        "stake:shop-db:verdict": False,
        "stake:shop-db:ddl": False,
        "stake:shop-db:rows": True,
    }
    assert [one.key for one in frozen.judge_now(room.site, room.home, room.stages()) if not one.harmless] == [
        "stake:shop-db:verdict",
        "stake:shop-db:ddl",
    ]
    # A plan frozen anew on worse facts is another plan: approvals of the first do not reach it.
    assert room.freeze().digest != first.digest
    assert room.changes() == {}


def test_a_new_blocker_lets_approvals_fall(room: Room) -> None:
    incidents.keep(room.incident, "permissions.host.idc-app1", {"findings": []})
    room.freeze()
    grave = {"severity": "blocker", "key": "grant:idc", "sentence": "a grant is missing", "next_step": "GRANT"}
    incidents.keep(room.incident, "permissions.host.idc-app1", {"findings": [grave]})
    assert room.changes() == {"finding:grant:idc": False}


def test_changes_of_the_site_are_judged(room: Room) -> None:
    room.freeze()
    assert room.changes(room.with_variable(site_experts=[])) == {"people": True}
    drills = {**room.site.variables["shop-db"]["site_drills"], "valid_days": 9999}
    assert room.changes(room.with_variable(site_drills=drills)) == {"variable:site_drills.valid_days": False}
    approvals = {**room.site.variables["shop-db"]["site_approvals"], "valid_hours": 9999}
    assert room.changes(room.with_variable(site_approvals=approvals)) == {"variable:site_approvals.valid_hours": False}
    more = replace(room.site, groups={**room.site.groups, "app_hosts": ("idc-app1",)})
    assert room.changes(more) == {"group:app_hosts": False}


def test_only_legs_that_are_about_to_begin_are_compared(room: Room) -> None:
    room.freeze()
    for leg in ("emergency", "full"):
        assert frozen.judge_now(room.site, room.home, room.stages(leg)) == []
    found = frozen.judge_now(room.with_variable(site_timezone="UTC"), room.home, room.stages("full"))
    assert [(one.key, one.harmless) for one in found] == [("variable:site_timezone", False)]
    full = room.stages("full")[0]
    shorter = replace(full, plan=replace(full.plan, steps=full.plan.steps[1:]))
    assert [one.harmless for one in frozen.judge_now(room.site, room.home, [shorter])] == [False]
    assert frozen.judge_now(room.site, room.home, []) == []


def test_another_way_than_the_frozen_one_lets_approvals_fall(room: Room) -> None:
    room.freeze()
    plans = [replace(stage.plan, strategy="stop-first") for stage in room.stages("full")]
    stages = [Stage(plan, History(None, {}), PROJECT) for plan in plans]
    assert "strategy" in {one.key for one in frozen.judge_now(room.site, room.home, stages) if not one.harmless}


def test_without_a_plan_or_with_a_changed_one_nothing_is_judged(room: Room) -> None:
    with pytest.raises(UsageError, match="No plan is frozen for lab"):
        frozen.judge_now(room.site, room.home, room.stages())
    made = room.freeze()
    body = json.loads(made.text()) | {"made_by": "lee"}
    (room.incident / "plan.json").write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(RefusedError, match="its facts or its maker are not those that were sealed"):
        frozen.judge_now(room.site, room.home, room.stages())
