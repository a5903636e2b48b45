"""Who serves is proven over the domain's own TLS by answers in a row, and by nothing less."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import TYPE_CHECKING

import pytest
from failback.deployment import answers, serving
from failback.http import Door

from lab import tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "shop.example.org"
PLACE = answers.build_place({"path": "/__build", "field": "$.build"})


class Site:
    """A real HTTPS server whose answers come in turn."""

    def __init__(self, folder: Path) -> None:
        self.builds: Iterator[str] = cycle(["r2"])
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                body = json.dumps({"build": next(site.builds)}).encode()
                self.send_response(200)
                for name, value in {**site.headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        tls.make_authority(folder)
        tls.make_certificate(folder, "site", [NAME], "127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "site.pem", folder / "site-key.pem")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.ca = str(folder / "ca.pem")
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def door(self, name: str = NAME, ca: str = "") -> Door:
        return Door("shop", f"https://127.0.0.1:{self.server.server_address[1]}", name, ca or self.ca)


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.server.shutdown()
    site.server.server_close()


def wanted(times: int = 3, within: float = 0.0) -> serving.Wanted:
    return serving.Wanted(PLACE, "r2", "r3", times, within)


def test_enough_right_answers_in_a_row_prove_it(site: Site) -> None:
    found, problem = serving.settle(site.door(), wanted(within=60))
    assert problem == ""
    assert (found["right_in_a_row"], found["answers"]) == (3, {"r2": 3})
    assert len(set(site.asked)) == 3, "no path twice: no cache can have the answer"


def test_a_door_that_settles_is_waited_for(site: Site) -> None:
    builds = ["r3", "r2", "r3"]
    site.builds = iter([*builds, *["r2"] * 99])
    found, problem = serving.settle(site.door(), wanted(within=60))
    assert problem == ""
    assert found["answers"] == {"r3": 2, "r2": 4}


def test_one_host_of_several_that_is_left_behind_is_found(site: Site) -> None:
    """The last answer before the end is a right one: the mixture is told all the same."""
    site.builds = cycle(["r3", "r2"])
    ticks = iter([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    found, problem = serving.settle(site.door(), wanted(within=2.0), clock=lambda: next(ticks))
    assert problem == "shop does not answer with one build alone: r3 (1), r2 (1)"
    assert found["right_in_a_row"] == 1


def test_the_faulty_build_is_named(site: Site) -> None:
    site.builds = cycle(["r3"])
    assert "still served by the faulty build r3" in serving.settle(site.door(), wanted())[1]


def test_an_answer_from_a_cache_proves_nothing(site: Site) -> None:
    site.headers = {"Age": "12"}
    assert "answers from a cache" in serving.settle(site.door(), wanted())[1]


def test_the_certificate_must_be_the_domains_own(site: Site) -> None:
    _, problem = serving.settle(site.door(name="other.example.org"), wanted())
    assert "certificate" in problem.lower()
    assert site.asked == []


def test_a_domain_that_never_answers_is_given_up_before_its_time_is_over() -> None:
    """One that the site does not name may not be reachable from here: it must not hold the proof up."""
    ticks = iter(range(100))
    nobody = Door("shop.invalid", "https://shop.invalid")
    found, problem = serving.settle(nobody, wanted(within=50.0), clock=lambda: float(next(ticks)), silences=3)
    assert problem.startswith("shop.invalid /__build: ")
    assert found["answers"] == {"status 0": 3}


def test_a_domain_that_answers_wrongly_is_asked_on(site: Site) -> None:
    site.builds = iter([*["r3"] * 6, *["r2"] * 9])
    found, problem = serving.settle(site.door(), wanted(within=60), silences=3)
    assert (problem, found["answers"]) == ("", {"r3": 6, "r2": 3})
