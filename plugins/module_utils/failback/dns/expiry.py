"""How long a cache in the world may still give an answer that is not wanted any more. Pure.

RFC 1035 section 3.2.1: a cache keeps an answer for the TTL it was given, counted from when it fetched it. So the last
old answer ends one old TTL after the moment from which no authoritative server gave it out any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.dns.records import RecordPlan

GRACE = 1.0  # a cache counts whole seconds


@dataclass(frozen=True)
class OldAnswer:
    """An answer that was given out with a TTL of ``ttl`` seconds until ``since`` (Unix time; None: perhaps still)."""

    ttl: float
    since: float | None

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self | None:
        """Build from what dns_record put on record of a name; None when no old answer was given out."""
        if "worst_stale_seconds" not in data:
            return None
        since = data.get("given_out_until")
        return cls(float(str(data["worst_stale_seconds"])), None if since is None else float(str(since)))

    def as_evidence(self) -> dict[str, object]:
        """Return what ``from_dict`` reads."""
        return {"worst_stale_seconds": round(self.ttl), "given_out_until": self.since}

    def left(self, now: float) -> float:
        """Return how many seconds from now the last cache may still have it."""
        return self.ttl + GRACE if self.since is None else max(0.0, self.since + self.ttl + GRACE - now)

    def ended(self, now: float) -> OldAnswer:
        """Note that it is not given out any more, as seen now."""
        return replace(self, since=now)


def old_answer(plan: RecordPlan, low: int, before: OldAnswer | None, now: float) -> OldAnswer | None:
    """Say which answer a plan makes old, from the view of caches; None when nothing did.

    ``low`` is the TTL of a lowered record, ``before`` what lowering made old earlier in this run. A TTL that was found
    low was lowered by an earlier run at an unknown moment: the site's own TTL then counts, and from now.
    """
    own = float(plan.record.ttl)
    found_low = plan.old.ttl == low and own > low
    if plan.moves:
        if before is not None:
            return OldAnswer(float(max(plan.old.ttl, round(before.left(now)))), None)
        return OldAnswer(max(float(plan.old.ttl), own if found_low else 0.0), None)
    if plan.new.ttl < plan.old.ttl:
        return OldAnswer(float(plan.old.ttl), None)
    return OldAnswer(own, None) if found_low else None
