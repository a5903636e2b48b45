"""One HTTP request of any method through a front door, and its answer. Never raises for what the network does."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.errors import ConfigError
from failback.http import connection_to, read_body

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from failback.http import Door

_AGENT = "rollback-runner"


@dataclass(frozen=True)
class Request:
    """What is sent. ``path`` carries the query; ``body`` is sent as it is."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` 0 means that no answer came; ``error`` says why. ``seconds`` is the whole of it."""

    status: int
    seconds: float
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    error: str = ""

    def header(self, name: str) -> str:
        """Return a header's value, "" when it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError."""
        return json.loads(self.text)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies it sets, names and values only."""
        pairs = (value.partition(";")[0].partition("=") for key, value in self.headers if key.lower() == "set-cookie")
        return {name.strip(): value.strip() for name, _, value in pairs}


def send(door: Door, request: Request, *, timeout: float, sock: socket.socket | None = None) -> Answer:
    """Send one request, nothing followed, nothing cached; ``sock`` is a stream that leads to the door already.

    Raises:
        ConfigError: the door's CA file cannot be used.

    """
    begun = time.monotonic()
    try:
        connection = connection_to(door, timeout)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{door.name}: cannot use the CA file {door.ca_file}: {error}") from error
    if sock is not None:
        connection.sock = sock
    headers = {"User-Agent": _AGENT, "Accept": "*/*", "Cache-Control": "no-cache", "Connection": "close"}
    if door.host_header:
        headers["Host"] = door.host_header
    headers.update(request.headers)
    try:
        path = f"{urlsplit(door.url).path}{request.path}"
        connection.request(request.method, path, request.body, headers)
        answer = connection.getresponse()
        text = read_body(connection, answer, begun + timeout)
        return Answer(answer.status, _since(begun), text, tuple(answer.getheaders()))
    except TimeoutError:
        return Answer(0, _since(begun), error=f"no answer within {timeout:g} s")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, _since(begun), error=str(error) or type(error).__name__)
    finally:
        connection.close()


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 4)
