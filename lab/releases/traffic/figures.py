"""What a ledger says about a rollback. Pure: entries in, figures out."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.releases.traffic.ledger import Entry

FAULTY_STATUS = 500
# Longer than this, an answer was held or waited for a server; seconds.
HELD_SECONDS = 0.5
LISTED = 50


@dataclass(frozen=True)
class Stored:
    """An order as the database has it; `times` is how often."""

    product: int
    quantity: int
    email: str
    times: int = 1


@dataclass(frozen=True)
class Findings:
    """Figures, and what is wrong.

    `failed` are requests that the way back failed: no answer, a maintenance answer, or an
    error of the release that is right. An error of the faulty release, while it served, is counted apart.
    """

    figures: Mapping[str, Any]
    problems: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def judge(
    entries: Sequence[Entry], stored: Mapping[str, Stored] | None, faulty: str, wanted: str, *, served: bool = True
) -> Findings:
    """Compare a ledger with the database. `faulty` and `wanted` are builds; `stored` None: there is no database.

    `served` False: nothing was to be rolled back, so the faulty build serving to the end is no problem.
    """
    own = [entry for entry in entries if entry.build]
    release = [entry for entry in own if entry.build == faulty and entry.status >= FAULTY_STATUS]
    failed = [entry for entry in entries if _failed(entry) and entry not in _set(release)]
    orders = [entry for entry in entries if entry.kind == "order"]
    first = min((entry.ended for entry in own if entry.build == wanted), default=None)
    last = max((entry.ended for entry in own if entry.build == faulty), default=None)
    late = [entry for entry in own if entry.build == faulty and first is not None and entry.began > first]
    figures: dict[str, Any] = {
        "requests": len(entries),
        "orders": len(orders),
        "acknowledged_orders": sum(entry.acknowledged for entry in orders),
        "failed_requests": len(failed),
        "failed_by_release": len(release),
        "held": _held(entries),
        "builds": dict(Counter(entry.build or "none" for entry in entries)),
        "first_good_answer": first,
        "last_faulty_answer": last,
        # While both serve (wave by wave) this is not nothing; under a hold it is.
        "faulty_after_first_good": len(late),
        "no_answer_from_the_application_seconds": _gap(own),
    }
    problems = [f"{len(failed)} requests failed, such as: {_told(failed[0])}"] if failed else []
    if not orders or not figures["acknowledged_orders"]:
        problems.append("no order was acknowledged, so nothing is proven")
    if served and first is None:
        problems.append(f"no answer came from build {wanted}")
    if served and own and own[-1].build != wanted:
        problems.append(f"the last answer came from build {own[-1].build}, not from {wanted}")
    if stored is not None:
        figures |= _database(orders, stored)
        problems += [f"{figures[name]} {told}" for name, told in _WRONG.items() if figures[name]]
    return Findings(figures, tuple(problems))


_WRONG = {
    "lost_orders": "acknowledged orders are not in the database",
    "changed_orders": "orders are not in the database as they were placed",
    "doubled_orders": "orders are in the database more than once",
    "refused_but_stored": "orders that were refused are in the database",
}


def _database(orders: Sequence[Entry], stored: Mapping[str, Stored]) -> dict[str, Any]:
    there = {entry.token: stored.get(entry.token) for entry in orders}
    lost = [entry for entry in orders if entry.acknowledged and there[entry.token] is None]
    changed = [
        entry
        for entry in orders
        if (found := there[entry.token]) is not None
        and (found.product, found.quantity, found.email) != (entry.product, entry.quantity, entry.email)
    ]
    unknown = [entry for entry in orders if entry.status == 0]
    refused = [entry for entry in orders if entry.status >= 400]  # noqa: PLR2004 - where errors begin
    return {
        "lost_orders": len(lost),
        "changed_orders": len(changed),
        "doubled_orders": sum(1 for found in there.values() if found is not None and found.times > 1),
        "refused_but_stored": sum(1 for entry in refused if there[entry.token] is not None),
        "unknown_orders": {
            "total": len(unknown),
            "stored": sum(1 for entry in unknown if there[entry.token] is not None),
        },
        "lost": [entry.token for entry in lost[:LISTED]],
        "changed": [entry.token for entry in changed[:LISTED]],
    }


def _failed(entry: Entry) -> bool:
    """Whether a customer got nothing: no answer, or an error of a server."""
    return entry.status == 0 or entry.status >= FAULTY_STATUS


def _set(entries: Sequence[Entry]) -> frozenset[Entry]:
    return frozenset(entries)


def _held(entries: Sequence[Entry]) -> dict[str, Any]:
    waits = sorted(entry.ended - entry.began for entry in entries if entry.ended - entry.began > HELD_SECONDS)
    return {"count": len(waits), "longest_seconds": round(waits[-1], 3) if waits else 0.0}


def _gap(own: Sequence[Entry]) -> float:
    """Give the longest time without an answer of any release, seconds."""
    times = [entry.ended for entry in own]
    return round(max((after - before for before, after in itertools.pairwise(times)), default=0.0), 3)


def _told(entry: Entry) -> str:
    return f"{entry.kind} at {entry.began:.3f}: {entry.status} {entry.error or 'no answer'}"
