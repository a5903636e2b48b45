"""Which message goes on which channel next: pure, with moments given."""

from __future__ import annotations

from dataclasses import replace

from rollback_runner.telling.outbox import Delivery, Message, State
from rollback_runner.telling.schedule import Board, Flight, GiveUp, Job, Rules, hopeless, pause, stamp

NOW = 1_900_000_000.0
ROUTE = ("chat", "mail")


def state(seq: int, *deliveries: Delivery, ago: float = 1.0, urgency: str = "normal") -> State:
    message = Message(f"m{seq}", "act", "team", "en", "s", "b", urgency=urgency)  # type: ignore[arg-type]
    return State(message, stamp(NOW - ago), seq, {one.channel: one for one in deliveries})


def board(*states: State, flights: dict[str, Flight] | None = None, began: float = NOW - 100) -> Board:
    return Board(states, {one.message.key: ROUTE for one in states}, flights or {}, NOW, began)


def job(found: Job | GiveUp | None) -> str:
    assert isinstance(found, Job)
    return found.state.message.key


ACCEPTED = Delivery("chat", 1, accepted_at=stamp(NOW))
FAILED = Delivery("chat", 1, error="dead", again_at=stamp(NOW + 5))


def test_the_oldest_goes_first_and_the_next_channel_is_not_needed() -> None:
    here = board(state(1), state(2))
    assert job(here.due("chat")) == "m1"
    assert here.due("mail") is None


def test_what_a_channel_took_is_done_and_no_other_channel_sends_it() -> None:
    here = board(state(1, ACCEPTED), state(2))
    assert job(here.due("chat")) == "m2"
    assert here.due("mail") is None


def test_a_failed_message_holds_up_its_channel_and_sends_all_to_the_next() -> None:
    here = board(state(1, FAILED), state(2), state(3))
    assert here.due("chat") is None
    assert job(here.due("mail")) == "m1"
    assert (
        job(replace(here, states=(state(1, FAILED, Delivery("mail", accepted_at=stamp(NOW))), state(2))).due("mail"))
        == "m2"
    )


def test_a_failed_message_is_tried_first_when_its_time_has_come() -> None:
    here = board(state(1, replace(FAILED, again_at=stamp(NOW - 1))), state(2))
    found = here.due("chat")
    assert job(found) == "m1"
    assert isinstance(found, Job)
    assert found.look_first


def test_a_flight_that_takes_long_sends_the_rest_by_the_next_channel() -> None:
    quick = board(state(1), flights={"chat": Flight("m1", NOW - 1)})
    assert quick.due("mail") is None
    slow = board(state(1), flights={"chat": Flight("m1", NOW - 11)})
    assert job(slow.due("mail")) == "m1"


def test_what_waited_behind_others_for_long_goes_by_the_next_channel_but_not_after_a_restart() -> None:
    old = state(1, ago=500)
    assert job(board(old).due("mail")) == "m1"
    assert board(old, began=NOW - 1).due("mail") is None


def test_urgent_goes_by_every_channel_even_when_one_took_it() -> None:
    assert job(board(state(1, ACCEPTED, urgency="high")).due("mail")) == "m1"


def test_a_message_after_a_newer_one_or_long_after_it_was_written_is_late() -> None:
    after_newer = board(state(1), state(2, ACCEPTED)).due("chat")
    old = board(state(1, ago=61)).due("chat")
    fresh = board(state(1)).due("chat")
    assert [one.late for one in (after_newer, old, fresh) if isinstance(one, Job)] == [True, True, False]


def test_trying_ends_with_patience_which_begins_anew_with_the_messenger() -> None:
    given_up = state(1, FAILED, ago=2000)
    here = board(given_up, began=NOW - 2000)
    assert isinstance(here.due("chat"), GiveUp)
    assert here.due("chat") != board(given_up, began=NOW - 1).due("chat")


def test_an_unsure_attempt_makes_the_next_a_possible_second_copy() -> None:
    found = board(state(1, replace(FAILED, again_at="", unsure=True))).due("chat")
    assert isinstance(found, Job)
    assert found.twice


def test_whoever_asked_gets_it_again_on_that_channel_whatever_the_route_says() -> None:
    asked = Delivery("mail", 1, asked_at=stamp(NOW), asked_by="kim")
    assert job(board(state(1, ACCEPTED, asked)).due("mail")) == "m1"


def test_nobody_is_told_when_there_is_no_way_or_all_gave_up() -> None:
    assert "no channel for team" in hopeless(state(1), ())
    gone = [Delivery(name, 3, error="x", gave_up=f"{name} dead") for name in ROUTE]
    assert hopeless(state(1, *gone), ROUTE) == "chat dead; mail dead"
    assert hopeless(state(1, gone[0]), ROUTE) == ""
    assert hopeless(state(1, gone[0], Delivery("mail", accepted_at=stamp(NOW))), ROUTE) == ""


def test_pauses_grow_to_a_limit_however_often_it_was_tried() -> None:
    rules = Rules(first_pause=1, longest_pause=30)
    assert [pause(tries, rules) for tries in (1, 2, 3, 9, 100_000)] == [1, 2, 4, 30, 30]
