"""One HTTP client with a keep-alive connection, that orders through a front door and reads its order back."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lab.shop.outcome import Outcome
from lab.traffic.pace import Pace

if TYPE_CHECKING:
    import threading

    from lab.traffic.config import HttpPlan
    from lab.traffic.ledger import Ledger

READ_EVERY = 5
RETRY_SECONDS = 0.2
CREATED, SERVICE_UNAVAILABLE = 201, 503
# One connection is used for at most so many requests, as browsers do: DNS is asked again at the next.
REQUESTS_A_CONNECTION = 500


@dataclass(frozen=True)
class Reply:
    """What came back: a status and a body, or the error and whether the request can have been received."""

    status: int = 0
    body: dict[str, Any] | None = None
    error: str = ""
    maybe_received: bool = False


class HttpClient:
    """A loop of orders, with a read after every few."""

    def __init__(self, plan: HttpPlan, url: str, ledger: Ledger, stop: threading.Event) -> None:
        self._plan = plan
        self._netloc = urlsplit(url).netloc
        self._ledger = ledger
        self._stop = stop
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0

    def run(self) -> None:
        """Order at the set rate until the stop."""
        pace = Pace(1 / self._plan.rate, self._stop)
        done = 0
        while pace.wait():
            token = self._order(pace)
            done += 1
            if token and done % READ_EVERY == 0:
                self._read_back(token)
        self._close()

    def _order(self, pace: Pace) -> str:
        """Place one order. Returns its token when it was acknowledged, otherwise nothing."""
        attempt = self._ledger.intend()
        body = {"token": attempt.token, "client": self._ledger.client, "note": "주문"}
        reply = self._request("POST", "/api/orders", json.dumps(body, ensure_ascii=False).encode())
        outcome = judge(reply)
        details: dict[str, Any] = {"status": reply.status}
        if reply.error:
            details["message"] = reply.error[:200]
        if outcome is Outcome.ACKNOWLEDGED:
            details["server_uuid"] = (reply.body or {}).get("server_uuid", "")
        elif reply.body and "error" in reply.body:
            details["code"] = reply.body["error"].get("code", 0)
            details["message"] = str(reply.body["error"].get("message", ""))[:200]
        self._ledger.settle(attempt, outcome, **details)
        if not reply.status:
            pace.rest(RETRY_SECONDS)
        return attempt.token if outcome is Outcome.ACKNOWLEDGED else ""

    def _read_back(self, token: str) -> None:
        started = time.monotonic_ns()
        reply = self._request("GET", f"/api/orders/{token}", None)
        if reply.maybe_received:
            # A read may be asked twice.
            reply = self._request("GET", f"/api/orders/{token}", None)
        seconds = round((time.monotonic_ns() - started) / 1e9, 6)
        self._ledger.note("read", token=token, status=reply.status, seconds=seconds, message=reply.error[:200])

    def _request(self, method: str, path: str, body: bytes | None) -> Reply:
        try:
            connection = self._ready_connection()
        except OSError as error:
            self._close()
            return Reply(error=f"connect: {error}")
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._plan.host_header:
            headers["Host"] = self._plan.host_header
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._close()
            return Reply(error=f"{type(error).__name__}: {error}", maybe_received=True)
        self._used += 1
        if response.will_close:
            self._close()
        return Reply(status=response.status, body=_object(content))

    def _ready_connection(self) -> http.client.HTTPConnection:
        """Return a connection to use now; one that the server closed while it was idle is opened anew first.

        Raises OSError when none can be opened: then nothing of the request was sent.
        """
        connection = self._connection
        if connection is not None and (self._used >= REQUESTS_A_CONNECTION or _closed_by_server(connection)):
            self._close()
            connection = None
        if connection is None:
            connection = http.client.HTTPConnection(self._netloc, timeout=self._plan.timeout)
            connection.connect()
            self._connection, self._used = connection, 0
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()


def judge(reply: Reply) -> Outcome:
    """Say what became of a POST. Pure.

    The application says itself whether a failure left anything behind. A load balancer's own 503 means that it had
    no server to send the request to; its 502 and 504 come after it had sent it on.
    """
    if reply.status == CREATED:
        return Outcome.ACKNOWLEDGED
    if reply.body is not None and reply.body.get("outcome") in set(Outcome):
        said = Outcome(reply.body["outcome"])
        return said if said is not Outcome.ACKNOWLEDGED else Outcome.UNKNOWN
    if reply.status == SERVICE_UNAVAILABLE or (reply.status and reply.status < http.client.INTERNAL_SERVER_ERROR):
        return Outcome.REFUSED
    if not reply.status and not reply.maybe_received:
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def _closed_by_server(connection: http.client.HTTPConnection) -> bool:
    """Tell whether an idle connection has something to read: between two answers that can only be its end."""
    if connection.sock is None:
        return True
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


def _object(content: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError):
        body = json.loads(content)
        if isinstance(body, dict):
            return body
    return None
