"""Documents say what the record tells and nothing else, in both languages, and mark what people must write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from failback import incident as incidents
from failback import journal
from failback.people import lessons, words

from rollback_runner.documents import calendar, drafts, proposals, render, told
from rollback_runner.errors import UsageError
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.documents.told import Told

SCRIPT = "<script>alert(1)</script> | [x](javascript:y) # `z`"


@pytest.fixture
def found(tmp_path: Path) -> Told:
    place = incidents.begin(tmp_path, "shop")
    run = store.create(tmp_path, "20260301T040506Z-shop-prepare", ())
    journal.append(run.journal, "begin", site="shop", options={"incident": str(place)}, legs=["prepare"])
    return told.read(tmp_path, place)


def again(found: Told) -> Told:
    return told.read(found.incident.parents[2], found.incident)


def say(found: Told, item: str, note: str = "", **details: Any) -> None:
    words.say(found.incident, words.Word("confirm", item, "kim", note=note, details=details))


@pytest.mark.parametrize("name", render.NAMES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_record_with_almost_nothing_gives_a_draft_that_claims_nothing(
    found: Told, name: str, language: Language
) -> None:
    text = render.draft(name, found, language)
    assert "None" not in text
    assert "Undefined" not in text
    if name == "post-mortem":
        unknown = {"en": "Nobody has stated the cause yet", "ko": "아직 원인을 밝힌 사람이 없습니다"}
        assert unknown[language] in text
        assert str(render.to_write(text)) in text.split("\n\n")[2]
        assert render.to_write(text) >= 8


def test_what_is_said_stands_in_the_draft_and_what_is_taken_back_goes(found: Told) -> None:
    assert "Orders came twice" not in render.draft("post-mortem", found, "en")
    say(found, "SIT-01", category="data", statement="Orders came twice")
    say(found, "FINAL-04", "slow checkout", source="desk", count=14)
    text = render.draft("post-mortem", again(found), "en")
    assert "category **data**: Orders came twice [SIT-01]" in text
    assert "What users say: slow checkout (14 from desk) [FINAL-04, kim]" in text


def test_text_of_the_record_stays_text(found: Told) -> None:
    say(found, "SIT-01", category="data", statement=SCRIPT)
    say(found, "WATCH-03", f"line one\n\n# a heading\n{SCRIPT}")
    lessons.add(found.incident, lessons.Lesson("", "lesson", SCRIPT, "kim", "2027-01-01", "lee"))
    for name in render.NAMES:
        for language in ("en", "ko"):
            text = render.draft(name, again(found), language)  # type: ignore[arg-type]  # a language
            assert not [line for line in text.splitlines() if "<script>" in line.replace(r"\<script>", "")]
            assert "\n# a heading" not in text
            assert "](javascript" not in text.replace(r"\[x](javascript", "")


def test_both_languages_say_the_same_things(found: Told) -> None:
    say(found, "SIT-01", category="performance", statement="Too slow")
    now = again(found)
    for name in ("post-mortem", "re-migration"):
        english, korean = render.draft(name, now, "en"), render.draft(name, now, "ko")
        assert render.to_write(english) == render.to_write(korean)
        assert [line[:2] for line in english.splitlines() if line.startswith("#")] == [
            line[:2] for line in korean.splitlines() if line.startswith("#")
        ]
        for item in ("SIT-01", "REMIG-03" if name == "re-migration" else "FINAL-04"):
            assert english.count(item) == korean.count(item)


def test_an_unknown_document_is_told_with_the_nearest(found: Told) -> None:
    with pytest.raises(UsageError, match=r"no document postmortem \(did you mean post-mortem\?\)"):
        render.draft("postmortem", found, "en")


def report(found: Told, **changed: Any) -> dict[str, Any]:
    return {**found.report, **changed}


def test_proposals_rest_on_the_record_and_go_when_their_reason_does(found: Told) -> None:
    assert [one.key for one in proposals.of(found.report)] == ["killed:20260301T040506Z-shop-prepare"]
    found = replace(found, report=report(found, runs=[]))
    assert proposals.of(found.report) == []
    leg = {"leg": "full", "run": "r1", "budget": 10.0, "seconds": 20.0, "deciding": 0.0}
    failure = {"ids": ["SWITCH-02"], "phase": "emergency", "host": "lb1", "task": "Send traffic", "run": "r1"}
    stop = failure | {"ids": [], "task": "Stop because something was not proven"}
    warning = {"severity": "warning", "key": "backup:nightly:no_proof", "sentence": "never restored",
               "next_step": "restore it", "ids": ["TECH-02"], "hosts": ["db1"]}  # fmt: skip
    situation = warning | {"key": "situation:x"}
    event = {
        "host": "lb1",
        "source": "notes:3",
        "ok": False,
        "title": {"en": "Limit broken: p99 (3 s)", "ko": "한도 초과"},
    }
    made = proposals.of(
        report(
            found,
            phases=[leg],
            failures=[failure, stop],
            findings=[warning, situation],
            metrics={"unknown_writes": 2, "lost_writes": 0},
            events=[event | {"kind": "breach"}, event | {"kind": "breach", "ok": True}],
            cause=found.report["cause"] | {"category": "performance", "statement": "slow"},
        )
    )
    assert [(one.kind, one.key) for one in made] == [
        ("process", "budget:full"),
        ("plan", "found:backup:nightly:no_proof"),
        ("scenario", "failed:lb1:SWITCH-02"),
        ("scenario", "metric:unknown_writes"),
        ("scenario", "cause:performance"),
        ("monitoring", "breach:lb1:Limit_broken:_p99"),
        ("monitoring", "alarm:performance"),
    ]
    assert all(one.rests_on and one.text["en"] and one.text["ko"] for one in made)
    taken = lessons.Lesson("L1", "process", "x", "kim", "2027-01-01", "lee", rests_on="budget:full runs/r1")
    left = proposals.open_ones(report(found, phases=[leg]), [taken])
    assert left == []


def test_a_draft_says_the_same_while_the_record_does(found: Told) -> None:
    assert all(one.changed for one in drafts.draw_up(found, render.NAMES))
    assert not any(
        one.changed for one in drafts.draw_up(replace(again(found), at="2030-01-01T00:00:00Z"), render.NAMES)
    )
    assert drafts.newest(found.incident, "post-mortem")["name"] == "post-mortem.en.md"


ZONE = ZoneInfo("Asia/Seoul")
GUESTS = (calendar.Guest("김민준", "commander", "kim@example.org"), calendar.Guest('Lee, "S"; x', "scribe", ""))
MEETING = calendar.Meeting(
    incident="20260301T040506Z",
    site="shop",
    titles={"en": "Shop, Inc.; x", "ko": "쇼핑몰"},
    start=datetime(2027, 3, 5, 5, 0, tzinfo=UTC),
    zone=ZONE,
    made_at=datetime(2026, 11, 22, tzinfo=UTC),
    place="room 3",
    host=calendar.Guest("Kim", "commander", "kim@example.org"),
    guests=GUESTS,
)


def event_of(meeting: calendar.Meeting) -> tuple[icalendar.Calendar, Any]:
    read = icalendar.Calendar.from_ical(calendar.file(meeting))
    (event,) = read.walk("VEVENT")
    return read, event


def test_the_calendar_file_reads_back_as_what_was_fixed() -> None:
    read, event = event_of(MEETING)
    assert event["DTSTART"].dt == datetime(2027, 3, 5, 14, 0, tzinfo=ZONE)
    assert (event["DTEND"].dt - event["DTSTART"].dt).total_seconds() == 90 * 60
    assert str(event["SUMMARY"]) == "Retrospective: Shop, Inc.; x / 회고: 쇼핑몰"
    assert "김민준 (commander)" in str(event["DESCRIPTION"])
    assert (str(read["METHOD"]), str(event["ATTENDEE"])) == ("REQUEST", "mailto:kim@example.org")
    assert [str(zone["TZID"]) for zone in read.walk("VTIMEZONE")] == ["Asia/Seoul"]
    assert all(len(line) <= 75 for line in calendar.file(MEETING).split(b"\r\n"))


def test_a_changed_date_is_the_same_event_and_the_same_date_the_same_file() -> None:
    _, first = event_of(MEETING)
    _, second = event_of(replace(MEETING, start=datetime(2027, 3, 6, 5, 0, tzinfo=UTC), changed=1))
    assert (first["UID"], first["SEQUENCE"], second["SEQUENCE"]) == (second["UID"], 0, 1)
    assert calendar.file(MEETING) == calendar.file(MEETING)


@pytest.mark.parametrize("mail", ["", "no address", "a@b", "a@example.org\r\nATTENDEE:x@example.org"])
def test_without_addresses_it_is_announced_and_nobody_is_asked(mail: str) -> None:
    read, event = event_of(
        replace(MEETING, host=calendar.Guest("Kim", "", mail), guests=(calendar.Guest("L", "", mail),))
    )
    assert str(read["METHOD"]) == "PUBLISH"
    assert "ATTENDEE" not in event
    assert "ORGANIZER" not in event
