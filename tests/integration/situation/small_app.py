"""An application for the tests: answers, logs what it could not answer, and is told by a file what to do."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MOOD = Path("/etc/app/mood")  # "well", or the status that every answer under /api has


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        mood = MOOD.read_text().strip()
        status = int(mood) if mood.isdigit() and self.path.startswith("/api") else 200
        body = json.dumps({"server_uuid": "22222222-2222-4222-8222-222222222222"}).encode()
        if status >= 500:
            sys.stderr.write(f"GET {self.path} {status} password=hunter2-of-the-app\n")
            sys.stderr.flush()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


ThreadingHTTPServer.request_queue_size = 64
ThreadingHTTPServer(("", 8080), Handler).serve_forever()
