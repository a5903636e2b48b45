"""The edge of the stand-in: production domains and deployments' own addresses, told apart by the Host of a request.

It forwards to the application where the deployment has one (``upstream``), and answers by itself where not.
"""

from __future__ import annotations

import hmac
import http.client
import json
import secrets
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from lab.vercel.state import World

BYPASS = "x-vercel-protection-bypass"
UPSTREAM_SECONDS = 30.0
MOST_BYTES = 1 << 24
_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host", "content-length", BYPASS}


class Edge(BaseHTTPRequestHandler):
    """One connection of a visitor."""

    protocol_version = "HTTP/1.1"
    timeout = 65
    wbufsize = 1 << 16  # as the API's: an answer leaves in one piece
    world: ClassVar[World]
    bypass: ClassVar[str] = ""

    def serve(self) -> None:
        """Answer one request, whatever its method."""
        host = (self.headers.get("Host") or "").partition(":")[0].lower()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MOST_BYTES)) if length else b""
        with self.world.lock:
            project = self.world.project
            one = self.world.find(host)
            protected = one is not None and bool(self.bypass)
            if one is None and host in project["domains"]:
                one = self.world.find(str(project["aliases"].get(host) or ""))
        if one is None:
            self._send(404, {"error": {"code": "DEPLOYMENT_NOT_FOUND", "message": "There is nothing at this host."}})
        elif protected and not hmac.compare_digest((self.headers.get(BYPASS) or "").encode(), self.bypass.encode()):
            self._send(401, {"error": {"code": "unauthorized", "message": "Authentication required"}})
        elif one["state"] != "READY":
            self._send(404, {"error": {"code": "DEPLOYMENT_NOT_READY", "message": "This deployment is not ready."}})
        elif one["upstream"]:
            self._forward(one["upstream"], host, body)
        else:
            own = {"build": one["build"]} if self.path.startswith("/__build") else {"ok": True, "build": one["build"]}
            self._send(200, own, {"x-build": one["build"]})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve  # noqa: N815 - names of the base

    def _forward(self, upstream: str, host: str, body: bytes) -> None:
        parts = urlsplit(upstream)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        kept |= {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-For": self.client_address[0]}
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=UPSTREAM_SECONDS)
        try:
            connection.request(self.command, parts.path.rstrip("/") + self.path, body or None, kept)
            answer = connection.getresponse()
            content = answer.read(MOST_BYTES)
            told = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            self._raw(answer.status, content, told)
        except (OSError, http.client.HTTPException) as error:
            text = f"The deployment does not answer: {type(error).__name__}"
            self._send(502, {"error": {"code": "FUNCTION_INVOCATION_FAILED", "message": text}})
        finally:
            connection.close()

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self._raw(status, json.dumps(content).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _raw(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"date", "server"}:
                self.send_header(name, value)
        self.send_header("x-vercel-id", f"icn1::{secrets.token_hex(6)}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: the journal of the lab is elsewhere."""
