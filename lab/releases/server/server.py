"""The shop's web server, the same in every release: `python3 /app/server.py`.

A release is its module `orders` and the file `build.json` beside this one: {"build", "release"}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orders  # type: ignore[import-not-found]  # the release's own module, there in its image
import pymysql
from database import Database  # type: ignore[import-not-found]  # beside this file in the image

BUILD: dict[str, str] = json.loads((Path(__file__).parent / "build.json").read_text(encoding="utf-8"))
STOP_SECONDS = 8.0
LARGEST_BODY = 65536
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head>
<body><h1>Shop</h1><p>Release {release}</p><ul>{products}</ul></body></html>
"""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    database = Database()
    in_flight = 0
    counting = threading.Lock()

    def do_GET(self) -> None:
        """Answer a read."""
        self._answer(self._read)

    def do_POST(self) -> None:
        """Answer an order."""
        self._answer(self._order)

    def _answer(self, act: Any) -> None:
        with Handler.counting:
            Handler.in_flight += 1
        try:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(length, LARGEST_BODY))
            try:
                status, content = act(body)
            except (pymysql.MySQLError, OSError, KeyError, ValueError) as error:
                sys.stderr.write(f"{self.command} {self.path}: {type(error).__name__}: {error}\n")
                status, content = 500, {"error": f"{type(error).__name__}: {error}"}
            self._send(status, content)
        finally:
            with Handler.counting:
                Handler.in_flight -= 1

    def _read(self, _body: bytes) -> tuple[int, dict[str, Any] | str]:
        path = self.path.partition("?")[0]
        if path == "/healthz":
            return 200, {"alive": True}
        if path == "/__build":
            return 200, BUILD
        with self.database.cursor() as cursor:
            if path == "/readyz":
                cursor.execute(orders.READY)
                return 200, {"ready": True}
            if path.startswith("/api/orders/"):
                found = orders.find(cursor, path.rpartition("/")[2])
                return (200, found) if found else (404, {"error": "no such order"})
            if path in {"/", "/api/products"}:
                cursor.execute("SELECT id, name, price_cents FROM products ORDER BY id LIMIT 20")
                rows = [{"id": row[0], "name": row[1], "price_cents": row[2]} for row in cursor.fetchall()]
                return 200, {"products": rows} if path != "/" else _page(rows)
        return 404, {"error": "nothing here"}

    def _order(self, body: bytes) -> tuple[int, dict[str, Any] | str]:
        if self.path != "/api/orders":
            return 404, {"error": "nothing here"}
        order = json.loads(body)
        try:
            with self.database.cursor() as cursor:
                orders.place(cursor, order)
        except pymysql.IntegrityError:
            # Sent again by somebody who did not hear our answer.
            with self.database.cursor() as cursor:
                return (200, {"token": order["token"]}) if orders.find(cursor, order["token"]) else (500, {})
        return 201, {"token": order["token"]}

    def _send(self, status: int, content: dict[str, Any] | str) -> None:
        page = isinstance(content, str)
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Build", BUILD["build"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet: the clients keep the ledger."""


def _page(rows: list[dict[str, Any]]) -> str:
    products = "".join(f"<li>{row['name']}</li>" for row in rows)
    return PAGE.format(release=BUILD["release"], products=products)


class Server(ThreadingHTTPServer):
    """One thread a connection."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a client that went away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main() -> int:
    """Serve until SIGTERM; requests under way are finished."""
    server = Server(("", int(os.environ.get("SHOP_PORT", "8080"))), Handler)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    sys.stderr.write(f"{BUILD['release']} ({BUILD['build']}) listens on {server.server_address[1]}\n")
    stop.wait()
    server.shutdown()
    limit = time.monotonic() + STOP_SECONDS
    while Handler.in_flight and time.monotonic() < limit:
        time.sleep(0.02)
    return 0


if __name__ == "__main__":
    sys.exit(main())
