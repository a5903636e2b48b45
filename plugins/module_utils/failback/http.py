"""A small HTTP client for the front doors: one request, one deadline, nothing followed, nothing cached.

It connects to the address in the URL and sends the Host that a browser would send, so that each door is asked itself.
A redirect is not followed: an answer from elsewhere says nothing about this door. ``time`` values are seconds.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 1 << 20  # bytes read of one answer
_CHUNK = 65536
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Door:
    """One way in from outside. ``ca_file`` verifies its certificate; "" means the system's own authorities."""

    name: str
    url: str
    host_header: str = ""
    ca_file: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Door:
        """Build from one entry of ``service_front_doors``.

        Raises:
            ConfigError: the URL is missing or of another kind than http and https.

        """
        url = str(data.get("url") or "").rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ConfigError(f"service_front_doors: {url or 'an entry without url'} is no http or https URL")
        name = str(data.get("name") or parts.netloc)
        return cls(name, url, str(data.get("host_header") or ""), str(data.get("ca_file") or ""))


@dataclass(frozen=True)
class Reply:
    """What came back. ``status`` 0 means that no answer came; ``error`` says why."""

    path: str
    status: int
    seconds: float
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    error: str = ""

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object, {} when it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def from_cache(self) -> str:
        """Say which header shows that somebody answered from memory; "" when none does."""
        if self.headers.get("age", "0").strip() not in {"", "0"}:
            return f"Age: {self.headers['age']}"
        for name in ("x-cache", "x-cache-status", "cf-cache-status", "x-proxy-cache", "x-varnish-cache"):
            if "hit" in self.headers.get(name, "").lower():
                return f"{name}: {self.headers[name]}"
        return ""

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        kept: dict[str, object] = {"path": self.path, "status": self.status, "seconds": self.seconds}
        return kept | ({"error": self.error} if self.error else {})


def ask(  # noqa: PLR0913 - a request has these parts; all but two have a default
    door: Door,
    path: str,
    *,
    timeout: float,
    body: Mapping[str, object] | None = None,
    unique: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send one request through a door: GET, or POST when there is a body. Never raises for what the network does.

    ``unique`` adds a parameter that nobody ever sent, so that no cache can have the answer. ``headers`` go on top.
    """
    begun = time.monotonic()
    parts = urlsplit(door.url)
    full = f"{parts.path}{path}"
    if unique:
        full += f"{'&' if '?' in path else '?'}rr={uuid.uuid4()}"
    try:
        connection = connection_to(door, timeout)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{door.name}: cannot use the CA file {door.ca_file}: {error}") from error
    try:
        content = None if body is None else json.dumps(dict(body)).encode()
        connection.request(
            "GET" if body is None else "POST", full, content, _headers(door, body is not None) | dict(headers or {})
        )
        answer = connection.getresponse()
        text = read_body(connection, answer, begun + timeout)
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(path, answer.status, _since(begun), text, told)
    except TimeoutError:
        return Reply(path, 0, _since(begun), error=f"no answer within {timeout:g} s")
    except (OSError, http.client.HTTPException) as error:
        return Reply(path, 0, _since(begun), error=str(error) or type(error).__name__)
    finally:
        connection.close()


def connection_to(door: Door, timeout: float, *, proxy: tuple[str, int] | None = None) -> http.client.HTTPConnection:
    """Prepare a connection to a door's own address. Raises OSError or ssl.SSLError for a CA file of no use.

    ``proxy`` is for a service outside the site: https goes through it, encrypted from end to end (CONNECT).
    """
    parts = urlsplit(door.url)
    host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    authority = str(Path(door.ca_file).expanduser()) if door.ca_file else None
    context = ssl.create_default_context(cafile=authority)
    name = door.host_header or host
    if proxy is None:
        return _NamedHTTPS(host, port, timeout=timeout, context=context, name=name)
    through = _NamedHTTPS(*proxy, timeout=timeout, context=context, name=name)
    through.set_tunnel(host, port)
    return through


class _NamedHTTPS(http.client.HTTPSConnection):
    """Connects to an address and asks for, and verifies, the name that the door serves."""

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext, name: str) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._own_context = context
        self._name = name.partition(":")[0]

    def connect(self) -> None:
        """Connect, then greet with the name instead of the address."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._own_context.wrap_socket(self.sock, server_hostname=self._name)


def _headers(door: Door, has_body: bool) -> dict[str, str]:  # noqa: FBT001 - one caller, in this file
    headers = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache", "User-Agent": "rollback-runner"}
    headers |= {"Accept": "application/json", "Connection": "close"}
    if door.host_header:
        headers["Host"] = door.host_header
    if has_body:
        headers["Content-Type"] = "application/json"
    return headers


def read_body(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float) -> str:
    """Read the body with one deadline for the whole, however slowly it trickles."""
    parts: list[bytes] = []
    size = 0
    while size < _MOST:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        part = answer.read1(_CHUNK)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts).decode("utf-8", errors="replace")


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 4)
