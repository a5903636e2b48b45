"""What the war room refuses over the wire, and that nothing goes on record then."""

from __future__ import annotations

import http.client
import json
import socket
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import made_up

from rollback_runner.war_room import guard, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_up import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with made_up.served(made_up.make(tmp_path_factory.mktemp("room"))) as found:
        yield found


@pytest.fixture(scope="module")
def lee(served: Served) -> str:
    return served.enter(served.made.token("lee"))


@pytest.fixture(scope="module")
def choi(served: Served) -> str:
    return served.enter(served.made.token("choi"))


@pytest.fixture(scope="module")
def wall(served: Served) -> str:
    return served.enter(served.made.token(label="wall"))


def test_nobody_sees_anything_without_a_token(served: Served) -> None:
    for path in ("/room", f"/files/{made_up.RUN}/report.md", "/attachments/x"):
        status, headers, body = served.ask("GET", path)
        assert (status, headers["location"]) == (303, "/sign-in")
        assert "12 orders" not in body
    assert served.ask("GET", "/live")[0] == 401
    assert served.ask("GET", "/mine")[0] == 401
    assert served.ask("POST", "/say", {"item": "SIT-01"})[0] == 303
    assert served.ask("GET", "/room", cookie="rr_room=" + "A" * 43)[0] == 303


def test_tokens_are_kept_as_digests_for_the_owner_alone(served: Served, lee: str) -> None:
    token = served.made.token("park")
    place = tokens.place(served.made.home, "lab")
    assert stat.S_IMODE((place / tokens.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    served.enter(token)
    for path in served.made.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.encode() not in content, path
            assert token.rpartition("-")[2].encode() not in content, path
            assert lee.partition("=")[2].encode() not in content, path


def test_every_answer_carries_the_headers(served: Served, lee: str) -> None:
    answers = [
        ("GET", "/sign-in"),
        ("GET", "/nowhere"),
        ("GET", "/room"),
        ("GET", "/static/nothing.js"),
        ("PUT", "/room"),
    ]
    for method, path in answers:
        status, headers, _body = served.ask(method, path, cookie=lee)
        assert headers["content-security-policy"] == guard.CSP, (path, status)
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert "server" not in headers
    assert "'unsafe-inline'" not in guard.CSP
    assert "script-src 'self'" in guard.CSP


def test_a_script_in_a_word_is_shown_as_text(served: Served, lee: str) -> None:
    _status, _headers, page = served.ask("GET", "/room", cookie=lee)
    assert "RDS answers too slowly &lt;script&gt;" in page
    assert "<script>window" not in page
    assert "<img src=x" not in page


def test_a_person_answers_their_own_item_once(served: Served, lee: str) -> None:
    given = served.form(lee, "TEAM-01") | {"note": made_up.SCRIPT, "act": "confirm"}
    before = len(served.made.said())
    assert served.ask("POST", "/say", given, cookie=lee)[1]["location"] == "/room?lang=en&said=TEAM-01.acknowledge"
    word = served.made.said()[-1]
    assert (word.kind, word.item, word.by, word.note) == ("acknowledge", "TEAM-01", "lee", made_up.SCRIPT)
    assert word.seat.startswith("war room, token ")
    status, _headers, page = served.ask("POST", "/say", given, cookie=lee)
    assert status == 409
    assert "sent before" in page
    assert len(served.made.said()) == before + 1


def test_of_many_replays_at_once_one_is_taken(served: Served, lee: str) -> None:
    given = served.form(lee, "SIT-01") | {"note": "The data is late", "category": "data", "act": "confirm"}
    before = len(served.made.said())
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(served.ask("POST", "/say", given, cookie=lee)[0]))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [303] + [409] * 11
    assert len(served.made.said()) == before + 1


@pytest.mark.parametrize("item", ["APPROVE-04", "SIT-05", "CONT-04"])
def test_a_token_of_another_role_is_refused(served: Served, lee: str, item: str) -> None:
    given = served.form(lee, "SIT-01") | {
        "item": item,
        "note": "go",
        "severity": "none",
        "act": "confirm",
        "plan": made_up.PLAN,
    }
    before = len(served.made.said())
    status, _headers, page = served.ask("POST", "/say", given, cookie=lee)
    assert status == 403
    assert "not yours to answer" in page
    assert len(served.made.said()) == before


def test_who_only_looks_says_nothing(served: Served, wall: str) -> None:
    _status, _headers, page = served.ask("GET", "/room", cookie=wall)
    assert 'action="/say"' not in page
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    before = len(served.made.said())
    assert served.ask("POST", "/say", {"csrf": csrf, "item": "TEAM-01", "act": "confirm"}, cookie=wall)[0] == 403
    assert len(served.made.said()) == before


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "wrong"}, {}),
        ({}, {"Origin": "https://example.org"}),
        ({}, {"Origin": "null"}),
        ({}, {"Origin": ""}),
        ({}, {"Sec_Fetch_Site": "cross-site"}),
        ({}, {"Sec_Fetch_Site": "same-site"}),
    ],
)
def test_a_request_from_elsewhere_is_refused(
    served: Served, lee: str, change: dict[str, str], headers: dict[str, str]
) -> None:
    given = served.form(lee, "SIT-01") | {"note": "x", "category": "data", "act": "confirm"} | change
    before = len(served.made.said())
    assert served.ask("POST", "/say", given, cookie=lee, **headers)[0] == 403
    assert len(served.made.said()) == before


