"""What the ledger's check says, as the report's figures. Pure."""

from __future__ import annotations

from typing import Any


def metrics(found: dict[str, Any]) -> dict[str, Any]:
    """Flatten what the ledger's check says: the report's figures are numbers, details go beside them."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if name in {"lists", "passed"}:
            continue
        if isinstance(value, dict):
            flat[name] = value.get("total", value.get("count", sum(n for n in value.values() if isinstance(n, int))))
            flat[f"{name}_detail"] = value
        else:
            flat[name] = round(value, 3) if isinstance(value, float) else value
    return flat
