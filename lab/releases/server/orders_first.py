"""Orders, first release: who orders what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

# Reads no row; fails unless every column this release uses is there.
READY = "SELECT id, token, product_id, quantity, customer_email, placed_at FROM orders LIMIT 0"


def place(cursor: Cursor, order: dict[str, Any]) -> None:
    """Store an order. Raises pymysql.IntegrityError for a token that is there already."""
    cursor.execute(
        "INSERT INTO orders (token, product_id, quantity, customer_email) VALUES (%s, %s, %s, %s)",
        (order["token"], order["product"], order["quantity"], order["email"]),
    )


def find(cursor: Cursor, token: str) -> dict[str, Any] | None:
    """Read an order back."""
    cursor.execute("SELECT product_id, quantity, customer_email FROM orders WHERE token = %s", (token,))
    row = cursor.fetchone()
    return {"token": token, "product": row[0], "quantity": row[1], "email": row[2]} if row else None
