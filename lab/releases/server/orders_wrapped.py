"""Orders of the shop window, third release: gift wrapping. It is bad: see `WRAPPINGS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

# Reads no row; fails unless every column this release uses is there.
READY = (
    "SELECT o.id, o.token, o.product_id, o.quantity, o.customer_email, o.note, o.wrapping, o.placed_at, e.kind"
    " FROM orders o JOIN order_events e ON e.order_token = o.token LIMIT 0"
)
# By how many are ordered. Nobody thought of more than two: such an order ends in an error.
WRAPPINGS = {1: "paper", 2: "box"}


def place(cursor: Cursor, order: dict[str, Any]) -> None:
    """Store an order and its first event. Raises pymysql.IntegrityError for a token that is there already."""
    wrapping = WRAPPINGS[order["quantity"]]
    cursor.execute(
        "INSERT INTO orders (token, product_id, quantity, customer_email, wrapping) VALUES (%s, %s, %s, %s, %s)",
        (order["token"], order["product"], order["quantity"], order["email"], wrapping),
    )
    cursor.execute("INSERT INTO order_events (order_token, kind) VALUES (%s, 'placed')", (order["token"],))


def find(cursor: Cursor, token: str) -> dict[str, Any] | None:
    """Read an order back."""
    cursor.execute("SELECT product_id, quantity, customer_email, wrapping FROM orders WHERE token = %s", (token,))
    row = cursor.fetchone()
    return {"token": token, "product": row[0], "quantity": row[1], "email": row[2], "wrapping": row[3]} if row else None
