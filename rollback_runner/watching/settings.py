"""What a site says about watching: how often, which limits, how long they may be broken. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.site.site import Site

INTERVAL = 5.0
PATIENCE = 30.0
PROBE_TIMEOUT = 5.0
WINDOW = 60.0
FREEZE_INTERVAL = 15.0
DATA_INTERVAL = 300.0


@dataclass(frozen=True)
class Settings:
    """Variables ``watching_*`` of the group service; all times are seconds.

    ``interval``: between two readings of a source. ``patience``: how long a figure may be beyond its limit before that
    counts, and how long it must be within it again before it is over. ``probe_timeout``: of one request through a front
    door. ``window``: of the latency percentiles. ``freeze_interval``: between two proofs that RDS takes no write.
    ``data_interval``: between two checks of the invariants; 0: none. ``limits``: what a figure may be at most (or at
    least, where low is bad); 0: not judged. ``over_usual``: how far a figure may be beyond what is usual, as a share.
    """

    interval: float = INTERVAL
    patience: float = PATIENCE
    probe_timeout: float = PROBE_TIMEOUT
    window: float = WINDOW
    freeze_interval: float = FREEZE_INTERVAL
    data_interval: float = DATA_INTERVAL
    over_usual: float = 1.0
    limits: Mapping[str, float] | None = None


def of_site(site: Site) -> Settings:
    """Read the settings of a site; what it does not name keeps its default."""
    variables = service(site)
    given: dict[str, Any] = {}
    for name in Settings.__dataclass_fields__:
        value = variables.get(f"watching_{name}")
        if value is not None and isinstance(value, int | float) and not isinstance(value, bool):
            given[name] = float(value)
    limits = variables.get("watching_limits")
    if isinstance(limits, dict):
        given["limits"] = {str(name): float(value) for name, value in limits.items()}
    return Settings(**given)


def service(site: Site) -> Mapping[str, Any]:
    """Return the variables of the site's service."""
    return next((site.variables[host] for host in site.hosts("service")), {})
