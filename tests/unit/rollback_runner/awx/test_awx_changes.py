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


def without(kind: str, what: str) -> content.Content:
    """What a site needs that has no use for one thing any more."""
    left = [entry for entry in WANTED.objects[kind] if entry["name"] != names.of("shop", what)]
    assert len(left) < len(WANTED.objects[kind])
    return replace(WANTED, objects={**WANTED.objects, kind: left})


def test_what_is_no_longer_needed_goes_and_what_others_made_stays() -> None:
    wanted = without("job_templates", "deployment")
    found = there(wanted)
    old = {"id": 90, "name": "rollback-runner shop: deployment", "description": names.marked("shop", "old")}
    other = {"id": 91, "name": "rollback-runner shop: handmade", "description": "by hand"}
    found.objects["job_templates"].extend([old, other])
    assert [(change.act, change.number) for change in changes.between(wanted, found).changes] == [("remove", 90)]
    assert 91 not in [change.number for change in changes.everything("shop", found)]


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("job_templates", "deployment"),
        ("job_templates", "full:restore"),
        ("job_templates", "emergency:stop"),
        ("credentials", "vercel"),
        ("credential_types", "vercel"),
        ("notification_templates", "notify room"),
        ("teams", "executive"),
    ],
)
def test_whatever_we_once_made_is_known_by_its_name(kind: str, what: str) -> None:
    wanted = without(kind, what)
    assert {
        (change.act, change.name) for change in changes.between(wanted, there()).changes if change.kind == kind
    } == {("remove", names.of("shop", what))}


def test_every_name_that_we_give_is_one_that_we_know_again() -> None:
    everything = {(change.kind, change.name) for change in changes.everything("shop", there())}
    assert everything == {(kind, entry["name"]) for kind, entry in WANTED.each()}


@pytest.mark.parametrize("kind", content.ORDER)
@pytest.mark.parametrize("suffix", [" @ 10:31:02", " @ 1:07:09 PM"])
def test_a_copy_that_a_person_made_in_awx_stays_and_is_named(kind: str, suffix: str) -> None:
    found = there()
    copy = {**deepcopy(found.objects[kind][0]), "id": 99, "name": found.objects[kind][0]["name"] + suffix}
    found.objects[kind].append(copy)
    difference = changes.between(WANTED, found)
    assert difference.changes == ()
    assert difference.copies == (f"{names.singular(kind)} {copy['name']} (99)",)
    assert 99 not in [change.number for change in changes.everything("shop", found)]


def test_a_copy_under_a_name_of_its_own_stays_too() -> None:
    found = there()
    found.objects["job_templates"].append(
        {"id": 99, "name": "rollback-runner shop: emergency by kim", "description": names.marked("shop", "x")}
    )
    difference = changes.between(WANTED, found)
    assert (difference.changes, len(difference.copies)) == ((), 1)


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


OPERATORS, EMERGENCY = names.of("shop", "operators"), names.of("shop", "emergency")


def test_who_left_the_site_leaves_the_team() -> None:
    found = there()
    held = replace(
        found,
        members={**found.members, OPERATORS: (*found.members[OPERATORS], "mallory")},
        numbers={(OPERATORS, "member", "mallory"): (31, 7)},
    )
    difference = changes.between(WANTED, held)
    assert [(one.act, one.name, one.team, one.role, one.number) for one in difference.changes] == [
        ("leave", "mallory", OPERATORS, 31, 7)
    ]
    for language in ("en", "ko"):
        assert "mallory" in difference.changes[0].sentence(messages.Texts(language))


@pytest.mark.parametrize(
    "grant",
    [
        (OPERATORS, "admin", f"job_templates/{EMERGENCY}"),
        (OPERATORS, "approval", f"workflow_job_templates/{names.whole('shop')}"),
        (OPERATORS, "use", f"credentials/{names.of('shop', 'mysql')}"),
        (OPERATORS, "admin", f"projects/{names.whole('shop')}"),
        (OPERATORS, "execute", f"organizations/{names.whole('shop')}"),
        (names.of("shop", "executive"), "execute", f"job_templates/{EMERGENCY}"),
    ],
)
def test_a_right_that_our_team_should_not_have_is_taken_away(grant: tuple[str, str, str]) -> None:
    found = there()
    held = replace(found, grants=found.grants | {grant}, numbers={grant: (31, 7)})
    difference = changes.between(WANTED, held)
    told = [(one.act, one.team, one.kind, one.role, one.number) for one in difference.changes]
    assert told == [("revoke", grant[0], grant[1], 31, 7)]
    name = grant[2].partition("/")[2]
    for language in ("en", "ko"):
        assert name in difference.changes[0].sentence(messages.Texts(language))


@pytest.mark.parametrize("theirs", ["operations", names.of("shop2", "operators"), names.of("shop", "handmade")])
def test_teams_that_are_not_ours_keep_their_people_and_their_rights(theirs: str) -> None:
    found = there()
    found.objects["teams"].append({"id": 90, "name": theirs, "description": "of others"})
    grant = (theirs, "execute", f"job_templates/{EMERGENCY}")
    held = replace(found, grants=found.grants | {grant}, members={**found.members, theirs: ("mallory",)})
    assert changes.between(WANTED, held).changes == ()


def test_what_our_team_may_with_things_of_others_is_left_alone() -> None:
    found = there()
    found.objects["job_templates"].append({"id": 90, "name": "rollback-runner shop: by hand", "description": "theirs"})
    grant = (OPERATORS, "execute", "job_templates/rollback-runner shop: by hand")
    assert changes.between(WANTED, replace(found, grants=found.grants | {grant})).changes == ()


def test_a_team_whose_people_the_site_does_not_name_is_filled_in_awx() -> None:
    wanted = made(site_approvals={"source": "awx"}, site_roles={})
    lead = names.of("shop", "technical_lead")
    assert set(wanted.members.values()) == {()}
    found = there(wanted)
    held = replace(found, members={**found.members, lead: ("lee",), OPERATORS: ("kim",)})
    assert changes.between(wanted, held).changes == ()


def test_a_team_that_somebody_else_made_under_our_name_is_left_alone() -> None:
    found = there()
    team = next(one for one in found.objects["teams"] if one["name"] == OPERATORS)
    team["description"] = "of others"
    difference = changes.between(WANTED, replace(found, members={**found.members, OPERATORS: ("mallory",)}))
    assert not [one for one in difference.changes if one.act in {"leave", "revoke"}]
    assert difference.strangers == (f"team {OPERATORS} ({team['id']})",)


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
