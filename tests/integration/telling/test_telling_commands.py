"""`messages` and `acknowledge` as people use them."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING

import click.testing
import pytest
from told import until, working

from rollback_runner import companions
from rollback_runner.cli import messages
from rollback_runner.errors import LockedError, UsageError
from rollback_runner.telling import escalation, outbox

if TYPE_CHECKING:
    from told import World


@pytest.fixture(autouse=True)
def _at_home(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages.sites, "load", lambda _name: here.site)
    monkeypatch.setattr(messages, "home", lambda: here.directory)
    monkeypatch.setattr(companions, "ensure", lambda *_given: None)


def call(*arguments: str) -> str:
    command = messages.acknowledge if arguments[0] == "acknowledge" else messages.group
    found = click.testing.CliRunner().invoke(command, list(arguments[1:]), standalone_mode=False)
    if found.exception is not None:
        raise found.exception
    return found.output


def test_without_a_messenger_deliver_sends_what_waits(here: World) -> None:
    here.put("a")
    here.put("b", audience="users")
    assert "2 waiting" in call("messages", "--lang", "en")
    assert "0 waiting" in call("messages", "--lang", "en", "deliver", "--within", "20")
    assert here.arrived("chat") == ["a"]
    assert len(here.desk.page.incidents) == 1
    counts = json.loads(call("messages", "--json"))["counts"]
    assert (counts["all"], counts["accepted"], counts["waiting"]) == (2, 2, 0)


def test_deliver_is_refused_while_a_messenger_works(here: World) -> None:
    companions.place(here.incident).mkdir()
    with (companions.place(here.incident) / "messenger.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LockedError):
            call("messages", "deliver")


def test_deliver_ends_when_a_channel_stays_dead(here: World) -> None:
    here.given["site_channels"] = here.given["site_channels"][:1]
    here.fault("chat", "dead")
    here.put("a")
    assert "1 waiting" in call("messages", "--lang", "en", "deliver", "--within", "1")


def test_a_message_is_sent_once_more_for_somebody(here: World) -> None:
    code = here.put("a", channels=("chat",)).code
    call("messages", "deliver")
    with pytest.raises(UsageError, match="no channel pigeon"):
        call("messages", "resend", code, "--as", "kim", "--channel", "pigeon")
    with pytest.raises(UsageError, match="--as is missing"):
        call("messages", "resend", code)
    assert "mail" in call("messages", "resend", code.lower(), "--as", "Minjun Kim", "--channel", "mail")
    with working(here.again()):
        until(lambda: here.arrived("mail") == ["a"])
    assert "as kim asked" in here.desk.messages[-1]["text"]
    assert here.arrived("chat") == ["a"]
    assert "text of a" in call("messages", "show", "a")


def test_answers_are_kept_and_refused_where_they_make_no_sense(here: World) -> None:
    plain = here.put("a").code
    assert "Nothing waits" in call("acknowledge", "--lang", "en")
    escalation.raise_(here.incident, here.site, "breach:x", "It is slow")
    with working(here.again()):
        until(lambda: escalation.read(here.incident)[0].level == 1)
    listed = call("acknowledge", "--lang", "en")
    code = outbox.read(here.incident)[-1].message.code
    assert code in listed
    for given, reason in (
        ((code,), "--as is missing"),
        ((code, "--as", "kin"), "did you mean kim"),
        ((plain, "--as", "kim"), "asks for no answer"),
        (("RR-00000000", "--as", "kim"), "no message RR-00000000"),
    ):
        with pytest.raises(UsageError, match=reason):
            call("acknowledge", *given, "--lang", "en")
    assert "Jiho Park answered" in call("acknowledge", code, "--as", "park", "--note", "on it", "--lang", "en")
    assert "박지호" in call("acknowledge", code, "--as", "kim", "--lang", "ko")
    assert "Nothing waits" in call("acknowledge", "--lang", "en")
    assert escalation.read(here.incident)[0].by == "park"
