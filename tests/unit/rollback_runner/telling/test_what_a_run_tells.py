"""A run as it was recorded, played line by line: who is told what, in which order, once, and never too much."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.telling import announce, claims, escalation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RESTORED = re.compile(
    r"restored|works again|back in our|복구|정상화|다시 이용|다시 저장|answers and saves", re.IGNORECASE
)
_FIRST_RUN = "20261122T112657Z-lab-rollback"


def _events(stage: Any, audience: str, language: str = "en") -> list[str]:
    return [one.event for one in stage.messages if (one.audience, one.language) == (audience, language)]


def test_each_audience_hears_what_concerns_it_in_the_order_in_which_it_happened(stage: Any) -> None:
    stage.play(stage.lines("proven"))
    leg = ["leg_began", "leg_ended"]
    team = ["run_began", *leg, *leg, "leg_began", "act", "act", "leg_ended", *leg, "run_ended"]
    assert _events(stage, "team") == team
    assert _events(stage, "management") == ["run_began", "leg_began", "leg_ended", "leg_ended"]
    assert _events(stage, "users") == ["leg_began", "leg_ended"]
    assert _events(stage, "partners") == ["run_began", "leg_began", "leg_ended"]
    assert _events(stage, "support") == ["run_began", "leg_began", "leg_ended"]
    for audience in ("team", "management", "users", "partners", "support"):
        assert _events(stage, audience, "ko") == _events(stage, audience)


def test_audiences_read_different_texts(stage: Any) -> None:
    stage.play(stage.lines("proven"), until=lambda line: line.get("leg") == "approve")
    began = [one for one in stage.messages if one.key.startswith("leg_began/emergency")]
    assert len(began) == 10
    assert len({one.body for one in began}) == 10


def test_what_is_said_rests_on_lines_of_the_record(stage: Any) -> None:
    run = stage.play(stage.lines("proven"))
    lines = {f"{run.id}#{entry['seq']}" for entry in run.entries()}
    others = {"site", "clock", *(f"people#{number}" for number in range(1, 4))}
    for one in stage.messages:
        assert one.facts
        resting = {fact for fact in one.facts if not fact.startswith("next-word:")}
        assert resting <= lines | others, one.key
    (promoted,) = [one for one in stage.messages if one.key == "act/promoted/1/team/en"]
    assert [entry["kind"] for entry in run.entries() if f"{run.id}#{entry['seq']}" in promoted.facts][-1] == "promoted"


@pytest.mark.parametrize("record", ["proven", "aborted"])
def test_a_phase_that_is_run_again_says_nothing_twice(stage: Any, record: str) -> None:
    lines = stage.lines(record)
    run = stage.play(lines)
    told = [one.key for one in stage.messages]
    for event, hints in (("leg_ended", {"leg": "prepare"}), ("act", {"act": "promoted"}), ("run_began", {})):
        stage.tell(run, event, **hints)
    assert [one.key for one in stage.messages] == told
    assert len(set(told)) == len(told)


def test_the_phase_full_alone_once_more_is_no_news(stage: Any) -> None:
    lines = stage.lines("proven")
    stage.play(lines)
    told = len(stage.messages)
    again = [line for line in lines if line["seq"] >= 258 and line["kind"] != "begin"]
    stage.play([{**lines[0], "legs": ["full"]}, *again], "20261122T130000Z-lab-full")
    fresh = [one.key for one in stage.messages[told:]]
    assert all(key.startswith("run_began/1/") and "/team/" in key for key in fresh)


def test_after_a_run_was_taken_back_the_next_attempt_is_told_anew(stage: Any) -> None:
    stage.play(stage.lines("aborted"), _FIRST_RUN)
    told = len(stage.messages)
    stage.play(stage.lines("proven"))
    fresh = stage.messages[told:]
    assert [one.event for one in fresh if (one.audience, one.language) == ("users", "en")] == ["leg_began", "leg_ended"]
    first = next(one for one in fresh if one.key.startswith("run_began/") and one.key.endswith("/team/en"))
    assert "This is attempt 2. The one before was taken back." in first.body


def test_an_aborted_run_never_says_restored(stage: Any) -> None:
    stage.play(stage.lines("aborted"))
    assert {one.event for one in stage.messages} >= {"aborted", "problem", "leg_ended"}
    for text in stage.texts():
        assert not RESTORED.search(text.replace("restored, compared", "")), text
    ends = [one for one in stage.messages if one.event == "aborted"]
    assert {one.audience for one in ends} == {"team", "management", "users", "partners", "support"}
    assert all("closing" not in one.key for one in stage.messages)
    assert stage.tell(None, "closing") == ()
    assert stage.tell(None, "brief") == ()


def test_nothing_an_aborted_run_had_proven_is_told_afterwards(stage: Any) -> None:
    lines = stage.lines("aborted")
    # As if the emergency had shown the service at IDC before it was taken back.
    items = [line for line in stage.lines("proven") if line["kind"] == "item" and line["id"].startswith("SWITCH")]
    end = lines.index(next(line for line in lines if line["kind"] == "abort"))
    stage.play([*lines[:end], *items, *lines[end:]])
    assert not any(RESTORED.search(text) for text in stage.texts())


def test_an_abort_that_is_not_proven_says_so_and_claims_neither_side(stage: Any) -> None:
    lines = stage.lines("aborted")
    lines[-1] = {**lines[-1], "outcome": "unproven"}
    run = stage.play(lines)
    stage.tell(run, "aborted")
    told = [one for one in stage.messages if one.event == "aborted"]
    assert {one.audience for one in told} == {"team", "management"}
    for one in told:
        assert "AWS serves" not in one.body
        assert "전과 같이" not in one.body


def test_a_problem_is_told_at_once_and_goes_up_the_ladder(stage: Any) -> None:
    run = stage.play(stage.lines("aborted"), until=lambda line: line["kind"] == "failure")
    (english,) = [one for one in stage.messages if one.event == "problem" and one.language == "en"]
    assert english.audience == "team"
    assert english.urgency == "high"
    assert english.needs_answer
    assert "AWS-01, AWS-02, AWS-03 on shop-db" in english.subject
    assert "XAER_RMERR" in english.body
    (raised,) = escalation.read(stage.incident)
    assert raised.trigger == "failed:AWS-01, AWS-02, AWS-03@shop-db"
    assert raised.facts[-1] == f"{run.id}#{run.entries()[-1]['seq']}"


def test_what_failed_and_passed_later_settles_its_escalation(stage: Any) -> None:
    stage.play(stage.lines("aborted"), _FIRST_RUN)
    lines = stage.lines("proven")
    now = datetime.now(UTC) + timedelta(minutes=1)
    late = [{**line, "time": now.isoformat()} if line["kind"] == "item" else line for line in lines]
    assert not any(one.ended_at for one in escalation.read(stage.incident))
    stage.play(late)
    assert all(one.ended_at for one in escalation.read(stage.incident))


def test_a_problem_while_nothing_can_be_saved_is_told_to_everybody_it_concerns(stage: Any) -> None:
    lines = stage.lines("proven")
    cut = lines.index(next(line for line in lines if line["kind"] == "final")) + 1
    failure = {"kind": "failure", "seq": 900, "time": "2026-11-22T12:52:10Z", "host": "shop-db", "outcome": "failed",
               "task": "IDC-04 | Check that a sample is equal", "message": "table orders differs"}  # fmt: skip
    stage.play([*lines[:cut], failure])
    told = {one.audience: one for one in stage.messages if one.event == "problem" and one.language == "en"}
    assert set(told) == {"team", "management", "users", "support"}
    assert told["users"].page["status"] == "identified"
    assert told["users"].page["components"] == {"website": "partial_outage"}
    assert "shop-db" not in told["users"].body + told["users"].subject
    assert "orders differs" not in told["users"].body + told["management"].body
    assert all(not RESTORED.search(one.body) for one in told.values())


def test_opening_idc_without_an_outcome_on_record_is_told_as_uncertain(stage: Any) -> None:
    lines = stage.lines("proven")
    opening = next(line for line in lines if line["kind"] == "intent" and line["act"].startswith("open IDC"))
    failure = {"kind": "failure", "seq": 901, "time": "2026-11-22T12:52:10Z", "host": "shop-db",
               "outcome": "unreachable", "task": "SWITCH-01 | Open IDC", "message": "gone"}  # fmt: skip
    stage.play([*lines[: lines.index(opening) + 1], failure])
    told = [one for one in stage.messages if one.event == "problem"]
    assert {one.audience for one in told} == {"team"}
    assert any("Treat both as possible" in one.body for one in told)
    assert not any("IDC is not open" in one.body or "takes writes since" in one.body for one in told)


def test_a_drill_says_so_in_every_text(stage: Any) -> None:
    stage.play(stage.lines("proven"))
    for event in ("closing", "next_steps", "brief"):
        stage.tell(None, event)
    assert len(stage.messages) > 60
    for one in stage.messages:
        mark, line = ("[훈련]", "훈련입니다") if one.language == "ko" else ("[DRILL]", "This is a drill")
        assert one.subject.startswith(mark), one.subject
        assert line in one.body.splitlines()[0], one.body


def test_what_is_no_drill_never_calls_itself_one(stage: Any) -> None:
    stage.play(stage.lines("proven", drill=""))
    assert stage.messages
    assert not any("drill" in text.lower() or "훈련" in text for text in stage.texts())


def test_a_rehearsal_tells_nobody(stage: Any) -> None:
    stage.play(stage.lines("proven", check=True))
    assert stage.messages == []


def test_a_run_of_another_incident_tells_nobody_here(stage: Any) -> None:
    stage.play(stage.lines("proven", incident="/elsewhere/20261122T090000Z"))
    assert stage.messages == []


def test_people_outside_read_no_host_no_person_no_cause_and_no_item(stage: Any) -> None:
    stage.play(stage.lines("aborted"), _FIRST_RUN)
    stage.play(stage.lines("proven"))
    stage.tell(None, "closing")
    outside = [one for one in stage.messages if one.audience in ("users", "partners")]
    assert len(outside) > 20
    for one in outside:
        text = f"{one.subject}\n{one.body}"
        for word in ("shop-db", "idc-", "aws-", "RDS", "IDC", "Minjun", "김민준", "Seoyeon", "evening load", "172."):
            assert word not in text, f"{one.key}: {word}"
        assert not re.search(r"\b[A-Z]{3,8}-\d\d\b", text)


EVIL = (
    "{{ 1234*5678 }} {% for x in y %} <script>alert(1)</script> <!channel> @everyone\r\nSubject: won\u202ereversed"
    " https://evil.example [a](b) `x`"
)


def test_what_people_and_servers_wrote_cannot_act(staged: Callable[[Any], Any], given: dict[str, Any]) -> None:
    given["site_title"] = {"en": f"Shop {EVIL}", "ko": f"상점 {EVIL}"}
    given["site_people"]["lee"]["name"] = {"en": EVIL, "ko": EVIL}
    given["site_partners"][0]["effect"] = EVIL
    stage = staged(given)
    stage.situation(cause=EVIL)
    lines = stage.lines("aborted")
    stage.play([{**line, "message": EVIL, "host": EVIL} if line["kind"] == "failure" else line for line in lines])
    assert len(stage.messages) > 20
    seen = 0
    for one in stage.messages:
        text = f"{one.subject}\n{one.body}"
        assert "\n" not in one.subject
        for bad in ("7006652", "<", ">", "@everyone", "https://", "\r", "\u202e", "](", "`", "\nSubject: won"):
            assert bad not in text, f"{one.key}: {bad!r} in {text}"
        seen += "{{ 1234" in text
    assert seen > 20  # shown as it was written, never carried out
    assert stage.troubles() == []


def test_a_long_message_of_a_server_is_cut(stage: Any) -> None:
    lines = stage.lines("aborted")
    stage.play([{**line, "message": "x" * 5000} if line["kind"] == "failure" else line for line in lines])
    assert all(len(one.body) < 3000 for one in stage.messages)


@pytest.mark.parametrize("fault", ["people", "audiences", "journal", "facts", "full"])
def test_whatever_is_wrong_nothing_is_raised_and_it_is_on_record(
    staged: Callable[[Any], Any], given: dict[str, Any], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "audiences":
        given["site_audiences"] = {"press": {}}
    stage = staged(given)
    stage.situation()
    if fault == "people":
        path = stage.incident / "people.jsonl"
        path.write_text(path.read_text(encoding="utf-8").replace("evening", "morning"), encoding="utf-8")
    if fault == "facts":
        (stage.incident / "facts").mkdir()
        (stage.incident / "facts" / "sla.json").write_text("{", encoding="utf-8")
    if fault == "full":

        def no_room(*_args: Any, **_more: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("failback.journal.append_once", no_room)
    run = stage.play(stage.lines("proven"))
    if fault == "journal":
        run.journal.write_text("no journal\n", encoding="utf-8")
        assert stage.tell(run, "run_ended") == ()
    if fault == "audiences":
        assert stage.messages == []
        assert "press is no audience" in stage.troubles()[0]["error"]
    elif fault == "people":
        # What was changed by hand was said by nobody; what the journals prove is told all the same.
        assert stage.messages
        assert not any("morning" in text for text in stage.texts())
    elif fault != "full":
        assert stage.messages


def test_without_an_incident_nothing_is_told(stage: Any, tmp_path: Path) -> None:
    assert announce.announce(stage.site, tmp_path, None, None, "run_began") == ()
    assert announce.announce(stage.site, tmp_path, tmp_path / "gone", None, "run_began") == ()


def test_no_text_of_a_whole_incident_claims_what_the_record_does_not_prove_at_that_moment(stage: Any) -> None:
    """A second net, whatever the templates say: the words of claims appear only once their proof is on record."""
    stage.play(stage.lines("aborted"), _FIRST_RUN)
    stage.play(stage.lines("proven"))
    order = [one.key for one in stage.messages]
    served = order.index("leg_ended/emergency/2/passed/team/en")
    for number, one in enumerate(stage.messages):
        names = {claim.name for claim in claims.CLAIMS if claim.words.search(f"{one.subject}\n{one.body}")}
        if number < served:
            assert not names & {"restored", "saved", "served"}, one.body
        assert "lost" not in names
    assert json.dumps(order)
