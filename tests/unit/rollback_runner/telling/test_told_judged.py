"""COMM and EXT items: judged by what channels took, not by what was put."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from failback.people import words

from rollback_runner.telling import audiences, escalation, judge, outbox, story
from rollback_runner.telling.outbox import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.telling.outbox import State

LATER = timedelta(seconds=2)


def _at(told: str, lines: dict[str, str], facts: tuple[str, ...], *, lag: timedelta = LATER) -> str:
    """Say when a channel would have taken a message: a little after the newest line it rests on."""
    newest = max((lines[one] for one in facts if one in lines), default=told)
    return (datetime.fromisoformat(newest) + lag).isoformat()


def _told(stage: Any, change: Callable[[State], State | None] = lambda state: state, **more: Any) -> judge.Told:
    """Take what was put, as if the first channel took each message two seconds after what it tells."""
    told = story.read(stage.home, stage.incident)
    lines = {line.id: line.time for line in told.lines()}
    states = []
    for state in outbox.read(stage.incident):
        at = _at(told.runs[-1].lines[-1].time, lines, state.message.facts)
        taken = replace(state, channels={"chat": Delivery("chat", 1, at, at)})
        if (kept := change(taken)) is not None:
            states.append(kept)
    given = stage.given
    climbs = escalation.escalations(outbox.lines(stage.incident / outbox.MESSAGES), states)
    return judge.Told(told, states, climbs, audiences.of_site(given), troubles=stage.troubles(), agreed=True, **more)


@pytest.fixture
def ended(stage: Any) -> Any:
    """Return an incident that ended well, with the end told."""
    stage.play(stage.lines("proven"))
    for event in ("closing", "next_steps", "brief"):
        stage.tell(None, event)
    return stage


def _nobody(_state: State) -> None:
    return None


def test_all_was_told(ended: Any) -> None:
    told = _told(ended)
    for item in judge.ITEMS[:-1]:
        found = judge.judge(item, told)
        assert (found.findings, found.waiting) == ((), ""), item
    steps = judge.judge("COMM-02", told).evidence
    assert [row["what"] for row in steps["steps"]] == [
        "prepare passed", "approve passed", "promoted", "emergency passed", "full passed"
    ]  # fmt: skip
    assert steps["slowest_seconds"] == pytest.approx(2.0)


@pytest.mark.parametrize("item", judge.ITEMS[:-1])
def test_what_was_only_put_was_not_told(ended: Any, item: str) -> None:
    found = judge.judge(item, _told(ended, lambda state: replace(state, channels={})))
    if item == "COMM-03":
        assert found.evidence["problems"] == []
        return
    blockers = [one for one in found.findings if one.severity == "blocker"]
    assert blockers, item
    assert all(one.next_step for one in blockers)


def test_told_after_the_start_is_a_warning_with_the_delay(ended: Any) -> None:
    def late(state: State) -> State:
        if state.message.event != "run_began" or state.message.audience != "team":
            return state
        return replace(state, channels={"chat": Delivery("chat", 1, "", "2026-11-22T12:52:29.199+00:00")})

    (finding,) = judge.judge("COMM-01", _told(ended, late)).findings
    assert (finding.severity, finding.sentence) == ("warning", "team was told 30 s after the start")


def test_a_step_told_late_is_a_warning_with_its_lag(ended: Any) -> None:
    found = judge.judge("COMM-02", _told(ended, lag=1.0))
    assert {one.severity for one in found.findings} == {"warning"}
    assert len(found.findings) == 5


def test_a_step_that_only_a_later_message_told_is_named(ended: Any) -> None:
    found = judge.judge("COMM-02", _told(ended, lambda state: None if state.message.event == "act" else state))
    (finding,) = found.findings
    assert finding.severity == "warning"
    assert "promoted was not told by itself" in finding.sentence


def test_a_step_nobody_heard_of_is_a_blocker(ended: Any) -> None:
    found = judge.judge("COMM-02", _told(ended, _nobody))
    assert len([one for one in found.findings if one.severity == "blocker"]) == 5
    assert "rollback-runner tell team" in found.findings[0].next_step


def test_a_problem_shows_its_message_its_level_and_who_has_not_answered(stage: Any) -> None:
    stage.play(stage.lines("aborted"))
    found = judge.judge("COMM-03", _told(stage))
    (row,) = found.evidence["problems"]
    assert row["what"] == "AWS-01, AWS-02, AWS-03@shop-db"
    assert row["lag_seconds"] == pytest.approx(2.0)
    (finding,) = found.findings
    assert "nobody has answered" in finding.sentence


def test_a_problem_that_was_told_to_nobody_is_a_blocker(stage: Any) -> None:
    stage.play(stage.lines("aborted"))
    found = judge.judge("COMM-03", _told(stage, _nobody))
    assert "blocker" in {one.severity for one in found.findings}


def test_an_abort_is_a_step_too(stage: Any) -> None:
    stage.play(stage.lines("aborted"))
    rows = judge.judge("COMM-02", _told(stage)).evidence["steps"]
    assert [row["what"] for row in rows] == ["prepare passed", "approve passed", "emergency did not pass", "aborted"]
    assert all(row["told_at"] for row in rows)


def test_a_partner_without_a_channel_waits_for_a_person_and_their_word_ends_it(
    staged: Callable[[Any], Any], given: dict[str, Any]
) -> None:
    given["site_partners"].append({"key": "ship", "name": "Example Ship"})
    stage = staged(given)
    stage.play(stage.lines("proven"))
    assert not any("/partners/ship/" in one.key for one in stage.messages)
    found = judge.judge("EXT-03", _told(stage))
    assert "rollback-runner tell partners --partner ship" in found.waiting
    words.say(
        stage.incident, words.Word("confirm", "EXT-03", "jung", note="by phone", details={"told": "partners/ship"})
    )
    found = judge.judge("EXT-03", _told(stage))
    assert (found.waiting, found.findings) == ("", ())
    assert found.evidence["told"][1]["by_hand"][0]["by"] == "jung"


def test_users_without_a_notice_need_a_reason(staged: Callable[[Any], Any], given: dict[str, Any]) -> None:
    del given["site_audiences"]["users"]
    stage = staged(given)
    stage.play(stage.lines("proven"))
    assert "not_needed" in judge.judge("EXT-01", _told(stage)).waiting
    given["site_audiences"]["users"] = {"not_needed": "nobody outside uses it"}
    found = judge.judge("EXT-01", _told(stage))
    assert (found.waiting, [one.severity for one in found.findings]) == ("", ["warning"])


def test_an_audience_the_site_does_not_name_waits_for_a_person(
    staged: Callable[[Any], Any], given: dict[str, Any]
) -> None:
    del given["site_audiences"]["support"]
    stage = staged(given)
    stage.play(stage.lines("proven"))
    assert "nobody told support yet" in judge.judge("EXT-04", _told(stage)).waiting


def test_the_service_level_must_be_measured_and_passed_on(ended: Any) -> None:
    assert [one.severity for one in judge.judge("EXT-05", _told(ended)).findings] == ["blocker"]
    (ended.incident / "facts").mkdir(exist_ok=True)
    (ended.incident / "facts" / "sla.json").write_text(
        '{"source": "ledger", "downtime": 0.9, "unknown": 0, "credit": 0, "credit_at_most": 0, "objective": 0.999,'
        ' "period_days": 30, "budget": 2592, "used_share": 0.0003, "availability": 0.9999997}',
        encoding="utf-8",
    )
    ended.tell(None, "service_level")
    found = judge.judge("EXT-05", _told(ended))
    assert (found.findings, found.waiting) == ((), "")
    assert {row["audience"] for row in found.evidence["told"]} == {"management", "team"}
    path = ended.incident / "facts" / "sla.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**kept, "used": 0.9, "unknown": 1200, "early": 1200}), encoding="utf-8")
    found = judge.judge("EXT-05", _told(ended))
    assert found.findings == ()
    assert found.evidence["note"].startswith("1200 s between the moment of failure and the first reading")
    path.write_text(json.dumps({**kept, "used": 0.9, "unknown": 1200, "early": 0}), encoding="utf-8")
    assert [one.key for one in judge.judge("EXT-05", _told(ended)).findings] == ["sla:unknown"]
    without = replace(_told(ended), agreed=False)
    assert [one.severity for one in judge.judge("EXT-05", without).findings] == ["warning"]


def test_what_could_not_be_told_stands_in_the_findings(ended: Any) -> None:
    told = replace(_told(ended), troubles=[{"event": "act", "error": "disk full"}])
    assert "act could not be told: disk full" in [one.sentence for one in judge.judge("COMM-02", told).findings]


def test_what_somebody_told_before_the_end_was_not_the_end(staged: Callable[[Any], Any], given: dict[str, Any]) -> None:
    given["site_partners"] = [{"key": "ship", "name": "Example Ship"}]
    stage = staged(given)
    stage.play(stage.lines("proven"))
    stage.tell(None, "closing")
    early = words.Word(
        "confirm", "EXT-03", "jung", note="by phone", at="2026-11-22T12:40:00Z", details={"told": "partners/ship"}
    )
    words.say(stage.incident, early)
    assert judge.judge("EXT-03", _told(stage)).waiting == ""
    assert "nobody told partners/ship yet" in judge.judge("COMM-04", _told(stage)).waiting
    words.say(stage.incident, replace(early, at="2026-11-22T12:53:10Z"))
    assert judge.judge("COMM-04", _told(stage)).waiting == ""
