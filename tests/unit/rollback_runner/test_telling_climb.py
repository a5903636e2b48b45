"""Which rung of the ladder is told when: pure, with moments given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from failback.people import team as teams

from rollback_runner.telling import climb, escalation, outbox
from rollback_runner.telling.escalation import Escalation, Level
from rollback_runner.telling.outbox import Delivery, Message, State
from rollback_runner.telling.schedule import stamp

RAISED = 1_900_000_000.0
PEOPLE = {key: {"name": {"en": key.title(), "ko": key}, "contact": ["chat", "gone"]} for key in ("kim", "park", "choi")}
ROLES = {"commander": {"person": "kim"}, "operations_manager": {"person": "park"}, "executive": {"person": "choi"}}
RUNGS = [
    {"after": 0, "role": "commander", "channel": "chat"},
    {"after": 300, "role": "operations_manager", "channel": "mail"},
    {"after": 900, "role": "executive", "channel": "mail"},
]
ONE = Escalation("x#1", "x", {"en": "It is slow.", "ko": "느립니다."}, RAISED)


def ladder(rungs: list[dict[str, Any]] | None = None, **roles: dict[str, str]) -> climb.Ladder:
    team = teams.of_site(PEOPLE, {**ROLES, **roles}, critical=False)
    acting = {"commander": team.roles["commander"].person}
    return climb.Ladder(
        climb.rungs_of(RUNGS if rungs is None else rungs), team, acting, frozenset({"chat", "mail"}), "here"
    )


def level(number: int, person: str, at: float = RAISED, **more: Any) -> Level:
    return Level(number, f"escalation/x#1/{number}", "role", person, stamp(at), stamp(at), channels=("chat",), **more)


def to(message: Message | None) -> tuple[str, str] | None:
    return (message.key, message.to) if message else None


def test_the_first_is_told_at_once_the_next_when_its_time_has_come() -> None:
    here = ladder()
    assert to(here.due(ONE, (), RAISED)) == ("escalation/x#1/1", "kim")
    told = replace(ONE, levels=(level(1, "kim"),))
    assert here.due(told, (), RAISED + 299) is None
    assert to(here.due(told, (), RAISED + 300)) == ("escalation/x#1/2", "park")
    both = replace(ONE, levels=(level(1, "kim"), level(2, "park")))
    assert here.due(both, (), RAISED + 899) is None
    assert to(here.due(both, (), RAISED + 900)) == ("escalation/x#1/3", "choi")


def test_who_cannot_be_reached_is_not_waited_for() -> None:
    told = replace(ONE, levels=(level(1, "kim", unreachable=True),))
    found = ladder().due(told, (), RAISED + 2)
    assert to(found) == ("escalation/x#1/2", "park")
    assert found is not None
    assert "No channel reached: Kim" in found.body


def test_a_ladder_that_begins_later_begins_with_the_commander() -> None:
    assert to(ladder(RUNGS[1:]).due(ONE, (), RAISED)) == ("escalation/x#1/1", "kim")
    assert to(ladder([]).due(ONE, (), RAISED)) == ("escalation/x#1/1", "kim")


def test_a_rung_that_nobody_holds_is_passed_over() -> None:
    assert to(ladder(commander={}).due(ONE, (), RAISED)) == ("escalation/x#1/2", "park")
    told = replace(ONE, levels=(level(1, "kim"),))
    assert ladder(operations_manager={}).due(told, (), RAISED + 301) is None
    assert to(ladder(operations_manager={}).due(told, (), RAISED + 900)) == ("escalation/x#1/3", "choi")


def test_the_last_rung_is_told_again_three_times_and_no_more() -> None:
    levels = [level(1, "kim"), level(2, "park"), level(3, "choi", RAISED + 900)]
    keys = []
    for number in range(1, 5):
        at = RAISED + 900 + 600 * number
        assert ladder().due(replace(ONE, levels=tuple(levels)), (), at - 1) is None
        found = ladder().due(replace(ONE, levels=tuple(levels)), (), at)
        keys.append(to(found))
        levels.append(level(3, "choi", at))
    assert keys == [*((f"escalation/x#1/3r{number}", "choi") for number in (1, 2, 3)), None]


def test_an_answer_or_the_end_stops_it_and_those_who_were_told_hear_of_it_once() -> None:
    answered = replace(ONE, levels=(level(1, "kim"),), acknowledged_at=stamp(RAISED + 5), by="kim")
    found = ladder().due(answered, (), RAISED + 9000)
    assert found is not None
    assert (found.key, found.channels, found.needs_answer) == ("escalation/x#1/answered", ("chat",), False)
    assert ladder().due(answered, {found.key}, RAISED + 9000) is None
    over = replace(answered, ended_at=stamp(RAISED + 60), outcome={"en": "Below 1 s", "ko": "정상"})
    last = ladder().due(over, {found.key}, RAISED + 9000)
    assert last is not None
    assert last.body.startswith("Below 1 s. (at ")
    never_told = replace(ONE, ended_at=stamp(RAISED))
    assert ladder().due(never_told, (), RAISED + 9000) is None


def test_the_text_names_channels_there_are_and_speaks_both_languages() -> None:
    found = ladder().due(ONE, (), RAISED)
    assert found is not None
    assert (found.channels, found.urgency, found.needs_answer) == (("chat",), "high", True)
    assert found.subject == "[here] Level 1: It is slow / [here] 1단계: 느립니다"
    assert "level 1 of 3" in found.body
    assert "3단계 중 1단계" in found.body


def _line(kind: str, seq: int, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "seq": seq, "time": stamp(RAISED + seq), **fields}


def test_what_became_of_it_is_read_from_the_record() -> None:
    def raised(name: str, moment: float) -> dict[str, Any]:
        return _line("raised", 1, key=f"escalation/{name}", trigger="x", sentence={"en": "s"}, raised=moment)

    message = Message(
        "escalation/x#1/1", escalation.EVENT, "team", "both", "s", "b", channels=("chat", "mail"), to="kim"
    )
    dead = Delivery("chat", 1, error="dead")
    half = State(message, stamp(RAISED), 2, {"chat": dead})
    (one,) = escalation.escalations([raised("x#1", RAISED)], [half])
    assert not one.levels[0].unreachable
    whole = replace(half, channels={"chat": dead, "mail": replace(dead, channel="mail")})
    (one,) = escalation.escalations([raised("x#1", RAISED)], [whole])
    assert one.levels[0].unreachable
    answered = replace(half, acknowledged_at=stamp(RAISED + 10), by="kim")
    found = escalation.escalations(
        [raised("x#1", RAISED), raised("x#2", RAISED + 20), raised("x#3", RAISED + 2000)], [answered]
    )
    assert [(each.by, each.joined, each.climbing) for each in found] == [
        ("kim", "", False),
        ("", "x#1", False),
        ("", "", True),
    ]
    settled = _line("settled", 5, id="x#3", outcome={"en": "over"})
    ended = escalation.escalations([raised("x#3", RAISED), settled], [])
    assert (ended[0].climbing, outbox.epoch(ended[0].ended_at)) == (False, RAISED + 5)


def test_a_damaged_line_stops_no_climb() -> None:
    lines = [
        _line("raised", 1, key="escalation/x#0"),
        _line("settled", 2),
        _line("raised", 3, key="escalation/x#1", trigger="x", sentence={"en": "s"}, raised=RAISED),
    ]
    (one,) = escalation.escalations(lines, [])
    assert (one.id, one.climbing) == ("x#1", True)
