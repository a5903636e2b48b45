"""Computes what the incident did to the service level from what was measured, and keeps it with the incident."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rollback_runner.telling import sla, stated, story
from rollback_runner.watching import series

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path
    from typing import TypeVar

    _T = TypeVar("_T")

    from rollback_runner.telling.story import Story

NAME = "sla"


def service_level(home: Path, incident: Path, site: str, given: Mapping[str, Any], until: float) -> dict[str, Any]:
    """Compute the service level; ``until`` is now, in seconds since 1970. Raises `ConfigError` for a wrong site_sla.

    ``given`` holds ``site_sla`` and ``balancers``, the names of the load balancers. Without an agreement there is
    downtime all the same, and nothing else.
    """
    told = story.read(home, incident, metrics=True)
    agreed = sla.agreement(given.get("site_sla"))
    down = downtime(told, incident, agreed or sla.Agreement(0.999), until, frozenset(given.get("balancers") or ()))
    found: dict[str, Any] = {
        "measured_until": until,
        "drill": bool(told.drill[0]),
        **asdict(down),
        "spans": [list(span) for span in down.spans],
        "downtime": round(down.seconds, 3),
        "credit": 0.0,
        "credit_at_most": 0.0,
    }
    if agreed is not None and down.measured:
        before = used(story.earlier(home, site, incident), since=until - agreed.period)
        found |= sla.effect(agreed, down, before).as_dict()
    return found


def downtime(
    told: Story, incident: Path, agreed: sla.Agreement, until: float, balancers: Collection[str] = ()
) -> sla.Downtime:
    """Take the clients' ledger where one was kept, else the readings at the load balancers (``balancers``)."""
    metrics = next((run.metrics for run in reversed(told.runs) if run.metrics), {})
    found = sla.of_ledger(metrics, agreed)
    if found.measured:
        return found
    begun = failed_at(told)
    # Until then it was down by somebody's word; only what was read afterwards is measured.
    seen = series.read(incident, until=until)
    requests, errors = one_layer(seen.of("requests"), seen.of("errors"), balancers)
    return sla.of_answers(requests, errors, agreed, since=begun)


def one_layer(
    requests: Mapping[str, _T], errors: Mapping[str, _T], balancers: Collection[str]
) -> tuple[Mapping[str, _T], Mapping[str, _T]]:
    """Leave the counters of the load balancers alone. Pure.

    What a site's own queries count before them (a front door) or behind them is the same requests once more: added
    together, one layer's errors would be watered down by the other's answers. Without any balancer all are taken.
    """
    if not set(balancers) & requests.keys():
        return requests, errors
    mine = {host: one for host, one in requests.items() if host in balancers}
    return mine, {host: one for host, one in errors.items() if host in mine}


def failed_at(told: Story) -> float | None:
    """Return when the failure began, by the word of SIT-02, in seconds since 1970; None where nobody said."""
    found = None
    for _number, word in told.said:
        moment = (word.details.get("moment") or {}).get("utc") if word.item == "SIT-02" else None
        if word.kind == "confirm" and moment:
            found = stated.moment(str(moment)).timestamp()
    return found


def used(earlier: Iterable[Mapping[str, Any]], since: float) -> float:
    """Add up the downtime of earlier incidents of this period, in seconds. Drills do not count."""
    return sum(
        float(one.get("downtime") or 0)
        for one in earlier
        if not one.get("drill") and float(one.get("measured_until") or 0) >= since
    )
