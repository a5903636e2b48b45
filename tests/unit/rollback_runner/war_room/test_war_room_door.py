"""Tokens, sessions and the pause after wrong ones: what opens the war room, and what does not."""

from __future__ import annotations

import asyncio
import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.war_room import guard, tokens
from rollback_runner.war_room.door import Door
from rollback_runner.war_room.guard import Guard, host_of
from rollback_runner.war_room.server import Listen, check
from rollback_runner.war_room.sessions import Sessions
from rollback_runner.war_room.throttle import Throttle

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send


def issue(place: Path, person: str = "kim", label: str = "", hours: float = 1) -> tuple[tokens.Pass, str]:
    return tokens.issue(place, person=person, label=label, hours=hours, by="a test")


def test_a_token_opens_and_only_its_digest_is_kept(tmp_path: Path) -> None:
    place = tmp_path / "room"
    made, text = issue(place)
    assert tokens.match(tokens.read(place), text) == made
    assert tokens.match(tokens.read(place), f"  {text}\n") == made
    content = (place / tokens.FILE).read_text(encoding="utf-8")
    assert text not in content
    assert text.rpartition("-")[2] not in content
    assert stat.S_IMODE((place / tokens.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("change", [str.upper, lambda t: t[:-1], lambda t: t + "x", lambda t: t.replace("rrw", "rrx"),
                                    lambda _t: "", lambda _t: "\udcff", lambda t: t[:15] + "A" * 43])  # fmt: skip
def test_what_is_not_the_token_opens_nothing(tmp_path: Path, change: Any) -> None:
    _made, text = issue(tmp_path / "room")
    assert tokens.match(tokens.read(tmp_path / "room"), change(text)) is None


def test_one_persons_secret_with_anothers_id_opens_nothing(tmp_path: Path) -> None:
    place = tmp_path / "room"
    (_one, mine), (_other, theirs) = issue(place, "kim"), issue(place, "lee")
    mixed = "-".join([*theirs.split("-")[:2], mine.split("-", 2)[2]])
    assert tokens.match(tokens.read(place), mixed) is None


@pytest.mark.parametrize("moment", ["tomorrow", "2099-01-01T00:00:00", None])
def test_a_file_whose_moments_cannot_be_read_opens_nothing_and_says_so(tmp_path: Path, moment: object) -> None:
    place = tmp_path / "room"
    issue(place)
    kept = json.loads((place / tokens.FILE).read_text(encoding="utf-8"))
    kept["tokens"][0]["expires_at"] = moment
    (place / tokens.FILE).write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(RefusedError, match="nobody is let in"):
        tokens.read(place)
    assert Door(place).kept() == []


def test_an_expired_or_revoked_token_opens_nothing(tmp_path: Path) -> None:
    place = tmp_path / "room"
    made, text = issue(place)
    assert not made.good(datetime.now(UTC) + timedelta(hours=1, seconds=1))
    assert [one.id for one in tokens.revoke(place, "kim")] == [made.id]
    assert tokens.match(tokens.read(place), text) is None
    assert tokens.revoke(place, "kim") == []


@pytest.mark.parametrize("hours", [0, -1, 24 * 31])
def test_a_token_is_for_one_incident(tmp_path: Path, hours: float) -> None:
    with pytest.raises(UsageError, match="--hours"):
        issue(tmp_path / "room", hours=hours)


def test_a_file_that_others_may_write_opens_nothing(tmp_path: Path) -> None:
    place = tmp_path / "room"
    _made, text = issue(place)
    (place / tokens.FILE).chmod(0o660)
    with pytest.raises(RefusedError, match="open to nobody else"):
        tokens.read(place)
    assert tokens.match(Door(place).kept(), text) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tokens": [{"id": 1}]}'])
def test_a_file_that_is_broken_opens_nothing(tmp_path: Path, content: str) -> None:
    issue(tmp_path)
    (tmp_path / tokens.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(RefusedError):
        tokens.read(tmp_path)
    assert Door(tmp_path).kept() == []


def test_wrong_tokens_bring_a_pause_for_their_address_alone() -> None:
    now = [100.0]
    throttle = Throttle(allowed=3, window=60, clock=lambda: now[0])
    for _ in range(3):
        assert throttle.wait("a") == 0
        throttle.wrong("a")
    assert throttle.wait("a") == 60
    assert throttle.wait("b") == 0
    now[0] += 59
    assert throttle.wait("a") == pytest.approx(1)
    now[0] += 1
    assert throttle.wait("a") == 0


def test_a_right_token_forgives_and_many_addresses_do_not_help() -> None:
    now = [0.0]
    throttle = Throttle(allowed=3, window=60, allowed_in_all=10, clock=lambda: now[0])
    throttle.wrong("a")
    throttle.right("a")
    for number in range(9):
        throttle.wrong(str(number))
    assert throttle.wait("new") == 60
    for number in range(20_000):
        throttle.wrong(f"n{number}")
    assert len(throttle._wrong) <= 10_000


def test_a_session_ends_with_its_token_and_with_silence(tmp_path: Path) -> None:
    now = [0.0]
    made, _text = issue(tmp_path)
    sessions = Sessions(idle=10, clock=lambda: now[0])
    cookie = sessions.begin(made)
    assert sessions.find(cookie, [made]) is not None
    assert sessions.find(cookie + "x", [made]) is None
    now[0] = 9.0
    assert sessions.find(cookie, [made]) is not None
    now[0] = 18.0
    assert sessions.find(cookie, [made]) is not None
    now[0] = 29.0
    assert sessions.find(cookie, [made]) is None
    again = sessions.begin(made)
    assert sessions.find(again, [replace(made, sha256="0" * 64)]) is None
    assert cookie not in repr(sessions)


def test_a_form_is_spent_once_and_for_its_item_alone(tmp_path: Path) -> None:
    made, _text = issue(tmp_path)
    sessions = Sessions()
    session = sessions.find(sessions.begin(made), [made])
    assert session is not None
    mark = session.form("SIT-01")
    assert session.form("SIT-01") == mark
    assert session.spend(mark, "SIT-01")
    assert not session.spend(mark, "SIT-01")
    assert not session.spend(session.form("SIT-01"), "APPROVE-04")
    assert not session.spend("", "SIT-01")
    for number in range(1000):
        session.form(f"X-{number}")
    assert len(session._forms) <= 300


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("127.0.0.1:8460", "127.0.0.1"),
        ("Room.Example.org", "room.example.org"),
        ("[::1]:80", "::1"),
        ("", ""),
        ("evil.example.org#localhost", "evil.example.org#localhost"),
    ],
)
def test_a_host_is_read_without_its_port(value: str, name: str) -> None:
    assert host_of(value) == name


def test_where_tokens_would_cross_the_network_in_the_clear_is_refused(tmp_path: Path) -> None:
    check(Listen("127.0.0.1", 1))
    check(Listen("10.0.0.1", 1, plain=True))
    check(Listen("0.0.0.0", 1, names=("room.example.org",), certificate=tmp_path, key=tmp_path))  # noqa: S104
    with pytest.raises(UsageError, match="in the clear"):
        check(Listen("10.0.0.1", 1))
    with pytest.raises(UsageError, match="under which name"):
        check(Listen("0.0.0.0", 1, plain=True))  # noqa: S104
    with pytest.raises(UsageError, match="belong together"):
        check(Listen("127.0.0.1", 1, certificate=tmp_path))


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"host": "localhost"}, 200),
        ("DELETE", {"host": "localhost"}, 405),
        ("GET", {"host": "example.org"}, 421),
        ("GET", {}, 421),
        ("POST", {"host": "localhost", "content-length": str(guard.MOST_BYTES + 1)}, 413),
        ("POST", {"host": "localhost", "content-length": "-5"}, 413),
    ],
)
def test_the_guard_lets_through_what_is_plain(method: str, headers: dict[str, str], status: int) -> None:
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }
    asyncio.run(Guard(app, names=frozenset({"localhost"}), tls=True)(scope, receive, send))
    assert sent[0]["status"] == status
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert found["content-security-policy"] == guard.CSP
    assert found["cache-control"] == "no-store"
    assert "strict-transport-security" in found


def test_a_note_never_holds_a_token(tmp_path: Path) -> None:
    from rollback_runner.war_room import log  # noqa: PLC0415 - only here

    log.note(tmp_path, "wrong_token", address="127.0.0.1")
    line = json.loads((tmp_path / log.FILE).read_text(encoding="utf-8"))
    assert (line["kind"], line["address"]) == ("wrong_token", "127.0.0.1")
    assert stat.S_IMODE((tmp_path / log.FILE).stat().st_mode) == 0o600
