"""What counts as an answer of a front door, and asking one for real."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest
from failback import doors, http
from failback.errors import ConfigError
from failback.http import Door, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

IDC = "11111111-1111-4111-8111-111111111111"
RDS = "22222222-2222-4222-8222-222222222222"
DOOR = Door("lb1", "http://192.0.2.31", "www.example.org")


def reply(status: int = 200, text: str = "{}", error: str = "", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply("/api/whoami", status, 0.01, text, named, error)


def whoami(server_uuid: str) -> str:
    return json.dumps({"server_uuid": server_uuid, "hostname": "idc-db1"})


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (reply(text=whoami(IDC)), ""),
        (reply(text=whoami(IDC.upper())), ""),
        (reply(text=whoami(IDC), age="0"), ""),
        (reply(text=whoami(RDS)), "served by RDS"),
        (reply(text=whoami("33333333")), "an unknown database"),
        (reply(text="<html>"), "does not say which database"),
        (reply(text="[1]"), "does not say which database"),
        (reply(503, "maintenance"), "answers 503"),
        (reply(302, location="http://elsewhere"), "sends elsewhere (302 to http://elsewhere)"),
        (reply(text=whoami(IDC), age="17"), "from a cache (Age: 17)"),
        (reply(text=whoami(IDC), x_cache="Hit from edge"), "from a cache"),
        (reply(0, error="no answer within 5 s"), "no answer within 5 s"),
    ],
)
def test_identity(seen: Reply, words: str) -> None:
    problem = doors.identity_problem(DOOR, seen, IDC, {RDS: "RDS"})
    assert (words in problem) if words else problem == ""


def test_the_wanted_status_of_a_health_endpoint() -> None:
    assert doors.problem_of(DOOR, reply(204), 204) == ""
    assert "answers 200, not 204" in doors.problem_of(DOOR, reply(200), 204)


@pytest.mark.parametrize("url", ["", "ftp://x", "192.0.2.31", "http://"])
def test_a_url_that_is_none_is_named(url: str) -> None:
    with pytest.raises(ConfigError, match="service_front_doors"):
        Door.from_dict({"url": url})


class Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.command, self.path, self.headers["Host"]))
        body = whoami(IDC).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):
            for byte in body:
                self.wfile.write(bytes([byte]))
                if "slow" in self.path:
                    time.sleep(0.05)

    do_POST = do_GET  # noqa: N815 - the library calls it so

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Door]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield Door("here", f"http://127.0.0.1:{running.server_address[1]}", "www.example.org")
    running.shutdown()
    running.server_close()


def test_the_host_header_is_the_name_and_the_path_is_unique(server: Door) -> None:
    Handler.seen.clear()
    first, second = (http.ask(server, "/api/whoami", timeout=2, unique=True) for _ in range(2))
    assert (first.status, second.status) == (200, 200)
    assert [host for _, _, host in Handler.seen] == ["www.example.org"] * 2
    assert len({path for _, path, _ in Handler.seen}) == 2
    assert doors.summary([first, second])["hostnames"] == ["idc-db1"]


def test_a_body_is_posted_as_json(server: Door) -> None:
    Handler.seen.clear()
    assert http.ask(server, "/api/markers", timeout=2, body={"token": "x"}).status == 200
    assert Handler.seen[0][0] == "POST"


def test_one_deadline_for_an_answer_that_trickles(server: Door) -> None:
    seen = http.ask(server, "/slow", timeout=0.4)
    assert seen.error


def test_nobody_there_is_an_error_in_the_reply_not_an_exception() -> None:
    assert "refused" in http.ask(Door("none", "http://127.0.0.1:9"), "/", timeout=1).error.lower()
