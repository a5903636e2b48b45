"""The HTTP side of the shop: paths, bodies and status codes. What they mean is in `store`."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from lab.shop import login
from lab.shop.outcome import Outcome
from lab.shop.store import Order, Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BODY_BYTES = 65_536
TOKEN_LENGTH = 36
OPENAPI = Path(__file__).with_name("openapi.json")
Answer = tuple[int, dict[str, Any]]


class BadRequestError(Exception):
    """The request cannot be understood; the message says why."""


class UnauthorisedError(Exception):
    """Nobody is logged in, or the credentials are wrong. The message does not say which of them."""


class InFlight:
    """How many requests are being answered now, so that a stop can wait for them."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_for_none(self, seconds: float) -> bool:
        """Wait until nothing is in flight, at most so long. Returns whether that came true."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout=seconds)


class Handler(BaseHTTPRequestHandler):
    """One keep-alive connection. `store` and `in_flight` are set by `app` before the first one."""

    protocol_version = "HTTP/1.1"
    server_version = "shop"
    sys_version = ""
    # Head and body leave together: otherwise each answer waits for the client's delayed acknowledgement.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    # Longer than any load balancer keeps an idle connection, so that it is never us who close first.
    timeout = 600
    store: ClassVar[Store]
    in_flight: ClassVar[InFlight] = InFlight()

    def do_GET(self) -> None:
        """Answer a read."""
        self._serve(self._get)

    def do_POST(self) -> None:
        """Answer a write."""
        self._serve(self._post)

    def do_DELETE(self) -> None:
        """Answer a removal."""
        self._serve(self._delete)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep quiet: only what could not be answered is logged, by `_complain`."""

    def _complain(self, status: int, error: StoreError) -> None:
        """Log a request that the database did not let us answer, as applications do."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        sys.stderr.write(f"{now} {self.command} {urlsplit(self.path).path} {status} {error.code} {error}\n")
        sys.stderr.flush()

    def _serve(self, answer: Callable[[], Answer]) -> None:
        with self.in_flight:
            try:
                status, body = answer()
            except BadRequestError as error:
                status, body = 400, {"error": {"code": 0, "message": str(error)}, "outcome": Outcome.REFUSED}
            except UnauthorisedError as error:
                status, body = 401, {"error": {"code": 0, "message": str(error)}, "outcome": Outcome.REFUSED}
            except StoreError as error:
                status = 503
                body = {"error": {"code": error.code, "message": str(error)}, "outcome": error.outcome}
                self._complain(status, error)
            self._send(status, body)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _get(self) -> Answer:
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case ["healthz"]:
                answer: Answer = 200, {"status": "alive"}
            case ["readyz"]:
                who, database = self.store.whoami(), self.store.pool.database
                answer = 200, {"status": "ready", "database": f"{database.host}:{database.port}", **who}
            case ["api", "whoami"]:
                answer = 200, self.store.whoami()
            case ["openapi.json"]:
                answer = 200, json.loads(OPENAPI.read_text(encoding="utf-8"))
            case ["api", "me"]:
                answer = 200, self._me()
            case ["api", "products"]:
                query = parse_qs(url.query)
                found = self.store.products(_number(query, "category", 1, 1_000), _number(query, "limit", 10, 100))
                answer = 200, {"products": found}
            case ["api", "orders", token]:
                orders = self.store.orders(token)
                answer = (200 if orders else 404), {"token": token, "orders": orders}
            case ["api", "markers", token]:
                markers = self.store.markers(token)
                answer = (200 if markers else 404), {"token": token, "markers": markers}
            case _:
                answer = 404, {"error": {"code": 0, "message": f"no such path: {url.path}"}}
        return answer

    def _post(self) -> Answer:
        body = self._body()
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["api", "orders"]:
                token = _token(body)
                order = Order(token, str(body.get("client", ""))[:32], str(body.get("note", ""))[:200])
                number, server_uuid = self.store.place_order(order)
            case ["api", "markers"]:
                token = _token(body)
                number, server_uuid = self.store.add_marker(token)
            case ["api", "login"]:
                return 200, self._log_in(body)
            case _:
                return 404, {"error": {"code": 0, "message": f"no such path: {self.path}"}, "outcome": Outcome.REFUSED}
        return 201, {"id": number, "token": token, "server_uuid": server_uuid}

    def _delete(self) -> Answer:
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["api", "markers", token]:
                count, server_uuid = self.store.remove_markers(unquote(token))
                return (200 if count else 404), {"token": token, "deleted": count, "server_uuid": server_uuid}
            case _:
                return 404, {"error": {"code": 0, "message": f"no such path: {self.path}"}, "outcome": Outcome.REFUSED}

    def _log_in(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check the password and open a session."""
        email, password = body.get("email"), body.get("password")
        if not isinstance(email, str) or not isinstance(password, str):
            raise BadRequestError("email and password must be strings")
        found = self.store.credentials(email)
        if found is None or not login.matches(password, found[1]):
            raise UnauthorisedError("the address or the password is wrong")
        secret = self.store.pool.database.password()
        return {"customer": found[0], "token": login.issue(found[0], secret), "expires_in": login.LIFETIME}

    def _me(self) -> dict[str, Any]:
        """Return the customer whose session this is."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        number = login.customer_of(token, self.store.pool.database.password()) if kind == "Bearer" else None
        customer = None if number is None else self.store.customer(number)
        if customer is None:
            raise UnauthorisedError("log in first")
        return customer

    def _body(self) -> dict[str, Any]:
        """Read the request's JSON object. Always reads all of it, so that the connection can be used again."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise BadRequestError(f"a Content-Length of at most {MAX_BODY_BYTES} is needed")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise BadRequestError(f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise BadRequestError("the body must be a JSON object")
        return body


def _token(body: dict[str, Any]) -> str:
    token = body.get("token")
    if not isinstance(token, str) or len(token) != TOKEN_LENGTH or not token.isascii():
        raise BadRequestError(f"token must be a string of {TOKEN_LENGTH} characters")
    return token


def _number(query: dict[str, list[str]], key: str, default: int, most: int) -> int:
    value = query.get(key, [str(default)])[0]
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise BadRequestError(f"{key} must be a number from 1 to {most}")
    return int(value)
