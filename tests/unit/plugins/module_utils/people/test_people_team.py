"""Roles, deputies and the ladder: whoever would reach nobody is found."""

from __future__ import annotations

from typing import Any

import pytest
from failback.errors import ConfigError
from failback.people import contacts, table, team
from failback.people.words import Word
from team_of_tests import NOW, PEOPLE, ROLES, ack, called, made

CHANNELS = ("chat", "mail")


def keys(roles: dict[str, Any], people: dict[str, Any] | None = None, *, critical: bool = False) -> dict[str, str]:
    found = team.of_site(PEOPLE if people is None else people, roles, critical=critical)
    return {one.key: one.severity for one in table.roles(found, CHANNELS)}


def test_a_whole_table_has_no_findings() -> None:
    assert keys(ROLES) == {}


@pytest.mark.parametrize(
    ("change", "key", "severity"),
    [
        ({"commander": {}}, "role:commander:person", "blocker"),
        ({"scribe": {"person": "jung"}}, "role:scribe:deputy", "blocker"),
        ({"technical_lead": {"person": "lee"}}, "role:technical_lead:deputy", "warning"),
        ({"network": {"person": "park", "deputy": "park"}}, "role:network:deputy", "blocker"),
        ({"database": {"person": "leee", "deputy": "kim"}}, "person:leee:unknown", "blocker"),
        ({"comander": {"person": "kim"}}, "role:comander:unknown", "warning"),
    ],
)
def test_each_gap_in_the_table_is_found(change: dict[str, Any], key: str, severity: str) -> None:
    assert keys(ROLES | change) == {key: severity}


def test_a_role_that_is_called_after_its_area_is_said_as_people_say_it() -> None:
    changed = ROLES | {"database": {}, "network": {"person": "park"}, "commander": {}, "communication": {}}
    found = team.of_site(PEOPLE, changed, critical=False)
    assert [one.sentence for one in table.roles(found, CHANNELS)] == [
        "no one is named as commander",
        "no one is named as database lead",
        "Jiho Park has no deputy as network lead",
        "no one is named as communication lead",
    ]
    rung = team.rungs([{"after": 1, "role": "database", "channel": "chat"}])
    assert [one.sentence for one in table.ladder(found, rung, CHANNELS, {})] == [
        "rung 1 of the ladder (after 1 s) reaches nobody: no one is named as database lead"
    ]


def test_an_executive_is_needed_where_the_system_is_critical() -> None:
    assert keys(ROLES, critical=True) == {"role:executive:person": "blocker"}


@pytest.mark.parametrize(("critical", "severity", "count"), [(False, "warning", 8), (True, "blocker", 9)])
def test_nobody_named_at_all_stops_a_critical_site_only(severity: str, count: int, *, critical: bool) -> None:
    found = keys({}, {}, critical=critical)
    assert set(found.values()) == {severity}
    assert len(found) == count
    nobody = team.of_site({}, {}, critical=critical)
    assert [one.severity for one in table.ladder(nobody, [], (), {})] == [severity]


def test_a_table_that_was_begun_must_be_whole() -> None:
    assert set(keys({}).values()) == {"blocker"}, "people are named, and none has a role"


def test_people_whom_no_channel_reaches_are_found() -> None:
    people = PEOPLE | {"jung": {"name": {"en": "Jung", "ko": "정"}}, "park": {"name": {}, "contact": ["chatt"]}}
    assert keys(ROLES, people) == {"person:jung:contact": "blocker", "person:park:channel:chatt": "blocker"}


def ladder(rungs: list[dict[str, Any]], dead: dict[str, str] | None = None) -> dict[str, str]:
    found, _said = made()
    return {one.key: one.sentence for one in table.ladder(found, team.rungs(rungs), CHANNELS, dead or {})}


def test_a_ladder_that_reaches_people_has_no_findings_and_is_read_back_in_order() -> None:
    rungs = [
        {"after": 900, "role": "operations_manager", "channel": "mail"},
        {"after": 0, "role": "commander", "channel": "chat"},
    ]
    assert ladder(rungs) == {}
    found, _said = made()
    back = table.read_back(found, team.rungs(rungs))
    assert [(row["after_seconds"], row["who"]) for row in back] == [
        (0, ["Minjun Kim", "Jiho Park"]),
        (900, ["Jiho Park", "Minjun Kim"]),
    ]


