"""What every request passes before anything looks at it, and what every answer carries.

A page of ours loads nothing from elsewhere, runs no script that is not a file of ours, and cannot be framed. Requests
that name another host are refused (a foreign name that points here would share our origin), as are large bodies and
anything but GET, HEAD and POST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 1024  # of a body: a note, not a file
_METHODS = frozenset({"GET", "HEAD", "POST"})
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class TooLargeError(Exception):
    """A body went past its limit while it was read."""


class Guard:
    """The outermost layer. ``names`` are the hosts this server answers for, without ports."""

    def __init__(self, app: ASGIApp, *, names: frozenset[str], tls: bool = False) -> None:
        self._app = app
        self._names = names
        self._headers = dict(_HEADERS)
        if tls:
            self._headers["strict-transport-security"] = "max-age=86400"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        carried = self._carrying(send)
        if refused is not None:
            await refused(scope, receive, carried)
            return
        await self._app(scope, _limited(receive), carried)

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if scope["method"] not in _METHODS:
            return PlainTextResponse("This method is not known here.\n", 405)
        if host_of(headers.get("host", "")) not in self._names:
            return PlainTextResponse("This server does not answer for that host.\n", 421)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return PlainTextResponse(f"At most {MOST_BYTES} bytes are taken.\n", 413)
        return None

    def _carrying(self, send: Send) -> Send:
        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return carrying


def host_of(value: str) -> str:
    """Take the name out of a Host header or an origin's authority, lower case, without port and brackets."""
    name = value.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0] if name.count(":") <= 1 else name


def _limited(receive: Receive) -> Receive:
    """Count what arrives: a body without an honest length must not grow either."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise TooLargeError
        return message

    return limited
