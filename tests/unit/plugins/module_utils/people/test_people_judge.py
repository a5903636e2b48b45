"""When an item is answered, when it waits and for whom, and when it was waived."""

from __future__ import annotations

from typing import Any

import pytest
from failback.people import catalogue, judge
from failback.people import team as teams
from failback.people.words import Word
from team_of_tests import EVERYBODY, ack, called, made

PLAN = "a" * 64
OTHER = "b" * 64


def judged(item: str, *said: Word, plan: str = PLAN, **changed: Any) -> judge.Judgement:
    ask = catalogue.of(item)
    assert ask is not None
    team, words = made(*said, **changed)
    return judge.judge(judge.Asked(ask, team, words, plan=plan, contacts=(("kim", "Minjun Kim"), ("X", "X"))))


def word(kind: str, item: str, by: str = "kim", **rest: Any) -> Word:
    return Word(kind, item, by, at="2026-03-01T00:00:00Z", **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("ask", catalogue.ASKS, ids=lambda ask: ask.item)
def test_what_nobody_said_waits_and_names_the_command(ask: catalogue.Ask) -> None:
    found = judged(ask.item)
    assert found.waiting.startswith(f"{ask.item}: ")
    assert f"rollback-runner confirm {ask.item} --as NAME" in found.waiting


@pytest.mark.parametrize("ask", catalogue.ASKS, ids=lambda ask: ask.item)
def test_where_nobody_is_named_only_a_critical_site_waits(ask: catalogue.Ask) -> None:
    found = {
        critical: judge.judge(
            judge.Asked(ask, teams.of_site({}, {}, critical=critical), made()[1], plan=PLAN, contacts=(("X", "X"),))
        )
        for critical in (False, True)
    }
    assert found[True].waiting
    assert found[False].waiting == ""
    assert [(one.severity, one.key) for one in found[False].findings] == [("warning", f"nobody:{ask.item}")]


def test_one_word_answers_and_who_said_it_is_evidence() -> None:
    found = judged("SIT-01", word("confirm", "SIT-01", "lee", note="orders twice", details={"category": "data"}))
    assert found.waiting == ""
    assert found.evidence["said"] | {"by": "lee", "note": "orders twice", "category": "data"} == found.evidence["said"]
    assert found.evidence["by_name"] == "Seoyeon Lee"


def test_former_words_stay_as_evidence() -> None:
    found = judged("TEAM-04", word("decline", "TEAM-04", note="no"), word("confirm", "TEAM-04", note="now yes"))
    assert found.waiting == ""
    assert [one["note"] for one in found.evidence["before"]] == ["no"]


def test_a_no_stops_the_phase() -> None:
    found = judged("APPROVE-04", word("decline", "APPROVE-04", note="backup is in doubt", about=PLAN))
    assert [(one.severity, one.key) for one in found.findings] == [("blocker", "declined:APPROVE-04")]
    assert "backup is in doubt" in found.findings[0].sentence


def test_a_waiver_is_loud_and_a_later_word_takes_its_place() -> None:
    waived = judged("SIT-02", word("waive", "SIT-02", note="no clock to trust"))
    assert waived.waiting == ""
    assert [(one.severity, one.key) for one in waived.findings] == [("warning", "waived:SIT-02")]
    assert "no clock to trust" in waived.findings[0].sentence
    later = judged("SIT-02", word("waive", "SIT-02", note="x"), word("confirm", "SIT-02", note="y"))
    assert (later.waiting, later.findings) == ("", ())


@pytest.mark.parametrize("item", ["REVIEW-01", "APPROVE-04"])
def test_some_items_cannot_be_waived_even_by_a_line_in_the_file(item: str) -> None:
    assert judged(item, word("waive", item, note="hurry", about=PLAN)).waiting


def test_the_team_is_there_when_each_role_is_covered_by_person_or_deputy() -> None:
    assert judged("TEAM-01", *ack(*EVERYBODY)).waiting == ""
    late = called("jung", "communication", "scribe")
    assert judged("TEAM-01", late, *ack("kim", "lee", "park")).waiting == ""  # jung's deputies are park and lee
    assert "Haneul Jung (communication, scribe)" in judged("TEAM-01", *ack("kim", "lee", "park")).waiting
    found = judged("TEAM-01", called("kim", "commander"), *ack("jung"))
    assert "Minjun Kim or Jiho Park (commander)" in found.waiting
    assert "scribe" not in found.waiting
    roles = {row["role"]: row["by"] for row in found.evidence["roles"]}
    assert (roles["scribe"], roles["commander"]) == ("jung", "")


def test_whoever_cannot_come_is_named() -> None:
    found = judged("TEAM-01", *ack("lee", "park", "jung"), word("decline", "TEAM-01", "kim", note="on a plane"))
    assert found.waiting == ""
    assert [one.key for one in found.findings] == ["declined:TEAM-01:kim"]


def test_reading_counts_for_this_plan_only() -> None:
    assert judged("REVIEW-01", *ack(*EVERYBODY, item="REVIEW-01", kind="read", about=PLAN)).waiting == ""
    found = judged("REVIEW-01", *ack(*EVERYBODY, item="REVIEW-01", kind="read", about=OTHER))
    assert f"has not read the plan {PLAN[:12]} yet" in found.waiting
    assert "spoke about another plan" in found.waiting


def test_only_the_one_who_acts_reads_for_a_role() -> None:
    read = ack("lee", "park", "jung", item="REVIEW-01", kind="read", about=PLAN)
    assert "Minjun Kim (commander)" in judged("REVIEW-01", *read).waiting
    late = called("kim", "commander")
    assert judged("REVIEW-01", late, *ack("park", "lee", "jung"), *read).waiting == ""


def test_words_about_the_plan_wait_for_the_plan() -> None:
    for item in ("REVIEW-01", "REVIEW-02", "APPROVE-04", "APPROVE-05"):
        assert "there is no frozen plan" in judged(item, plan="").waiting


def test_only_those_who_decide_can_decide() -> None:
    found = judged("APPROVE-04", word("confirm", "APPROVE-04", "jung", about=PLAN))
    assert "whose word does not count here (commander, operations manager, executive)" in found.waiting
    assert judged("APPROVE-04", word("confirm", "APPROVE-04", "kim", about=PLAN)).waiting == ""


def test_the_people_in_charge_must_still_be_those_who_act() -> None:
    team, words = made()
    acting = {role.name: role.person for role in team.called}
    start = word("confirm", "APPROVE-05", details={"in_charge": acting, "start": {}}, about=PLAN)
    assert judged("APPROVE-05", start).waiting == ""
    assert words.said == ()
    changed = judged("APPROVE-05", start, word("assign", "scribe", details={"to": "lee"}))
    assert "scribe is now Seoyeon Lee" in changed.waiting


def test_every_contact_must_have_answered_by_coming_or_by_report() -> None:
    found = judged("REVIEW-05", *ack("kim"))
    assert "no answer yet from X" in found.waiting
    assert "Kim" not in found.waiting
    told = word("confirm", "REVIEW-05", "jung", note="by phone", details={"contact": "X"})
    assert judged("REVIEW-05", *ack("kim"), told).waiting == ""
    silent = word("decline", "REVIEW-05", "jung", note="rang out", details={"contact": "X"})
    assert "X (did not answer: rang out)" in judged("REVIEW-05", *ack("kim"), silent).waiting
    assert "X (did not answer: rang out)" in judged("REVIEW-05", *ack("kim"), told, silent).waiting
    assert judged("REVIEW-05", *ack("kim"), silent, told).waiting == ""


def test_nobody_named_waits_too() -> None:
    nobody = {role: {} for role in catalogue.ROLES}
    assert "no one is named who could be asked" in judged("TEAM-01", **nobody).waiting


@pytest.mark.parametrize(
    ("item", "whose"),
    [("WATCH-03", "the communication lead"), ("SIT-01", "the technical lead"), ("TEAM-04", "the scribe")],
)
def test_a_role_that_nobody_has_is_called_as_people_call_it(item: str, whose: str) -> None:
    ask = catalogue.of(item)
    assert ask is not None
    nobody = judged(item, **{ask.owner: {}})
    assert nobody.waiting.startswith(f"{item}: {whose} has not said it yet: rollback-runner confirm {item}")


def test_no_asked_item_is_owned_by_nobody() -> None:
    assert all(catalogue.owner_role(ask.item) in catalogue.ROLES for ask in catalogue.ASKS)
    assert set(catalogue.OWNERS.values()) <= set(catalogue.ROLES)
