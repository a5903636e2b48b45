"""The desk: `python3 -m lab.desk.app --login-file FILE --watch NAME=URL ...`.

Takes messages over HTTP (POST /notify/NAME with the login) and SMTP, shows them (GET /messages?text=...), and serves a
dashboard (GET /dashboard) whose figures it measures itself every two seconds. Keeps everything in memory.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from lab.desk import mail

HTTP_PORT = 8070
MAIL_PORT = 2525
EVERY_SECONDS = 2.0
PROBE_SECONDS = 2.0
MOST_BYTES = 1 << 20
MOST_MESSAGES = 2000
SHOWN = 200


def now() -> str:
    """Return the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Desk:
    """What arrived and what is measured."""

    watched: dict[str, tuple[str, str]] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    updated: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, way: str, title: str, text: str) -> None:
        """Keep one message."""
        with self._lock:
            self.messages.append({"at": now(), "way": way, "title": title, "text": text})
            del self.messages[:-MOST_MESSAGES]

    def found(self, text: str) -> list[dict[str, Any]]:
        """Return the newest messages with this text in them."""
        with self._lock:
            return [one for one in self.messages if text in one["title"] or text in one["text"]][-SHOWN:]

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
        """Take a message as Apprise's json:// sends it."""
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(size, MOST_BYTES))
        if not hmac.compare_digest(given, base64.b64encode(self.login.encode()).decode()):
            self._answer(401, {"error": "who are you?"})
            return
        name = self.path.removeprefix("/notify/")
        try:
            message = json.loads(body)
            self.desk.take(name, str(message.get("title") or ""), str(message.get("message") or ""))
        except (ValueError, AttributeError):
            self._answer(400, {"error": "no JSON object"})
            return
        self._answer(200, {"taken": True})

    def do_GET(self) -> None:
        """Show messages, the dashboard, or that the desk is there."""
        parts = urlsplit(self.path)
        if parts.path == "/messages":
            text = parse_qs(parts.query).get("text", [""])[0]
            self._answer(200, {"messages": self.desk.found(text)})
        elif parts.path == "/dashboard":
            self._answer(200, {"updated": self.desk.updated, "front_doors": self.desk.figures})
        elif parts.path == "/healthz":
            self._answer(200, {"messages": len(self.desk.messages)})
        else:
            self._answer(404, {"error": "no such page"})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay silent: the messages are the log."""


def main(argv: list[str] | None = None) -> int:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="The lab's desk: messages and a dashboard.")
    parser.add_argument("--address", default="0.0.0.0")  # noqa: S104 - a container of the lab's own network
    parser.add_argument("--login-file", type=Path, required=True)
    parser.add_argument("--watch", action="append", default=[], metavar="NAME=URL=HOST")
    given = parser.parse_args(argv)
    watched = {name: (url, host) for name, url, host in (one.split("=", 2) for one in given.watch)}
    desk = Desk(watched)
    Handler.desk, Handler.login = desk, given.login_file.read_text(encoding="utf-8").strip()
    post = mail.Server((given.address, MAIL_PORT), desk.take)
    threading.Thread(target=post.serve_forever, daemon=True).start()
    pages = ThreadingHTTPServer((given.address, HTTP_PORT), Handler)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    sys.stderr.write(f"{now()} the desk takes messages on {HTTP_PORT} (HTTP) and {MAIL_PORT} (SMTP)\n")
    while True:
        desk.measure()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
