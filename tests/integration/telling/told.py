"""A site with a desk of its own: channels, a status page, people and a ladder; and a messenger beside it."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from lab.desk import app, mail
from lab.desk.status_page import Page
from rollback_runner.site.site import Site
from rollback_runner.telling import messenger, outbox
from rollback_runner.telling.outbox import Message, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOGIN = "ops:desk-secret-4711"
TOKEN = "page-token-0815"
QUICK = {"slow": 0.6, "deadline": 40.0, "first_pause": 0.2, "longest_pause": 0.4}


@dataclass
class World:
    """One desk, one site, one incident."""

    desk: app.Desk
    http: int
    smtp: int
    directory: Path
    given: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    @property
    def incident(self) -> Path:
        return self.directory / "incidents" / "here" / "20260301T000000Z"

    @property
    def site(self) -> Site:
        return Site(
            name="here",
            directory=self.directory,
            titles={"en": "Here", "ko": "여기"},
            critical=False,
            strategy="switch-first",
            budgets={},
            timezone="UTC",
            groups={},
            variables={"h": self.given},
            secret_files=(),
        )

    def fault(self, way: str, mode: str, **details: Any) -> None:
        self.post("/faults", {"way": way, "mode": mode, **details})

    def answer(self, by: str, text: str) -> None:
        self.post("/answers", {"by": by, "text": text})

    def post(self, path: str, content: dict[str, Any]) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", json.dumps(content).encode())
        request.add_header("Authorization", f"Basic {b64encode(LOGIN.encode()).decode()}")
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
            assert answer.status == 200

    def arrived(self, way: str) -> list[str]:
        return [one["title"] for one in self.desk.messages if one["way"] == way]

    def state(self, key: str) -> State:
        return next(one for one in outbox.read(self.incident) if one.message.key == key)

    def again(self, *, clock: Callable[[], float] = time.time) -> messenger.Messenger:
        """A messenger that has just been started."""
        found = messenger.Messenger(
            self.site,
            self.incident,
            messenger.ways_of(self.given, self.incident.name),
            log=self.log.append,
            clock=clock,
        )
        found.resume()
        return found

    def put(self, key: str, **details: Any) -> Message:
        message = Message(key, "leg_began", details.pop("audience", "team"), "en", key, f"text of {key}", **details)
        assert outbox.put(self.incident, message).queued
        return message


@contextmanager
def world(directory: Path) -> Iterator[World]:
    """Serve a desk and write the files of a site that uses it."""
    desk = app.Desk({}, page=Page(TOKEN))
    pages = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (app.Handler,), {"desk": desk, "login": LOGIN}))
    post = mail.Server(("127.0.0.1", 0), desk.take, desk.faults)
    for server in (pages, post):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    found = World(desk, pages.server_address[1], post.server_address[1], directory)
    found.incident.mkdir(parents=True)
    (found.incident.parent / "current").symlink_to(found.incident.name)
    found.given = _given(found)
    try:
        yield found
    finally:
        for server in (pages, post):
            server.shutdown()
            server.server_close()


@contextmanager
def working(found: messenger.Messenger) -> Iterator[messenger.Messenger]:
    """Let a messenger work beside the test, as the companion does."""
    ends = threading.Event()

    def work() -> None:
        while not ends.is_set():
            found.step()
            ends.wait(0.05)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ends.set()
        thread.join(10)


def until(true: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until something holds; the time only ends what would never come."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)


def secret(directory: Path, name: str, line: str) -> str:
    path = directory / name
    path.write_text(line + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def _given(found: World) -> dict[str, Any]:
    base = f"http://127.0.0.1:{found.http}"
    smtp = f"mailto://127.0.0.1:{found.smtp}?from=a@example.org&to=b@example.org&mode=insecure"
    chat = f"json://{LOGIN}@127.0.0.1:{found.http}/notify/chat"
    return {
        "site_name": "here",
        "site_title": {"en": "Here", "ko": "여기"},
        "site_messaging": dict(QUICK),
        "site_people": {
            "kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "contact": ["chat"]},
            "park": {"name": {"en": "Jiho Park", "ko": "박지호"}, "contact": ["mail"]},
        },
        "site_roles": {"commander": {"person": "kim"}, "operations_manager": {"person": "park"}},
        "site_ladder": [
            {"after": 0, "role": "commander", "channel": "chat"},
            {"after": 300, "role": "operations_manager", "channel": "mail"},
        ],
        "site_channels": [
            {
                "name": "chat",
                "url_file": secret(found.directory, "chat", chat),
                "read_back": {"url": f"{base}/messages?way=chat&text={{code}}"},
                "answers": {"url": f"{base}/answers?text={{code}}"},
            },
            {"name": "mail", "url_file": secret(found.directory, "mail", smtp)},
        ],
        "site_status_page": {
            "url": f"{base}/v1",
            "page": "shoplab",
            "token_file": secret(found.directory, "token", TOKEN),
            "components": {"orders": "orders"},
            "pace": 0.0,
        },
    }
