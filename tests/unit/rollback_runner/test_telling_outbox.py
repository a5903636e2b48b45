"""Putting messages: once, in order, never in the way of the one who puts them."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING, NoReturn

from failback import journal

from rollback_runner.telling import deliveries, letters, outbox, routes
from rollback_runner.telling.outbox import Message
from rollback_runner.telling.schedule import Job

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def message(key: str, **details: object) -> Message:
    return Message(key, "act", "team", "en", "subject", 'body with "key":"m1" in it', **details)  # type: ignore[arg-type]


def test_a_message_is_put_once_and_read_as_it_was(tmp_path: Path) -> None:
    whole = message("m1", facts=("journal#3",), channels=("chat",), page={"status": "resolved"}, needs_answer=True)
    assert outbox.put(tmp_path, message("m0")).queued
    assert outbox.put(tmp_path, whole).queued
    assert outbox.put(tmp_path, whole) == outbox.Put(queued=False, already=True)
    assert [state.message for state in outbox.read(tmp_path)] == [message("m0"), whole]
    assert journal.verify(tmp_path / outbox.MESSAGES) == []


def test_a_line_that_was_damaged_costs_itself_only(tmp_path: Path) -> None:
    outbox.put(tmp_path, message("m0"))
    journal.append(tmp_path / outbox.MESSAGES, "message", key="half", subject="no body")
    journal.append(tmp_path / outbox.MESSAGES, "message", key="m9", facts=7)
    outbox.put(tmp_path, message("m1"))
    assert [state.message.key for state in outbox.read(tmp_path)] == ["m0", "m1"]


def test_putting_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_descriptor: int) -> NoReturn:
        raise AssertionError("put waited for the disk")

    monkeypatch.setattr(os, "fsync", never)
    assert outbox.put(tmp_path, message("m0")).queued


def test_a_full_disk_takes_nothing_away_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outbox.put(tmp_path, message("m0")).queued

    def full(*_anything: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as fault:
        fault.setattr(os, "write", full)
        assert "No space left" in outbox.put(tmp_path, message("m1")).why
        assert not outbox.put(tmp_path, message("m2")).queued
    assert outbox.put(tmp_path, message("m3")).queued
    assert [state.message.key for state in outbox.read(tmp_path)] == ["m0", "m1", "m2", "m3"]


def test_a_writer_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    outbox.put(tmp_path, message("m0"))
    with (tmp_path / outbox.MESSAGES).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "held by another" in outbox.put(tmp_path, message("m1")).why
    assert outbox.flush(tmp_path) == 0
    assert [state.message.key for state in outbox.read(tmp_path)] == ["m0", "m1"]


def test_nowhere_to_write_raises_nothing(tmp_path: Path) -> None:
    assert not outbox.put(tmp_path / "gone", message("m0")).queued


def test_what_became_of_it_is_read_from_the_lines_alone(tmp_path: Path) -> None:
    outbox.put(tmp_path, message("m0", needs_answer=True))
    deliveries.keep(tmp_path, "attempt", "m0", "chat", number=1)
    assert outbox.read(tmp_path)[0].channels["chat"].begun_at
    deliveries.keep(tmp_path, "lost", "m0", "chat", error="killed")
    assert outbox.read(tmp_path)[0].channels["chat"].unsure
    deliveries.keep(tmp_path, "attempt", "m0", "chat", number=2, twice=True)
    deliveries.keep(tmp_path, "accepted", "m0", "chat")
    (state,) = outbox.read(tmp_path)
    assert (state.attempts, bool(state.accepted_at), state.delivered_at) == (2, True, "")
    assert state.channels["chat"].possibly_twice
    deliveries.keep(tmp_path, "answered", "m0", "chat", by="stranger", known=False)
    assert not outbox.read(tmp_path)[0].acknowledged_at
    deliveries.keep(tmp_path, "answered", "m0", "", by="kim", known=True)
    deliveries.keep(tmp_path, "answered", "m0", "", by="park", known=True)
    (state,) = outbox.read(tmp_path)
    assert (state.by, state.delivered_at) == ("kim", state.acknowledged_at)
    deliveries.keep(tmp_path, "again", "m0", "", channels=["mail"], by="kim")
    assert outbox.read(tmp_path)[0].channels["mail"].asked_by == "kim"


def test_the_route_is_the_message_s_then_the_person_s_then_the_audience_s() -> None:
    given = {
        "site_channels": [{"name": "chat"}, {"name": "mail"}],
        "site_people": {"kim": {"contact": ["mail"]}},
        "site_status_page": {"page": "x", "token_file": "y"},
        "site_audiences": {"management": {"channels": ["mail", "nowhere"]}},
    }
    assert routes.route(given, message("a", channels=("chat", "gone"))) == ("chat",)
    assert routes.route(given, message("a", to="kim")) == ("mail",)
    assert routes.route(given, Message("a", "e", "management", "en", "s", "b")) == ("mail",)
    assert routes.route(given, message("a")) == ("chat", "mail")
    assert routes.route(given, Message("a", "e", "users", "en", "s", "b")) == ("status page",)
    assert routes.route({"site_channels": [{"name": "chat"}]}, Message("a", "e", "users", "en", "s", "b")) == ()


def test_a_letter_says_what_is_to_be_known_of_this_copy_in_its_language(tmp_path: Path) -> None:
    outbox.put(tmp_path, Message("m0", "e", "team", "ko", "제목", "본문", needs_answer=True, to="kim"))
    (state,) = outbox.read(tmp_path)
    letter = letters.write(Job(state, "chat", late=True, twice=True), letters.Answering(" -i site", "https://w/{code}"))
    assert "늦게 발송" in letter.body
    assert "두 번 받으셨을 수" in letter.body
    assert f"확인 응답: rollback-runner acknowledge {letter.code} -i site --as kim" in letter.body
    assert f"https://w/{letter.code}" in letter.body
    assert "Reference" not in letter.body
