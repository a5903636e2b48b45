"""Dead, slow and refusing channels: nothing waits for them, the next one is used, order and number are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from told import TOKEN, secret, until, working

from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from told import World


def test_a_dead_channel_is_passed_by_and_told_in_order_when_it_is_back(here: World) -> None:
    here.fault("chat", "dead")
    keys = [f"step {number}" for number in range(4)]
    with working(here.again()):
        for key in keys:
            here.put(key)
        until(lambda: here.arrived("mail") == keys)
        assert not here.arrived("chat")
        here.fault("chat", "none")
        until(lambda: here.arrived("chat") == keys)
        until(lambda: all(here.state(key).delivered_at for key in keys))
    first = here.state("step 0")
    assert first.channels["chat"].attempts > 1
    assert first.channels["mail"].attempts == 1


def test_a_slow_channel_gets_one_copy_and_the_next_channel_does_not_wait_for_it(here: World) -> None:
    here.fault("chat", "slow", seconds=60)
    with working(here.again()):
        here.put("a")
        here.put("b")
        until(lambda: here.arrived("mail") == ["a", "b"])
        assert not here.arrived("chat")
        here.fault("chat", "none")
        until(lambda: here.state("b").channels.get("chat") is not None and here.state("b").channels["chat"].accepted_at)
    assert here.arrived("chat") == ["a", "b"]
    assert here.state("a").channels["chat"].attempts == 1


def test_a_channel_that_took_it_and_hung_up_is_read_before_anything_is_sent_again(here: World) -> None:
    here.fault("chat", "dead", kept=True, times=1)
    with working(here.again()):
        here.put("a")
        until(lambda: (one := here.state("a").channels.get("chat")) is not None and one.accepted_at)
    assert here.arrived("chat") == ["a"]
    assert here.state("a").delivered_at


def test_where_arrival_cannot_be_read_the_second_copy_says_that_it_may_be_one(here: World) -> None:
    here.fault("mail", "dead", kept=True, times=1)
    with working(here.again()):
        here.put("a", channels=("mail",))
        until(lambda: here.state("a").accepted_at)
    copies = [one["text"] for one in here.desk.messages if one["way"] == "mail"]
    assert [("second copy" in text) for text in copies] == [False, True]
    assert here.state("a").channels["mail"].possibly_twice


@pytest.mark.parametrize("status", [500, 429, 503])
def test_the_status_page_is_asked_again_and_gets_each_text_once(here: World, status: int) -> None:
    here.fault("page", "status", status=status, times=1)
    with working(here.again()):
        here.put("began", audience="users", page={"status": "identified", "components": {"orders": "partial_outage"}})
        here.put("over", audience="users", page={"status": "resolved", "components": {"orders": "operational"}})
        until(lambda: here.state("over").delivered_at)
    (incident,) = here.desk.page.incidents
    told = [one["body"].splitlines()[0] for one in reversed(incident["incident_updates"])]
    assert told == ["text of began", "text of over"]
    assert (incident["status"], here.desk.page.components["orders"]) == ("resolved", "operational")
    assert here.state("began").channels["status page"].attempts == 2


def test_an_update_that_the_page_took_before_it_failed_is_not_made_twice(here: World) -> None:
    here.fault("page", "status", status=500, times=1, kept=True)
    with working(here.again()):
        here.put("began", audience="users")
        until(lambda: here.state("began").delivered_at)
    (incident,) = here.desk.page.incidents
    assert len(incident["incident_updates"]) == 1


def test_a_wrong_token_is_said_and_mended_without_a_new_start(here: World) -> None:
    secret(here.directory, "token", "wrong")
    with working(here.again()):
        here.put("began", audience="users")
        until(lambda: (one := here.state("began").channels.get("status page")) is not None and one.error)
        assert "401" in here.state("began").error
        assert "wrong" not in here.state("began").error
        secret(here.directory, "token", TOKEN)
        until(lambda: here.state("began").accepted_at)


def test_what_a_channel_will_never_take_does_not_stop_what_comes_after_it(here: World) -> None:
    with working(here.again()):
        here.put("odd", channels=("chat",), attachments=(str(here.directory / "not-there.html"),))
        here.put("next", channels=("chat",))
        until(lambda: here.state("next").accepted_at)
    until(lambda: here.state("odd").channels["chat"].gave_up)
    assert "not-there.html" in here.state("odd").channels["chat"].gave_up


def test_files_travel_with_a_message(here: World) -> None:
    report = here.directory / "report.html"
    report.write_text("<h1>report</h1>" * 100_000, encoding="utf-8")
    with working(here.again()):
        here.put("report", urgency="high", attachments=(str(report),))
        until(lambda: len(here.desk.messages) == 2)
    assert {(one["way"], *one["attachments"]) for one in here.desk.messages} == {
        ("chat", "report.html"),
        ("mail", "report.html"),
    }


def test_a_message_that_no_channel_can_carry_is_said_to_reach_nobody(here: World) -> None:
    here.given["site_channels"] = []
    with working(here.again()):
        here.put("a")
        until(lambda: here.state("a").gave_up)
    assert any("names no channel for team" in line for line in here.log)


def test_patience_ends(here: World) -> None:
    here.given["site_messaging"] |= {"patience": 0.5}
    here.fault("chat", "status", status=503)
    with working(here.again()):
        here.put("a", channels=("chat",))
        until(lambda: here.state("a").gave_up)
    assert "503" in here.state("a").channels["chat"].gave_up


def test_no_url_and_no_token_stands_in_the_record(here: World) -> None:
    here.fault("chat", "status", status=500, times=1)
    secret(here.directory, "token", "wrong-token-1234")
    with working(here.again()):
        here.put("a")
        here.put("b", audience="users")
        until(lambda: here.state("a").accepted_at and here.state("b").error)
    text = (here.incident / outbox.DELIVERIES).read_text() + "".join(here.log)
    for secret_value in ("desk-secret-4711", "wrong-token-1234", "b3BzOmRlc2"):
        assert secret_value not in text
