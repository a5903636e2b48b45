"""One customer: orders and reads in turn, over a connection that is kept while it works."""

from __future__ import annotations

import http.client
import json
import random
import ssl
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.releases.traffic.ledger import Entry
from lab.traffic.pace import Pace

if TYPE_CHECKING:
    import threading

    from lab.releases.traffic.ledger import Ledger

PRODUCTS = 8
# How many of a thing a customer orders, by weight: one in five orders meets the third release's fault.
QUANTITIES = ((1, 5), (2, 3), (3, 2))


@dataclass(frozen=True)
class Door:
    """A front door: `address:port` is where it is, `host` the domain that it is asked for."""

    address: str
    port: int
    host: str
    ca_file: str
    timeout: float = 60.0


class Client:
    """Keeps asking until it is told to stop."""

    def __init__(self, door: Door, ledger: Ledger, rate: float, *, orders: bool) -> None:
        self._door, self._ledger, self._rate, self._orders = door, ledger, rate, orders
        self._context = ssl.create_default_context(cafile=door.ca_file)
        self._connection: http.client.HTTPSConnection | None = None
        self._last = ""

    def run(self, stop: threading.Event) -> None:
        """Ask so many times a second until the stop."""
        pace = Pace(1 / self._rate, stop)
        number = 0
        while pace.wait():
            number += 1
            self._ledger.write(self._order() if self._orders and number % 2 else self._read())
        self._close()
        self._ledger.close()

    def _order(self) -> Entry:
        token = str(uuid.uuid4())
        quantity = random.choices([one for one, _ in QUANTITIES], [weight for _, weight in QUANTITIES])[0]
        product = random.randint(1, PRODUCTS)
        email = f"{token[:8]}@example.org"
        body = {"token": token, "product": product, "quantity": quantity, "email": email, "channel": "app"}
        began = time.time()
        status, build, error = self._ask("POST", "/api/orders", json.dumps(body).encode())
        ended = time.time()
        entry = Entry(self._door.host, "order", began, ended, status, build, error, token, product, quantity, email)
        if entry.acknowledged:
            self._last = token
        return entry

    def _read(self) -> Entry:
        path = f"/api/orders/{self._last}" if self._last and random.random() < 0.5 else "/api/products"  # noqa: PLR2004
        began = time.time()
        status, build, error = self._ask("GET", path if self._orders else "/api/products", None)
        return Entry(self._door.host, "read", began, time.time(), status, build, error)

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, str, str]:
        """Ask once; a reused connection that turns out closed is replaced once, as browsers do, where that is safe."""
        reused = self._connection is not None
        try:
            return self._once(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self._close()
            closed = isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError))
            if not (reused and closed and method == "GET"):
                return 0, "", f"{type(error).__name__}: {error}"
        try:
            return self._once(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self._close()
            return 0, "", f"{type(error).__name__}: {error}"

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, str, str]:
        if self._connection is None:
            door = self._door
            self._connection = http.client.HTTPSConnection(
                door.address, door.port, timeout=door.timeout, context=self._context
            )
        self._connection.request(method, path, body, {"Host": self._door.host, "Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.will_close:
            self._close()
        said = text[:200].decode(errors="replace") if answer.status >= 400 else ""  # noqa: PLR2004 - where errors begin
        return answer.status, answer.headers.get("X-Build", ""), said

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
