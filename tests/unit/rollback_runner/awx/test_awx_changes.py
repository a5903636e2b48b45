"""What differs between a site and AWX: all of it, once, and nobody else's things."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from awx_made import made

from rollback_runner import messages
from rollback_runner.awx import changes, content, names, observed

WANTED = made()


def there(wanted: content.Content = WANTED) -> observed.Observed:
    """AWX as it is after `configure`."""
    objects: dict[str, list[dict[str, Any]]] = {
        kind: [{**deepcopy(entry), "id": number} for number, entry in enumerate(entries, 1)]
        for kind, entries in wanted.objects.items()
    }
    grants = {
        (entry["team"], entry["role"], f"{kind}/{name}")
        for entry in wanted.roles
        for kind, key in (("job_templates", "job_templates"), ("workflow_job_templates", "workflows"))
        for name in entry[key]
    }
    members = {names.of("shop", team): people for team, people in wanted.members.items()}
    users = frozenset(person for people in wanted.members.values() for person in people)
    return observed.Observed(objects, frozenset(grants), members, users)


def test_nothing_differs_after_it_was_made() -> None:
    found = changes.between(WANTED, there())
    assert (found.changes, found.strangers, found.missing_users, found.fresh) == ((), (), (), False)


def test_everything_is_to_be_made_where_nothing_is() -> None:
    empty = observed.Observed({kind: [] for kind in content.ORDER})
    found = changes.between(WANTED, empty)
    made_ones = [change for change in found.changes if change.act == "create"]
    assert len(made_ones) == sum(len(entries) for entries in WANTED.objects.values())


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_change_says_from_what_to_what(language: Any) -> None:
    found = there()
    found.objects["job_templates"][0]["timeout"] = 1
    change = changes.between(WANTED, found).changes[0]
    assert change.fields == (("timeout", 1, 3600),)
    assert "timeout (1 -> 3600)" in change.sentence(messages.Texts(language))


def test_an_object_without_our_mark_is_a_stranger_and_no_change() -> None:
    found = there()
    found.objects["projects"][0]["description"] = "mine"
    difference = changes.between(WANTED, found)
    assert difference.strangers == ("project rollback-runner shop (1)",)
    assert difference.changes == ()


def test_what_is_no_longer_needed_goes_and_what_others_made_stays() -> None:
    found = there()
    old = {"id": 90, "name": "rollback-runner shop: old", "description": names.marked("shop", "old")}
    other = {"id": 91, "name": "rollback-runner shop: handmade", "description": "by hand"}
    found.objects["job_templates"].extend([old, other])
    assert [(change.act, change.number) for change in changes.between(WANTED, found).changes] == [("remove", 90)]
    assert 91 not in [change.number for change in changes.everything("shop", found)]


def test_all_that_is_ours_goes_in_the_order_in_which_it_can() -> None:
    kinds = [change.kind for change in changes.everything("shop", there())]
    assert kinds[0] == "workflow_job_templates"
    assert kinds[-1] == "organizations"


def test_a_path_too_many_has_the_workflow_made_anew() -> None:
    found = there()
    nodes = found.objects["workflow_job_templates"][0]["workflow_nodes"]
    last = next(node for node in nodes if node["identifier"] == "failed")
    last["related"]["always_nodes"] = [{"identifier": "watch"}]
    difference = changes.between(WANTED, found)
    assert difference.fresh
    assert difference.changes[0].fields[0][0] == "node failed"


def test_a_right_that_is_missing_is_granted_and_a_person_joins() -> None:
    found = there()
    team = names.of("shop", "technical_lead")
    fewer = frozenset(grant for grant in found.grants if grant[0] != team)
    difference = changes.between(WANTED, replace(found, grants=fewer, members={**found.members, team: ()}))
    assert {(change.act, change.team) for change in difference.changes} == {("grant", team), ("join", team)}


def test_a_person_who_is_no_user_of_awx_is_named() -> None:
    found = there()
    difference = changes.between(WANTED, replace(found, users=found.users - {"choi"}))
    assert ("choi", names.of("shop", "executive")) in difference.missing_users


def test_a_credential_with_an_empty_field_is_named() -> None:
    found = there()
    assert "idc" in changes.between(WANTED, found).empty["rollback-runner shop: mysql"]
    held = next(one for one in found.objects["credentials"] if one["name"].endswith(": mysql"))
    held["inputs"] = {"idc": "$encrypted$", "aws": "$encrypted$"}
    assert "rollback-runner shop: mysql" not in changes.between(WANTED, found).empty
