"""The stand-in's HTTP side: the API with its faults, what the lab itself asks of it, and both of its servers."""

from __future__ import annotations

import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from lab.vercel import switch
from lab.vercel.answers import Answer, RefusalError
from lab.vercel.edge import Edge
from lab.vercel.faults import ANSWERS, seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.vercel.api import Api

OWN = "/_stand-in/"
KEPT_REQUESTS = 2000
MOST_BYTES = 1 << 22


@dataclass
class Desk:
    """What the lab asks of the stand-in, beside the API that it plays."""

    api: Api
    requests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, given: dict[str, Any]) -> Answer:
        """Answer a request of the lab. Raises ValueError or KeyError for one that makes no sense."""
        world = self.api.world
        asked = (method, path.removeprefix(OWN))
        if asked == ("GET", "state"):
            world.settle()
            return Answer(200, world.data)
        if asked == ("GET", "requests"):
            return Answer(200, self.requests)
        if asked == ("POST", "push"):
            return Answer(200, world.push(given))
        acts: dict[tuple[str, str], Callable[[], None]] = {
            ("POST", "faults"): lambda: self._fault(given),
            ("POST", "state"): lambda: world.take(given),
            ("POST", "promote"): lambda: switch.by_another(world, str(given["id"])),
            ("POST", "delete"): lambda: world.delete(str(given["id"])),
            ("POST", "rolling"): lambda: world.roll("" if given.get("end") else str(given["id"])),
        }
        if asked not in acts:
            return Answer(404, {"error": "there is no such thing"})
        acts[asked]()
        world.save()
        return Answer(200, {"taken": True})

    def _fault(self, given: dict[str, Any]) -> None:
        """Set a fault. Two of them are states of the project and not of an answer."""
        world = self.api.world
        if given.get("name") == "hobby":
            world.data["plan"] = "hobby"
        elif given.get("name") == "rolling":
            world.roll(str(given.get("id") or world.newest()[0]["id"]))
        else:
            self.api.faults.set(given)


class Handler(BaseHTTPRequestHandler):
    """One request to the API or of the lab."""

    wbufsize = 1 << 16  # an answer leaves in one piece, not as headers and a body that waits for their acknowledgement
    desk: ClassVar[Desk]

    def serve(self) -> None:
        """Answer one request, with what is to go wrong this time."""
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))
        if parts.path.startswith(OWN):
            self._own(parts.path, body)
            return
        kept = {"method": self.command, "path": parts.path, "query": query, "body": body.decode(errors="replace")}
        self.desk.requests.append(kept | {"at": time.time()})
        del self.desk.requests[:-KEPT_REQUESTS]
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
        fault = self.desk.api.faults.meet(ANSWERS, self.command, parts.path) or {"name": ""}
        if fault["name"] == "slow":
            time.sleep(seconds(fault, 30.0))
        elif fault["name"] == "dropped":
            if fault.get("kept"):
                self.desk.api.answer(self.command, parts.path, query, token, body)
            self.close_connection = True
            self.connection.close()
            return
        elif fault["name"]:
            self._send(_wrong(fault, parts.path))
            return
        self._send(self.desk.api.answer(self.command, parts.path, query, token, body))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve  # noqa: N815 - names of the base class

    def _own(self, path: str, body: bytes) -> None:
        try:
            given = json.loads(body or b"{}")
            with self.desk.api.world.lock:
                self._send(self.desk.answer(self.command, path, given if isinstance(given, dict) else {}))
        except (ValueError, KeyError, IndexError) as error:
            self._send(Answer(400, {"error": str(error)}))

    def _send(self, answer: Answer) -> None:
        html = isinstance(answer.content, str)
        content = (
            b"" if answer.content is None else answer.content.encode() if html else json.dumps(answer.content).encode()
        )
        self.send_response(answer.status)
        if content:
            # An empty body that calls itself JSON makes Vercel's own command ask again.
            self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: `/_stand-in/requests` has it all."""


def _wrong(fault: dict[str, Any], path: str) -> Answer:
    """Return the answer of a fault that has one."""
    if fault["name"] == "rate_limited":
        after = int(seconds(fault, 1.0))
        reset = int(time.time()) + after
        limit = {"remaining": 0, "reset": reset, "resetMs": reset * 1000, "total": 500}
        refused = RefusalError(429, "rate_limited", "Rate limit exceeded", limit=limit).answer
        return Answer(429, refused.content, {"Retry-After": str(after)})
    if fault["name"] == "server_error":
        return RefusalError(int(fault.get("status", 500)), "internal_server_error", "An unexpected error").answer
    if fault["name"] == "maintenance":
        return Answer(503, "<html><h1>Service Unavailable</h1></html>")
    if fault["name"] == "token_expired":
        # The document gives no 401 for a single deployment.
        status = 403 if path.startswith("/v13/") else 401
        return RefusalError(status, "forbidden", "Not authorized", invalidToken=True).answer
    return RefusalError(403, "forbidden", "You don't have permission to access this resource.").answer


@dataclass
class StandIn:
    """The servers of one stand-in. Ports of 0 mean any free one; the TLS ones stand only with a certificate."""

    api: Api
    listen: str = "127.0.0.1"
    api_port: int = 0
    edge_port: int = 0
    edge_tls_port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    bypass: str = ""
    servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def start(self) -> dict[str, str]:
        """Listen, each server in its own thread, and return where."""
        desk = type("OneDesk", (Handler,), {"desk": Desk(self.api)})
        edge = type("OneEdge", (Edge,), {"world": self.api.world, "bypass": self.bypass})
        secure = self.certificate is not None
        return {
            "api": self._listen(desk, self.api_port, secure=secure),
            "edge": self._listen(edge, self.edge_port, secure=False),
            "edge_tls": self._listen(edge, self.edge_tls_port, secure=True) if secure else "",
        }

    def stop(self) -> None:
        """Stop listening."""
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def _listen(self, handler: type[BaseHTTPRequestHandler], port: int, *, secure: bool) -> str:
        server = ThreadingHTTPServer((self.listen, port), handler)
        server.daemon_threads = True
        if secure and self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key)
            # The handshake belongs to the connection's own thread: a visitor who says nothing must not keep others out.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"{'https' if secure else 'http'}://{self.listen}:{server.server_address[1]}"
