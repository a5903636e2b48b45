"""The stand-in's HTTP side: who asks, what is asked, and the answer as JSON, over TLS where it has a certificate."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from lab.awx import api as paths
from lab.awx.answers import Answer, RefusalError
from lab.awx.api import Api

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from lab.awx.world import Object

_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass
class Stand:
    """A stand-in that answers on an address of this machine, as a context. `requests` holds what was asked of it.

    `certificate` and `key` are PEM files for TLS. `fail_after` breaks the connection of every change from that many
    changes on, as a power cut would.
    """

    certificate: Path | None = None
    key: Path | None = None
    address: tuple[str, int] = ("127.0.0.1", 0)
    api: Api = field(default_factory=Api)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: dict[str, Object] = field(default_factory=dict)
    fail_after: int | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"stand": self})
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(self.address, handler)
        self._server.daemon_threads = True
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return where it answers."""
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://{self.address[0]}:{self._server.server_address[1]}"

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Return the requests that change something."""
        return [one for one in self.requests if one[0] in _CHANGES]

    def token(self, name: str) -> str:
        """Make a token for a person, who is made too if need be."""
        users = self.api.world.of("users").values()
        user = next((one for one in users if one["username"] == name), None)
        made = secrets.token_hex(15)
        self.tokens[made] = user or self.api.world.add("users", {"username": name})
        return made

    def take(self, method: str, target: str, header: str, body: bytes) -> Answer | None:
        """Answer one request; None breaks the connection."""
        with self._lock:
            parts = urlsplit(target)
            self.requests.append((method, target))
            if method in _CHANGES and self.fail_after is not None and len(self.changes) > self.fail_after:
                return None
            try:
                user = self._user(header)
                given = json.loads(body) if body else {}
                if (method, parts.path) == ("POST", "/api/v2/tokens/"):
                    made = self.token(user["username"])
                    return Answer(201, {"id": len(self.tokens), "token": made})
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                return self.api.answer(user, method, paths.split(parts.path), query, given)
            except RefusalError as refusal:
                return refusal.answer
            except json.JSONDecodeError:
                return Answer(400, {"detail": "JSON parse error"})

    def _user(self, header: str) -> Object:
        kind, _, value = header.partition(" ")
        if kind == "Bearer" and value in self.tokens:
            return self.tokens[value]
        if kind == "Basic":
            name = base64.b64decode(value).decode().partition(":")[0]
            for user in self.api.world.of("users").values():
                if user["username"] == name and user.get("password"):
                    return user
        raise RefusalError(401, {"detail": "Authentication credentials were not provided."})


class _Handler(BaseHTTPRequestHandler):
    stand: Stand
    wbufsize = 1 << 16

    def serve(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.stand.take(self.command, self.path, self.headers.get("Authorization") or "", body)
        if answer is None:
            self.close_connection = True
            return
        text = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve  # noqa: N815 - the names http.server looks for

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet: `requests` holds what was asked."""
