from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest
from watched_site import Site, front_door, wait_for

from rollback_runner import companions
from rollback_runner.telling import escalation
from rollback_runner.watching import series

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = {
    "kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "contact": ["chat"]},
    "park": {"name": {"en": "Jiho Park", "ko": "박지호"}, "contact": ["chat"]},
}


@pytest.fixture(name="chat")
def _chat(site: Site) -> Iterator[list[bytes]]:
    """A chat that takes every message, and people nobody of whom answers."""
    taken: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = site.home / "secrets" / "chat"
    address.write_text(f"json://127.0.0.1:{server.server_port}/\n", encoding="utf-8")
    address.chmod(0o600)
    roles = {
        "commander": {"person": "kim", "deputy": "park"},
        "operations_manager": {"person": "park", "deputy": "kim"},
    }
    site.change(
        "all",
        site_people=PEOPLE,
        site_roles=roles,
        site_channels=[{"name": "chat", "url_file": str(address), "audience": "the response"}],
        site_ladder=[{"after": 0, "role": "commander", "channel": "chat"},
                     {"after": 1, "role": "operations_manager", "channel": "chat"}],
    )  # fmt: skip
    yield taken
    companions.stop(site.incident, "messenger")
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_limit_broken_on_purpose_reaches_the_second_step_when_nobody_answers(site: Site, chat: list[bytes]) -> None:
    with front_door(site) as door:
        door["status"] = 503
        assert site.ensure().alive
        assert companions.ensure("messenger", site.directory, site.home, site.incident).alive
        log = site.incident / "companions" / "messenger.log"
        wait_for(lambda: [one.level for one in escalation.read(site.incident)] == [2], log.read_text)
        wait_for(lambda: [one.level for one in series.read(site.incident).breaches] == [2], site.log)
    (raised,) = escalation.read(site.incident)
    assert [level.person for level in raised.levels] == ["kim", "park"]
    assert not raised.acknowledged_at
    assert len(chat) >= 2
    assert b"idc-lb1" in chat[0]
