from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import planned
import pytest

from rollback_runner.plan.changes import Change, of_content
from rollback_runner.record.seen import Step

SITE = planned.site()
BEFORE = planned.content()


def only(now: dict[str, Any], before: dict[str, Any] = BEFORE, **files: Any) -> Change:
    found = of_content(before, now, files.get("files", ({}, {})))
    assert len(found) == 1, [change.sentence["en"] for change in found]
    assert not found[0].harmless
    assert "{" not in found[0].sentence["en"] + found[0].sentence["ko"]
    assert any("가" <= letter <= "힣" for letter in found[0].sentence["ko"])
    return found[0]


def with_steps(steps: tuple[Step, ...]) -> dict[str, Any]:
    return planned.content(made=planned.plans(SITE, steps))


def test_the_same_content_has_no_changes() -> None:
    assert of_content(BEFORE, planned.content()) == []


def test_a_step_added_removed_renamed_or_moved_is_named() -> None:
    new = Step("Move the writer", "Tell everyone", ("AWS-01",), hosts="databases")
    added = only(with_steps((*planned.STEPS[:2], new, *planned.STEPS[2:])))
    assert added.sentence["en"] == 'emergency: the step "AWS-01 | Tell everyone" was added (play: Move the writer).'
    assert (
        only(with_steps(planned.STEPS[:-1])).sentence["en"].startswith('emergency: the step "IDC-05 | Read the error')
    )
    renamed = only(
        with_steps((*planned.STEPS[:2], replace(planned.STEPS[2], name="Lock all accounts"), *planned.STEPS[3:]))
    )
    assert renamed.sentence["en"] == (
        'emergency: the step "AWS-01, AWS-02 | Lock the accounts" is called "AWS-01, AWS-02 | Lock all accounts" now.'
    )
    moved = only(with_steps((*planned.STEPS[:4], replace(planned.STEPS[4], hosts="service"))))
    assert "runs elsewhere" in moved.sentence["en"]


def test_a_variable_is_told_from_and_to_with_its_hosts() -> None:
    change = only(planned.content(planned.site(db_max_lag=2.5)))
    assert change.sentence["en"] == "The variable db_max_lag was 1.0, now 2.5 (shop-db)."
    assert change.sentence["ko"] == "변수 db_max_lag의 값이 1.0에서 2.5(으)로 바뀌었습니다(shop-db)."
    assert change.key == "variable:db_max_lag"
    assert (
        only(planned.content(planned.site(db_new=[1]))).sentence["en"] == "The variable db_new is new: [1] (shop-db)."
    )
    gone = only(BEFORE, planned.content(planned.site(db_new=[1])))
    assert gone.sentence["en"] == "The variable db_new is gone; it was [1] (shop-db)."


def test_an_inner_value_is_named_by_its_path() -> None:
    before = planned.content(planned.site(limits={"cpu": 1, "list": [1, 2]}))
    now = planned.content(planned.site(limits={"cpu": 2, "list": [1, 2]}))
    assert only(now, before).key == "variable:limits.cpu"


def test_an_empty_value_is_not_a_missing_one() -> None:
    before, now = planned.content(planned.site(note="")), planned.content(planned.site(note="x"))
    assert only(now, before).sentence["en"] == 'The variable note was "", now x (shop-db).'


@pytest.mark.parametrize("side", ["idc", "aws"])
def test_another_server_is_told_once_and_as_what_it_is(side: str) -> None:
    server = {**SITE.variables["shop-db"][f"db_{side}"], "server_uuid": "33333333-3333-4333-8333-333333333333"}
    change = only(planned.content(planned.site(**{f"db_{side}": server})))
    assert change.key == f"server:shop-db:{side}:server_uuid"
    assert planned.UUIDS[side] in change.sentence["en"]


def test_another_instance_or_cut_over_is_told_once() -> None:
    assert only(planned.content(planned.site(aws_db_instance="other"))).key == "server:shop-db:aws:instance"
    assert only(planned.content(planned.site(db_cutover_gtid="x:1"))).key == "cutover:shop-db"


def test_hosts_added_gone_and_reordered() -> None:
    def group(*hosts: str) -> dict[str, Any]:
        now = deepcopy(BEFORE)
        now["groups"]["app_hosts"] = list(hosts)
        return now

    assert only(group("a1", "a2", "a3")).sentence["en"] == "The group app_hosts has new hosts: a3."
    assert only(group("a1")).sentence["en"] == "The group app_hosts lacks hosts it had: a2."
    assert "another order" in only(group("a2", "a1")).sentence["en"]


def test_code_is_told_by_its_files() -> None:
    then, now = {"roles/a.yml": "1", "roles/b.yml": "1"}, {"roles/a.yml": "2", "roles/c.yml": "1"}
    change = only(planned.content(code="d" * 64), files=(then, now))
    assert change.sentence["en"] == "The code changed in 3 files: roles/a.yml, roles/b.yml, roles/c.yml."
    many = {f"roles/{number}.yml": "1" for number in range(9)}
    assert only(planned.content(code="d" * 64), files=(many, {})).sentence["en"].endswith("(+4).")
    assert only(planned.content(code="d" * 64)).key == "code"


def test_backups_chosen_gone_and_changed() -> None:
    def chosen(*rows: tuple[str, str]) -> dict[str, Any]:
        return planned.content(backups={"shop-db": [{"name": name, "digest": digest} for name, digest in rows]})

    before = chosen(("nightly", "1"))
    assert only(chosen(), before).key == "backup:shop-db:nightly"
    assert "other content" in only(chosen(("nightly", "2")), before).sentence["en"]
    assert [change.key for change in of_content(before, chosen(("weekly", "1")))] == [
        "backup:shop-db:nightly",
        "backup:shop-db:weekly",
    ]


def test_strategy_legs_and_budgets() -> None:
    stop = planned.content(made=planned.plans(SITE, strategy="stop-first"))
    keys = {change.key for change in of_content(BEFORE, stop)}
    assert {"strategy", "leg:emergency", "leg:emergency:stop"} <= keys
    slow = planned.content(replace(SITE, budgets={"emergency": 600.0, "full": 3600.0}))
    assert only(slow).sentence["en"] == "emergency: the budget was 900 s, now 600 s."


def test_an_item_that_is_asked_for_now_or_not_any_more() -> None:
    asked = planned.content(planned.site(aws_network_fence="security_group"))
    keys = [change.key for change in of_content(BEFORE, asked)]
    assert "item:emergency:AWS-04:excused" in keys
    assert all(not change.harmless for change in of_content(asked, BEFORE))


def test_a_value_of_a_secret_is_never_told() -> None:
    before, now = planned.content(), planned.content(planned.site(x_password="tiger"))
    assert of_content(before, now) == []
