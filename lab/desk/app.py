"""The desk: `python3 -m lab.desk.app --login-file FILE --token-file FILE --watch NAME=URL ...`.

Takes messages over HTTP (POST /notify/NAME with the login) and SMTP, shows them (GET /messages?text=...&way=...), takes
people's answers to them (POST /answers, GET /answers?text=...), serves a dashboard (GET /dashboard) whose figures it
measures itself every two seconds, and a status page (/v1/pages/..., read at /status). POST /faults makes one of these
ways misbehave. Keeps everything in memory.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from lab.desk import mail
from lab.desk.faults import NONE, Fault, Faults
from lab.desk.status_page import Page, RefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

HTTP_PORT = 8070
MAIL_PORT = 2525
EVERY_SECONDS = 2.0
PROBE_SECONDS = 2.0
MOST_BYTES = 1 << 24
MOST_MESSAGES = 2000
SHOWN = 200
PAGES = "/v1/pages/"
TOO_MANY = 429


def now() -> str:
    """Return the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Desk:
    """What arrived and what is measured."""

    watched: dict[str, tuple[str, str]] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    page: Page = field(default_factory=lambda: Page(secrets.token_hex(16)))
    updated: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, way: str, title: str, text: str, attachments: Sequence[str] = ()) -> None:
        """Keep one message; of its attachments the names."""
        with self._lock:
            kept = {"at": now(), "way": way, "title": title, "text": text, "attachments": list(attachments)}
            self.messages.append(kept)
            del self.messages[:-MOST_MESSAGES]

    def found(self, text: str, way: str = "") -> list[dict[str, Any]]:
        """Return the newest messages with this text in them that came this way, or any."""
        with self._lock:
            here = [one for one in self.messages if way in {"", one["way"]}]
            return [one for one in here if text in one["title"] or text in one["text"]][-SHOWN:]

    def answer(self, given: dict[str, Any]) -> None:
        """Keep what somebody answered."""
        with self._lock:
            self.answers.append({"at": now(), "by": str(given.get("by") or ""), "text": str(given.get("text") or "")})
            del self.answers[:-MOST_MESSAGES]

    def measure(self) -> None:
        """Ask every watched page once."""
        figures = [measured(name, url, host) for name, (url, host) in self.watched.items()]
        self.figures, self.updated = figures, now()


def measured(name: str, url: str, host: str) -> dict[str, Any]:
    """Ask one page; status 0 means that no answer came."""
    begun = time.monotonic()
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310 - always one of ours, http
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as answer:  # noqa: S310 - as above
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        status = 0
    return {"name": name, "status": status, "seconds": round(time.monotonic() - begun, 3)}


class Handler(BaseHTTPRequestHandler):
    """Answers for the desk in the class; the login is checked for what writes."""

    desk: ClassVar[Desk]
    login: ClassVar[str] = ""

    def do_POST(self) -> None:
        """Take a message as Apprise's json:// sends it, an answer, a fault to show, or what the status page takes."""
        if self.path.startswith(PAGES):
            self._page("POST")
            return
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        body = self._body()
        if not hmac.compare_digest(given, base64.b64encode(self.login.encode()).decode()):
            self._answer(401, {"error": "who are you?"})
            return
        try:
            content = json.loads(body)
            if self.path == "/faults":
                self.desk.faults.set(content)
            elif self.path == "/answers":
                self.desk.answer(content)
            else:
                self._take(self.path.removeprefix("/notify/"), content)
                return
        except (ValueError, AttributeError, TypeError) as error:
            self._answer(400, {"error": f"no JSON object: {error}"})
            return
        self._answer(200, {"taken": True})

    def do_PATCH(self) -> None:
        """Change something on the status page."""
        self._page("PATCH")

    def do_GET(self) -> None:
        """Show messages, answers, the dashboard, the status page, or that the desk is there."""
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/messages":
            self._answer(200, {"messages": self.desk.found(query.get("text", ""), query.get("way", ""))})
        elif parts.path == "/answers":
            text = query.get("text", "")
            self._answer(200, {"answers": [one for one in self.desk.answers if text in one["text"]]})
        elif parts.path == "/dashboard":
            self._answer(200, {"updated": self.desk.updated, "front_doors": self.desk.figures})
        elif parts.path == "/healthz":
            self._answer(200, {"messages": len(self.desk.messages)})
        elif parts.path == "/status":
            self._send(200, self.desk.page.shown().encode(), "text/html")
        elif parts.path.startswith(PAGES):
            self._page("GET")
        else:
            self._answer(404, {"error": "no such page"})

    def _take(self, way: str, message: dict[str, Any]) -> None:
        fault = self.desk.faults.meet(way)
        fault.before()
        if fault.keeps:
            names = [str(one.get("filename") or "") for one in message.get("attachments") or ()]
            self.desk.take(way, str(message.get("title") or ""), str(message.get("message") or ""), names)
        fault.after()
        self._answer(200, {"taken": True}, fault)

    def _page(self, method: str) -> None:
        """Answer for the status page; a fault of it hangs up or answers before, or with ``kept`` after, it was done."""
        body = self._body()
        fault = self.desk.faults.meet("page") if method != "GET" else NONE
        fault.before()
        status: int = 0
        content: Any = {}
        if fault.keeps:
            try:
                given = json.loads(body) if body else None
                path = urlsplit(self.path).path.removeprefix(PAGES)
                status, content = self.desk.page.ask(method, path, self.headers.get("Authorization", ""), given)
            except ValueError:
                status, content = 400, {"error": ["no JSON"]}
            except RefusalError as error:
                status, content = error.status, {"error": list(error.sentences)}
        fault.after()
        self._answer(status, content, fault)

    def _body(self) -> bytes:
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))

    def _answer(self, status: int, content: Any, fault: Fault = NONE) -> None:
        if fault.mode == "dead":
            self.close_connection = True
            return
        if fault.mode == "status":
            status, content = fault.status, {"error": ["this is a fault on purpose"]}
        self._send(status, json.dumps(content, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if status == TOO_MANY:
            self.send_header("Retry-After", "2")
        # Who asked may be gone by now.
        with suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay silent: the messages are the log."""


def main(argv: list[str] | None = None) -> int:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="The lab's desk: messages and a dashboard.")
    parser.add_argument("--address", default="0.0.0.0")  # noqa: S104 - a container of the lab's own network
    parser.add_argument("--login-file", type=Path, required=True)
    parser.add_argument("--token-file", type=Path, help="The status page's token; it takes nothing without.")
    parser.add_argument("--watch", action="append", default=[], metavar="NAME=URL=HOST")
    given = parser.parse_args(argv)
    watched = {name: (url, host) for name, url, host in (one.split("=", 2) for one in given.watch)}
    desk = Desk(watched)
    if given.token_file is not None:
        desk.page = Page(given.token_file.read_text(encoding="utf-8").strip())
    Handler.desk, Handler.login = desk, given.login_file.read_text(encoding="utf-8").strip()
    post = mail.Server((given.address, MAIL_PORT), desk.take, desk.faults)
    threading.Thread(target=post.serve_forever, daemon=True).start()
    pages = ThreadingHTTPServer((given.address, HTTP_PORT), Handler)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    sys.stderr.write(f"{now()} the desk takes messages on {HTTP_PORT} (HTTP) and {MAIL_PORT} (SMTP)\n")
    while True:
        desk.measure()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
