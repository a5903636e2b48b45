"""A front door of its own that a test can make slow or wrong."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Delay:
    """What the door does from now on."""

    seconds: float
    status: int = 200


@contextmanager
def slow_front(seconds: float) -> Iterator[tuple[dict[str, str], Delay]]:
    """Serve; each answer takes as long as ``Delay`` says at that moment."""
    delay = Delay(seconds)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay.seconds)
            self.send_response(delay.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield {"name": "slow", "url": f"http://127.0.0.1:{server.server_address[1]}"}, delay
    finally:
        server.shutdown()
        server.server_close()
