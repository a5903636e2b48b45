"""What an incident did to the service level: downtime, error budget, credit. Pure: figures in, figures out.

Downtime is what clients saw. Where a ledger was kept (a drill), it is the longest time without an acknowledged write;
else it is the sum of the readings at the load balancers in which too many answers were errors, or none came at all.
Time that nobody measured is told apart: it is never counted as up, and never as down.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import mean, median
from typing import TYPE_CHECKING, Any, Literal

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Source = Literal["ledger", "balancer", "none"]
DAY = 86400.0  # seconds
_MISSED = 3.0  # a reading that comes later than this many usual intervals leaves a gap behind
_QUIET = 1.0  # requests a second; a service that is asked less often may have a reading without any


@dataclass(frozen=True)
class Agreement:
    """What was agreed (``site_sla``). Shares lie between 0 and 1, ``credits`` are (availability below, share of fee).

    ``errors`` is the share of answers that are errors from which a reading counts as down; an interruption shorter
    than ``least`` seconds does not count.
    """

    objective: float
    period_days: float = 30.0
    credits: tuple[tuple[float, float], ...] = ()
    errors: float = 0.5
    least: float = 0.0

    @property
    def period(self) -> float:
        """The period's length in seconds."""
        return self.period_days * DAY

    @property
    def budget(self) -> float:
        """Seconds the service may be down in a period."""
        return (1 - self.objective) * self.period


@dataclass(frozen=True)
class Downtime:
    """Seconds in which clients were not served, seconds that were not measured, and how that is known.

    ``early`` are those of ``unknown`` that lie between the moment of failure and the first reading.
    """

    seconds: float
    unknown: float = 0.0
    source: Source = "none"
    spans: tuple[tuple[float, float], ...] = ()
    early: float = 0.0

    @property
    def measured(self) -> bool:
        """Whether anything was measured at all."""
        return self.source != "none"


