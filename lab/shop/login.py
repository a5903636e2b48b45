"""Log-in of the shop: a password checked against its digest, and a session token that every application host accepts.

The token is signed with a key made from the database password, which all application hosts share, so a session survives
the way through another load balancer node and a restart. Times are seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import time

LIFETIME = 3_600


def digest(password: str) -> bytes:
    """Return what the column password_digest holds for a password."""
    return hashlib.sha256(password.encode()).digest()


def matches(password: str, stored: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(digest(password), stored)


def issue(customer: int, secret: str, *, now: float | None = None) -> str:
    """Make a session token of one customer."""
    expires = int(time.time() if now is None else now) + LIFETIME
    return f"{customer}.{expires}.{_signature(customer, expires, secret)}"


def customer_of(token: str, secret: str, *, now: float | None = None) -> int | None:
    """Return whose token it is; None for one that is forged, expired or no token at all."""
    parts = token.split(".")
    if len(parts) != 3 or not parts[0].isdecimal() or not parts[1].isdecimal():  # noqa: PLR2004 - as `issue` makes it
        return None
    customer, expires = int(parts[0]), int(parts[1])
    genuine = hmac.compare_digest(parts[2].encode(), _signature(customer, expires, secret).encode())
    return customer if genuine and expires > (time.time() if now is None else now) else None


def _signature(customer: int, expires: int, secret: str) -> str:
    key = hashlib.sha256(f"session:{secret}".encode()).digest()
    return hmac.new(key, f"{customer}.{expires}".encode(), hashlib.sha256).hexdigest()
