"""Escalations through real channels: the second level when nobody answers, no further once somebody does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from told import until, working

from rollback_runner.people import room
from rollback_runner.telling import acknowledge, escalation, outbox

if TYPE_CHECKING:
    from told import World


class Clock:
    """The time, moved on by the test."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def raised(here: World, trigger: str = "breach:latency_p99@shop", occurrence: str = "1") -> str:
    sentence = {"en": "The shop answers in 4.2 s, the limit is 1 s", "ko": "응답이 4.2초로 한도 1초를 넘었습니다"}
    return escalation.raise_(here.incident, here.site, trigger, sentence, occurrence=occurrence, facts=("figures#1",))


def one(here: World) -> escalation.Escalation:
    return escalation.read(here.incident)[0]


def test_level_two_is_told_when_the_acknowledgement_is_missing(here: World) -> None:
    clock = Clock()
    with working(here.again(clock=clock)):
        name = raised(here)
        until(lambda: one(here).level == 1 and one(here).levels[0].told_at)
        assert not here.arrived("mail")
        clock.ahead = 301
        until(lambda: one(here).level == 2 and one(here).levels[-1].told_at)
        assert [level.person for level in one(here).levels] == ["kim", "park"]
        text = here.desk.messages[-1]["text"]
        assert "without an answer: Minjun Kim" in text
        assert "응답이 없는 분: 김민준" in text
        code = here.state(escalation.level_key(name, 2)).message.code
        acknowledge.acknowledge(room.room(here.site, here.incident), code, "park")
        until(lambda: any("Answered" in title for title in here.arrived("chat")))
    assert (one(here).by, one(here).climbing) == ("park", False)


def test_an_answer_in_the_channel_stops_it_and_a_strangers_does_not(here: World) -> None:
    clock = Clock()
    with working(here.again(clock=clock)):
        name = raised(here)
        until(lambda: one(here).level == 1 and one(here).levels[0].told_at)
        code = here.state(escalation.level_key(name, 1)).message.code
        here.answer("somebody", f"ok {code}")
        until(lambda: any(line.get("by") == "somebody" for line in _lines(here)))
        assert one(here).climbing
        here.answer("Minjun Kim", f"ok {code}")
        until(lambda: one(here).by == "kim")
        clock.ahead = 10_000
        until(lambda: any("Answered" in title for title in here.arrived("chat")))
    assert one(here).level == 1
    assert sum(line.get("by") == "somebody" for line in _lines(here)) == 1


def test_whoever_cannot_be_reached_is_not_waited_for(here: World) -> None:
    here.fault("chat", "dead")
    with working(here.again()):
        raised(here)
        until(lambda: one(here).level == 2 and one(here).levels[-1].told_at)
    assert "No channel reached: Minjun Kim" in here.desk.messages[-1]["text"]


def test_the_same_trigger_joins_what_is_open_and_climbs_alone_once_that_is_over(here: World) -> None:
    clock = Clock()
    with working(here.again(clock=clock)):
        name = raised(here)
        raised(here)
        raised(here, occurrence="2")
        until(lambda: one(here).level == 1 and one(here).levels[0].told_at)
        assert [(each.level, each.joined) for each in escalation.read(here.incident)] == [(1, ""), (0, name)]
        escalation.settle(here.incident, name, "It is back below 1 s")
        until(lambda: any("Over" in title for title in here.arrived("chat")))
        until(lambda: escalation.read(here.incident)[1].level == 1)
        escalation.settle(here.incident, f"{name[:-1]}2", "It is back below 1 s")
        clock.ahead = 10_000
        until(lambda: sum("Over" in title for title in here.arrived("chat")) == 2)
    assert [each.level for each in escalation.read(here.incident)] == [1, 1]


def _lines(here: World) -> list[dict[str, object]]:
    return outbox.lines(here.incident / outbox.DELIVERIES)


def test_a_ladder_that_cannot_be_climbed_keeps_no_other_message_from_going_out(here: World) -> None:
    here.given["site_ladder"] = [{"role": "commander"}]  # no time
    with working(here.again()):
        raised(here)
        here.put("m1", channels=("chat",))
        until(lambda: here.state("m1").accepted_at)
        until(lambda: any("site_ladder" in line for line in here.log))
    assert sum("site_ladder" in line for line in here.log) == 1
