"""Orders, second release: a note with the order, and what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

# Reads no row; fails unless every column this release uses is there.
READY = (
    "SELECT o.id, o.token, o.product_id, o.quantity, o.customer_email, o.note, o.placed_at, e.kind"
    " FROM orders o JOIN order_events e ON e.order_token = o.token LIMIT 0"
)


def place(cursor: Cursor, order: dict[str, Any]) -> None:
    """Store an order and its first event. Raises pymysql.IntegrityError for a token that is there already."""
    cursor.execute(
        "INSERT INTO orders (token, product_id, quantity, customer_email, note) VALUES (%s, %s, %s, %s, %s)",
        (order["token"], order["product"], order["quantity"], order["email"], order.get("note")),
    )
    cursor.execute("INSERT INTO order_events (order_token, kind) VALUES (%s, 'placed')", (order["token"],))


def find(cursor: Cursor, token: str) -> dict[str, Any] | None:
    """Read an order back."""
    cursor.execute("SELECT product_id, quantity, customer_email, note FROM orders WHERE token = %s", (token,))
    row = cursor.fetchone()
    return {"token": token, "product": row[0], "quantity": row[1], "email": row[2], "note": row[3]} if row else None