@dataclass(frozen=True)
class Effect:
    """What one incident did to the period it lies in. ``before`` was used up by earlier ones; all in seconds or shares.

    ``credit`` follows from what was measured, ``credit_at_most`` if all that was not measured had been downtime too.
    """

    downtime: float
    unknown: float
    source: Source
    before: float
    budget: float
    used: float
    used_share: float
    left: float
    availability: float
    credit: float
    credit_at_most: float
    objective: float
    period_days: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as it goes on record."""
        return asdict(self)


def agreement(entry: Mapping[str, Any] | None) -> Agreement | None:
    """Read ``site_sla``; None when nothing was agreed. Raises `ConfigError` for figures that cannot be meant."""
    if not entry:
        return None
    try:
        found = Agreement(
            objective=float(entry["objective"]),
            period_days=float(entry.get("period_days", 30)),
            credits=tuple((float(step["below"]), float(step["credit"])) for step in entry.get("credits") or ()),
            errors=float(entry.get("errors", 0.5)),
            least=float(entry.get("least", 0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"site_sla cannot be read: {error!r}; it needs objective, such as 0.999") from error
    if not 0 < found.objective < 1:
        raise ConfigError(f"site_sla.objective is {found.objective:g}; it is a share below 1, such as 0.999")
    if found.period_days <= 0 or not 0 < found.errors <= 1 or found.least < 0:
        raise ConfigError("site_sla: period_days must be above 0, errors in 0 to 1, least not below 0")
    if any(not 0 < below <= 1 or not 0 <= credit <= 1 for below, credit in found.credits):
        raise ConfigError("site_sla.credits: below and credit are shares between 0 and 1, such as 0.999 and 0.1")
    return found


def effect(agreed: Agreement, down: Downtime, before: float = 0.0) -> Effect:
    """Compute what this downtime, and what was used up before it in the same period, comes to."""
    used = before + down.seconds
    return Effect(
        downtime=round(down.seconds, 3),
        unknown=round(down.unknown, 3),
        source=down.source,
        before=round(before, 3),
        budget=round(agreed.budget, 3),
        used=round(used, 3),
        used_share=round(used / agreed.budget, 6),
        left=round(agreed.budget - used, 3),
        availability=_availability(agreed, used),
        credit=_credit(agreed, used),
        credit_at_most=_credit(agreed, used + down.unknown),
        objective=agreed.objective,
        period_days=agreed.period_days,
    )


def unmeasured(kept: Mapping[str, Any]) -> tuple[str, bool]:
    """Say what the time that nobody measured means, and whether it matters; "" where all was measured.

    Before the first reading nobody could have measured, so that is no fault by itself. A gap between readings is one;
    and what would, had it been downtime, use the budget up or change the credit, matters wherever it lies.
    """
    unknown, early = float(kept.get("unknown") or 0), float(kept.get("early") or 0)
    if unknown <= 0:
        return "", False
    gaps = unknown - early >= 1
    parts = [f"{early:.0f} s between the moment of failure and the first reading"] if early > 0 else []
    parts += [f"{unknown - early:.0f} s between readings"] if gaps or not parts else []
    said = f"{' and '.join(parts)} were not measured and count as neither up nor down"
    used, budget = float(kept.get("used") or 0), float(kept.get("budget") or 0)
    if kept.get("credit_at_most", 0) > kept.get("credit", 0):
        return f"{said}; as downtime they would raise the credit to {kept['credit_at_most']:.0%}", True
    if used <= budget < used + unknown:
        return f"{said}; as downtime they would use the error budget up", True
    return f"{said}; as downtime they would change neither the credit nor whether the budget holds", gaps


def of_ledger(metrics: Mapping[str, Any], agreed: Agreement) -> Downtime:
    """Take the downtime from a drill's ledger, as the run's report holds it (``write_outage_seconds``)."""
    found = metrics.get("write_outage_seconds")
    if not isinstance(found, int | float) or isinstance(found, bool):
        return Downtime(0.0)
    return Downtime(float(found) if found >= agreed.least else 0.0, source="ledger")


def of_answers(
    requests: Mapping[str, Sequence[tuple[float, float]]],
    errors: Mapping[str, Sequence[tuple[float, float]]],
    agreed: Agreement,
    *,
    since: float | None = None,
) -> Downtime:
    """Take the downtime from readings at the load balancers: by host, (moment, requests a second) and (moment, share).

    A reading speaks for the time since the one before it. ``since`` is when the failure began, as far as it is known:
    what lies between it and the first reading was not measured.
    """
    moments = _together(requests, errors)
    if len(moments) < 2:  # noqa: PLR2004 - one reading speaks for no time
        return Downtime(0.0)
    usual = median(later[0] - earlier[0] for earlier, later in pairwise(moments))
    asked = median(total for _at, total, _failed in moments)
    unknown = early = max(0.0, moments[0][0] - since) if since is not None else 0.0
    spans: list[tuple[float, float]] = []
    for (begun, _total, _failed), (at, total, failed) in pairwise(moments):
        if at - begun > _MISSED * usual:
            unknown += at - begun
        elif total <= 0:
            if asked >= _QUIET:
                _add(spans, begun, at)
            else:
                unknown += at - begun
        elif failed / total >= agreed.errors:
            _add(spans, begun, at)
    counted = tuple(span for span in spans if span[1] - span[0] >= agreed.least)
    return Downtime(sum(end - begun for begun, end in counted), unknown, "balancer", counted, early)


def _together(
    requests: Mapping[str, Sequence[tuple[float, float]]], errors: Mapping[str, Sequence[tuple[float, float]]]
) -> list[tuple[float, float, float]]:
    """Add the nodes up: for each moment all requests a second and those of them that failed.

    Nodes are not read at the very same instant, so readings are put together by the shortest usual interval. One that
    comes a little later than that is absent once: its last reading stands for it, or the others alone would be judged.
    """
    steps = [
        later[0] - earlier[0]
        for points in requests.values()
        for earlier, later in pairwise(points)
        if later[0] > earlier[0]
    ]
    if not steps:
        return []
    width = median(steps)
    slots: dict[int, dict[str, list[tuple[float, float, float]]]] = {}
    for host, points in requests.items():
        shares = {round(at, 3): value for at, value in errors.get(host, ())}
        for at, rate in points:
            share = shares.get(round(at, 3))
            if share is not None or rate <= 0:  # else it answered, and nobody knows how
                slots.setdefault(int(at // width), {}).setdefault(host, []).append((at, rate, rate * (share or 0.0)))
    found: list[tuple[float, float, float]] = []
    known: dict[str, tuple[int, float, float]] = {}
    for slot, here in sorted(slots.items()):
        for host, rows in here.items():
            known[host] = (slot, mean(row[1] for row in rows), mean(row[2] for row in rows))
        near = [(rate, failed) for since, rate, failed in known.values() if slot - since <= 1]
        last = max(at for rows in here.values() for at, _rate, _failed in rows)
        found.append((last, sum(rate for rate, _ in near), sum(failed for _, failed in near)))
    return found


def _add(spans: list[tuple[float, float]], begun: float, end: float) -> None:
    if spans and spans[-1][1] == begun:
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((begun, end))


def _availability(agreed: Agreement, down: float) -> float:
    return round(max(0.0, 1 - down / agreed.period), 9)


def _credit(agreed: Agreement, down: float) -> float:
    reached = _availability(agreed, down)
    return max((credit for below, credit in agreed.credits if reached < below), default=0.0)
