"""Real receivers on this machine: the lab's desk, and servers that misbehave in one way each."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from lab.desk import app, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOGIN = "ops:desk-secret-4711"


@contextmanager
def desk() -> Iterator[tuple[app.Desk, int, int]]:
    """The desk with its HTTP and SMTP ports; its dashboard is measured once."""
    found = app.Desk({})
    handler = type("Here", (app.Handler,), {"desk": found, "login": LOGIN})
    found.measure()
    pages = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    post = mail.Server(("127.0.0.1", 0), found.take)
    for server in (pages, post):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield found, pages.server_address[1], post.server_address[1]
    finally:
        for server in (pages, post):
            server.shutdown()
            server.server_close()


@contextmanager
def answering(status: int, *, once: Callable[[], bool] = lambda: True, body: bytes = b"{}") -> Iterator[int]:
    """A server with one answer, which it gives once something holds."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            while not once():
                time.sleep(0.02)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent() -> Iterator[int]:
    """A port that accepts and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@contextmanager
def dripping() -> Iterator[int]:
    """A server whose answer never ends: a byte at a time, so that no read ever times out."""
    listener = socket.create_server(("127.0.0.1", 0))
    ends = threading.Event()

    def serve() -> None:
        while not ends.is_set():
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ends.is_set():
                    connection.sendall(b"x")
                    time.sleep(0.1)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        ends.set()
        listener.close()


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
