"""The shop's questions to the database: each public function is one request's work, retried while that is safe."""

from __future__ import annotations

import random
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import pymysql

from lab.shop.outcome import Outcome, code_of, lost_connection, outcome_of, worth_a_retry
from lab.shop.pool import Pool, PoolBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymysql.cursors import Cursor

ATTEMPTS = 4
PAUSE_SECONDS = 0.05
Result = TypeVar("Result")


class StoreError(Exception):
    """A request could not be served. `outcome` says whether anything can have been committed."""

    def __init__(self, outcome: Outcome, code: int, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code


@dataclass(frozen=True)
class Order:
    """What a client ordered. Products are drawn at random where it names none."""

    token: str
    client: str
    note: str
    lines: int = 2


class Store:
    """Work against whichever pool is current; `swap` changes it between two requests."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._bounds: tuple[Pool, int, int] | None = None

    @property
    def pool(self) -> Pool:
        """Return the pool in use."""
        return self._pool

    def swap(self, pool: Pool) -> None:
        """Use another pool from the next request on; requests that run keep the session they have."""
        with self._lock:
            before, self._pool = self._pool, pool
        before.retire()

    def whoami(self) -> dict[str, Any]:
        """Say which server answers, and whether it takes writes."""
        rows, _ = self._read("SELECT @@server_uuid, @@hostname, @@global.read_only OR @@global.super_read_only", ())
        server_uuid, hostname, read_only = rows[0]
        return {"server_uuid": server_uuid, "hostname": hostname, "read_only": bool(read_only)}

    def products(self, category: int, limit: int) -> list[dict[str, Any]]:
        """List products of one category, cheapest first."""
        rows, _ = self._read(
            "SELECT id, sku, name, price_with_tax FROM shop.products WHERE category_id = %s ORDER BY price LIMIT %s",
            (category, limit),
        )
        return [{"id": row[0], "sku": row[1], "name": row[2], "price": str(row[3])} for row in rows]

    def orders(self, token: str) -> list[dict[str, Any]]:
        """List the orders that carry a token: one, unless something was written twice."""
        rows, server_uuid = self._read(
            "SELECT o.id, o.number, o.status, o.total, count(i.line) FROM shop.orders AS o "
            "LEFT JOIN shop.order_items AS i ON i.order_id = o.id WHERE o.token = %s GROUP BY o.id",
            (token,),
        )
        keys = ("id", "number", "status", "total", "lines")
        return [
            dict(zip(keys, (*row[:3], str(row[3]), row[4]), strict=True)) | {"server_uuid": server_uuid} for row in rows
        ]

    def markers(self, token: str) -> list[dict[str, Any]]:
        """List the marker rows that carry a token."""
        rows, server_uuid = self._read("SELECT id, created_at FROM shop.markers WHERE token = %s", (token,))
        return [{"id": row[0], "created_at": row[1].isoformat(), "server_uuid": server_uuid} for row in rows]

    def credentials(self, email: str) -> tuple[int, bytes] | None:
        """Return a customer's number and password digest; None for an address that nobody has."""
        rows, _ = self._read("SELECT id, password_digest FROM shop.customers WHERE email = %s", (email,))
        return (int(rows[0][0]), bytes(rows[0][1])) if rows else None

    def customer(self, number: int) -> dict[str, Any] | None:
        """Return what a customer may see of themselves."""
        rows, server_uuid = self._read(
            "SELECT id, email, name, grade, points FROM shop.customers WHERE id = %s", (number,)
        )
        if not rows:
            return None
        keys = ("id", "email", "name", "grade", "points")
        return dict(zip(keys, (*rows[0][:4], str(rows[0][4])), strict=True)) | {"server_uuid": server_uuid}

    def remove_markers(self, token: str) -> tuple[int, str]:
        """Delete the marker rows that carry a token. Returns how many there were, and the server that committed it."""

        def work(cursor: Cursor) -> int:
            return int(cursor.execute("DELETE FROM shop.markers WHERE token = %s", (token,)))

        return self._write(work)

    def add_marker(self, token: str) -> tuple[int, str]:
        """Write one marker. Returns its id and the server that committed it."""

        def work(cursor: Cursor) -> int:
            cursor.execute("INSERT INTO shop.markers (token) VALUES (%s)", (token,))
            return int(cursor.lastrowid)

        return self._write(work)

    def place_order(self, order: Order) -> tuple[int, str]:
        """Write one order in one transaction: order, lines, stock and the ledger row.

        Returns the order's id and the uuid of the server that committed it. Raises StoreError.
        """
        customers, products = self._known_bounds()

        def work(cursor: Cursor) -> int:
            # In the order of their ids, so that two orders never wait for each other's stock.
            wanted = sorted(random.sample(range(1, products + 1), k=min(order.lines, products)))
            marks = ", ".join(["%s"] * len(wanted))
            cursor.execute(f"SELECT id, price FROM shop.products WHERE id IN ({marks}) ORDER BY id", wanted)
            found: list[tuple[int, Decimal]] = list(cursor.fetchall())
            cursor.execute(
                "INSERT INTO shop.orders (number, token, customer_id, status, total, memo, placed_at) "
                "VALUES (%s, %s, %s, 'placed', %s, %s, %s)",
                (
                    *(f"W{uuid.uuid4().hex[:15].upper()}", order.token, random.randint(1, customers)),
                    *(sum((price for _, price in found), Decimal(0)), order.note or None),
                    datetime.now(UTC).replace(tzinfo=None),
                ),
            )
            order_id = int(cursor.lastrowid)
            cursor.executemany(
                "INSERT INTO shop.order_items (order_id, line, product_id, quantity, unit_price) "
                "VALUES (%s, %s, %s, 1, %s)",
                [(order_id, line, product, price) for line, (product, price) in enumerate(found, start=1)],
            )
            cursor.execute(
                f"UPDATE shop.stock SET quantity = quantity - 1 WHERE warehouse_id = 1 AND product_id IN ({marks})",
                wanted,
            )
            cursor.execute(
                "INSERT INTO shop.write_ledger (token, client, note) VALUES (%s, %s, %s)",
                (order.token, order.client, order.note),
            )
            return order_id

        return self._write(work)

    def _known_bounds(self) -> tuple[int, int]:
        """Return the number of customers and products to draw from, read once a pool."""
        known = self._bounds
        if known is None or known[0] is not self._pool:
            pool = self._pool
            rows, _ = self._read("SELECT (SELECT max(id) FROM shop.customers), (SELECT max(id) FROM shop.products)", ())
            # Half of them: the first half is the generated data, which has no holes.
            known = (pool, max(1, rows[0][0] // 2), max(1, rows[0][1] // 2))
            self._bounds = known
        return known[1], known[2]

    def _read(self, query: str, values: tuple[Any, ...]) -> tuple[list[Any], str]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._pool.session() as session, session.connection.cursor() as cursor:
                    cursor.execute(query, values)
                    return list(cursor.fetchall()), session.server_uuid
            except (pymysql.MySQLError, OSError) as error:
                if attempt == ATTEMPTS or not lost_connection(error):
                    raise StoreError(Outcome.REFUSED, code_of(error), str(error)) from error
            except PoolBusyError as error:
                raise StoreError(Outcome.REFUSED, 0, str(error)) from error
            time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError

    def _write(self, work: Callable[[Cursor], Result]) -> tuple[Result, str]:
        for attempt in range(1, ATTEMPTS + 1):
            commit_sent = False
            try:
                with self._pool.session() as session:
                    session.connection.begin()
                    with session.connection.cursor() as cursor:
                        result = work(cursor)
                    commit_sent = True
                    session.connection.commit()
                    return result, session.server_uuid
            except (pymysql.MySQLError, OSError) as error:
                outcome = outcome_of(error, commit_sent=commit_sent)
                again = worth_a_retry(error) or (lost_connection(error) and not commit_sent)
                if outcome is Outcome.UNKNOWN or not again or attempt == ATTEMPTS:
                    raise StoreError(outcome, code_of(error), str(error)) from error
            except PoolBusyError as error:
                raise StoreError(Outcome.REFUSED, 0, str(error)) from error
            time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError
