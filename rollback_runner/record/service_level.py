"""What the incident did to the service level, as figures of the first screen: only where it was measured. Pure.

The figures are those that EXT-05 computed and kept. Time that nobody measured is told with the downtime, never as up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback_runner.record.timeline_words import said, spent
from rollback_runner.telling import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEASURED = frozenset({"ledger", "balancer"})


def figures(kept: object) -> Iterator[dict[str, Any]]:
    """Give downtime, used budget and credit; nothing where no downtime was measured, the first alone without an SLA."""
    if not isinstance(kept, dict) or kept.get("source") not in _MEASURED:
        return
    down, unknown = float(kept["downtime"]), float(kept.get("unknown") or 0)
    value = spent(down)
    if unknown:
        value = said("rp.figure.unmeasured", spent=value, unknown=spent(unknown))
    yield _figure("downtime", value, "warn" if down or unknown else "good")
    if "objective" not in kept:
        return
    used = float(kept["used_share"])
    yield _figure("budget", _share(used), "grave" if used >= 1 else "warn" if unknown else "note")
    credit, most = float(kept["credit"]), float(kept["credit_at_most"])
    value = _share(credit)
    if most > credit:
        value = said("rp.figure.at_most", share=value, most=_share(most))
    yield _figure("credit", value, "grave" if credit else "warn" if most else "good")


def _figure(name: str, value: dict[str, str], level: str) -> dict[str, Any]:
    return {"name": said(f"rp.figure.{name}"), "value": value, "level": level}


def _share(share: float) -> dict[str, str]:
    return {"en": wording.percent(share, "en"), "ko": wording.percent(share, "ko")}