@pytest.mark.parametrize(
    ("rung", "key"),
    [
        ({"after": 1, "role": "boss", "channel": "chat"}, "ladder:1:role"),
        ({"after": 1, "role": "executive", "channel": "chat"}, "ladder:1:person"),
        ({"after": 1, "role": "commander", "channel": "pager"}, "ladder:1:channel"),
        ({"after": 1, "role": "commander", "channel": "mail"}, "ladder:1:dead"),
    ],
)
def test_a_rung_that_reaches_nobody_is_found(rung: dict[str, Any], key: str) -> None:
    assert list(ladder([rung], {"mail": "connection refused"})) == [key]


def test_no_ladder_is_a_finding_and_a_rung_without_a_time_is_refused() -> None:
    assert list(ladder([])) == ["ladder:none"]
    with pytest.raises(ConfigError, match="rung 1 does not say after how many seconds"):
        team.rungs([{"role": "commander", "channel": "chat"}])


def test_only_those_whom_no_other_channel_reaches_are_stranded() -> None:
    found, _said = made()
    assert table.stranded(found, {"mail": "dead"}) == ("jung",)
    assert set(table.stranded(found, {"chat": "dead"})) == {"lee", "park"}
    assert table.stranded(found, {}) == ()


def test_a_role_goes_to_whom_it_was_assigned_and_a_deputy_changes_places() -> None:
    found, _said = made(Word("assign", "commander", "park", details={"to": "park"}))
    assert (found.roles["commander"].person, found.roles["commander"].deputy) == ("park", "kim")
    found, _said = made(Word("assign", "scribe", "kim", details={"to": "kim"}))
    assert (found.roles["scribe"].person, found.roles["scribe"].deputy) == ("kim", "lee")


def test_the_deputy_acts_once_they_came_and_the_first_did_not() -> None:
    late = called("kim", "commander")
    found, said = made(late, *ack("park"))
    assert team.acting(found, said, NOW + 299)["commander"] == "kim"
    assert team.acting(found, said, NOW + 301)["commander"] == "park"
    found, said = made(late, *ack("park", "kim"))
    assert team.acting(found, said, NOW + 301)["commander"] == "kim"
    assert team.acting(*made(*ack("park")))["commander"] == "kim"


def test_an_item_belongs_to_its_role_until_it_is_given_away() -> None:
    assert team.owner(*made(), "SIT-01") == "lee"
    assert team.owner(*made(), "AWS-03") == "lee"
    assert team.owner(*made(Word("assign", "SIT-01", "kim", details={"to": "jung"})), "SIT-01") == "jung"


def test_people_are_found_by_key_or_name_and_the_nearest_is_named() -> None:
    found, _said = made()
    assert [found.named(text) for text in ("kim", "KIM", "Minjun Kim", "김민준")] == ["kim"] * 4
    with pytest.raises(ConfigError, match=r"no 'kin' \(did you mean kim\?\)"):
        found.named("kin")
    with pytest.raises(ConfigError, match="names nobody yet"):
        team.of_site({}, {}, critical=False).named("kim")


def test_experts_and_the_press_line_are_looked_at() -> None:
    found, _said = made()
    assert [one.key for one in contacts.experts([])] == ["experts:none"]
    assert [one.key for one in contacts.experts([{"name": "X", "contact": "1", "hours": "always"}])] == [
        "expert:X:contract"
    ]
    assert [one.key for one in contacts.press({}, found)] == ["press:none"]
    partly = {"owner": "jungg", "draft": {"en": "text"}}
    assert [one.key for one in contacts.press(partly, found)] == ["press:draft:ko", "press:owner"]
    assert contacts.press({"owner": "jung", "draft": {"en": "text", "ko": "글"}}, found) == ()


def test_emergency_contacts_are_the_ladder_and_the_experts() -> None:
    found, _said = made()
    rungs = team.rungs([{"after": 0, "role": "commander", "channel": "chat"}])
    assert contacts.emergency(found, rungs, [{"name": "X"}]) == (("kim", "Minjun Kim"), ("X", "X"))