def test_another_session_cannot_use_a_form(served: Served, lee: str) -> None:
    other = served.enter(served.made.token("lee"))
    mine, theirs = served.form(lee, "SIT-01"), served.form(other, "SIT-01")
    mixed = theirs | {"form": mine["form"], "note": "x", "category": "data", "act": "confirm"}
    assert served.ask("POST", "/say", mixed, cookie=other)[0] == 409
    assert served.ask("POST", "/say", mixed | {"form": theirs["form"], "csrf": mine["csrf"]}, cookie=other)[0] == 403


def test_a_word_about_another_plan_is_refused(served: Served, lee: str) -> None:
    given = served.form(lee, "SIT-01") | {
        "incident": "20200101T000000Z",
        "note": "x",
        "category": "data",
        "act": "confirm",
    }
    assert served.ask("POST", "/say", given, cookie=lee)[0] == 409


def test_a_word_that_lacks_something_is_refused_in_a_sentence(served: Served, lee: str) -> None:
    given = served.form(lee, "SIT-01") | {"note": "x", "act": "confirm"}
    status, _headers, page = served.ask("POST", "/say", given, cookie=lee)
    assert status == 422
    assert "--category is missing" in page


@pytest.mark.parametrize(
    "path",
    [
        f"/files/{made_up.RUN}/journal.jsonl",
        f"/files/{made_up.RUN}/secret-files",
        f"/files/{made_up.RUN}/../../war-room/lab/tokens.json",
        f"/files/{made_up.RUN}/..%2f..%2fwar-room%2flab%2ftokens.json",
        f"/files/{made_up.RUN}/%2e%2e/journal.jsonl",
        "/files/..%2f..%2fetc/passwd",
        "/files/../report.md",
        "/files/20200101T000000Z-lab-emergency/report.md",
        "/files//etc/passwd",
        "/attachments/..%2fpeople.jsonl",
        "/attachments/../people.jsonl",
        "/attachments/.hidden",
        "/attachments/%00",
        "/static/..%2fapp.py",
        "/static/../app.py",
        "/static/war-room.js",
    ],
)
def test_a_path_outside_is_no_page(served: Served, lee: str, path: str) -> None:
    status, _headers, body = served.ask("GET", path, cookie=lee)
    assert status == 404, body
    assert "sha256" not in body
    assert "root:" not in body


def test_a_link_out_of_the_record_is_not_followed(served: Served, lee: str) -> None:
    (served.made.run / "report.html").symlink_to(tokens.place(served.made.home, "lab") / tokens.FILE)
    (served.made.run / "report.md").write_text("# Report <script>", encoding="utf-8")
    served.ask("GET", "/room", cookie=lee)
    assert served.ask("GET", f"/files/{made_up.RUN}/report.html", cookie=lee)[0] == 404
    status, headers, body = served.ask("GET", f"/files/{made_up.RUN}/report.md", cookie=lee)
    assert (status, body, headers["content-type"]) == (200, "# Report <script>", "text/plain; charset=utf-8")
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_large_and_odd_requests_are_refused(served: Served, lee: str) -> None:
    large = {"note": "x" * (guard.MOST_BYTES + 1)}
    assert served.ask("POST", "/say", large, cookie=lee)[0] == 413
    assert served.ask("POST", "/sign-in", {"token": "x", **{f"f{n}": "" for n in range(500)}})[0] == 403
    assert served.ask("GET", "/room", cookie=lee, Host="attacker.example.org")[0] == 421
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert served.ask(method, "/room", cookie=lee)[0] == 405
    link = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    headers = {"Cookie": lee, "Content-Type": "application/x-www-form-urlencoded", "Origin": served.base}
    link.request("POST", "/say", body=(b"x" * 1024 for _ in range(100)), headers=headers, encode_chunked=True)
    assert link.getresponse().status == 413
    link.close()
    assert served.ask("GET", "/healthz")[0] == 200


def test_a_token_that_is_taken_back_ends_the_open_page(served: Served) -> None:
    token = served.made.token("park")
    cookie = served.enter(token)
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as link:
        link.sendall(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: {cookie}\r\n\r\n".encode())
        stream = link.makefile("rb")
        assert b"200" in stream.readline()
        tokens.revoke(tokens.place(served.made.home, "lab"), token.split("-")[1])
        assert any(line.startswith(b"event: out") for line in stream)
    assert served.ask("GET", "/room", cookie=cookie)[0] == 303
    assert served.ask("POST", "/sign-in", {"token": token})[0] == 403


def test_signing_out_ends_the_session(served: Served) -> None:
    cookie = served.enter(served.made.token("kim"))
    _status, _headers, page = served.ask("GET", "/room", cookie=cookie)
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    assert served.ask("POST", "/sign-out", {"csrf": "wrong"}, cookie=cookie)[0] == 403
    assert served.ask("POST", "/sign-out", {"csrf": csrf}, cookie=cookie)[0] == 200
    assert served.ask("GET", "/room", cookie=cookie)[0] == 303


def test_wrong_tokens_are_noted_and_slowed_down(served: Served) -> None:
    """The last test of this server: its address is turned away afterwards."""
    found = [served.ask("POST", "/sign-in", {"token": f"rrw-0123456789-{'A' * 43}"}) for _ in range(8)]
    assert [status for status, _headers, _body in found].count(429) >= 2
    assert int(found[-1][1]["retry-after"]) > 0
    assert served.ask("POST", "/sign-in", {"token": served.made.token("kim")})[0] == 429
    lines = (tokens.place(served.made.home, "lab") / "access.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert {"wrong_token", "too_many", "in", "not_yours", "foreign", "used_up", "word"} <= set(kinds)
    assert "rrw-" not in "\n".join(lines)
