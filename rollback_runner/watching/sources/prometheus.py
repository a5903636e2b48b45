"""Figures from a Prometheus that the site has: its own queries, and what else nobody gives at the moment.

The hosts and load balancers are asked directly by other sources. Where one of those is lost, Prometheus' exporters
stand in for it, so the figures go on; while it is there, they are left to it and serve to check it (the items MON).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rollback_runner.watching import series
from rollback_runner.watching.prometheus_api import Api, Points, QueryError
from rollback_runner.watching.promql import WINDOW, Query, Sides, joined, queries
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import Reading, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_INTERVAL = 5.0  # seconds; Prometheus itself rarely looks more often
_FRESH = 3.0  # intervals after which a figure of another source counts as lost
_LEAST_FRESH = 15.0  # seconds


def settings_of(site: Site) -> Mapping[str, Any]:
    """Return the site's ``watching_prometheus``, {} where it has none."""
    for host in site.hosts("service"):
        found = site.variables[host].get("watching_prometheus")
        if isinstance(found, dict):
            return found
    return {}


def sides_of(site: Site) -> dict[str, Sides]:
    """Return what each load balancer calls the servers of the two sides."""
    found = {}
    for host in site.hosts("load_balancers"):
        said = site.variables[host]
        found[host] = Sides(
            str(said.get("lb_backend") or ""), said.get("lb_servers_idc") or (), said.get("lb_servers_aws") or ()
        )
    return found


def of_site(site: Site, incident: Path | None = None) -> Prometheus | None:
    """Make the source of a site, None where it names no Prometheus. Raises ConfigError."""
    settings = settings_of(site)
    if not settings:
        return None
    asked = queries(settings, sides_of(site))
    found = Prometheus(Api.from_settings(settings), asked, incident, float(settings.get("interval") or _INTERVAL))
    found.window = float(settings.get("window") or WINDOW)
    return found


class Prometheus(Source):
    """See `source.Source`."""

    name = "prometheus"

    def __init__(
        self,
        api: Api,
        asked: Sequence[Query],
        incident: Path | None = None,
        interval: float = _INTERVAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.interval = interval
        self.window = WINDOW
        # Without figures of its own no host lacks any while it is lost; that it is lost goes on record all the same.
        self.hosts = tuple(sorted({one.host for one in asked if one.own})) or ("",)
        self._api, self._asked, self._incident, self._clock = api, tuple(asked), incident, clock
        self._given: dict[tuple[str, str], float] = {}

    def read(self) -> Reading:
        """Give what the site asks for itself and what no other source gives. Raises SourceError."""
        own = [one for one in self._asked if one.own]
        wanted = own + self._left_alone()
        if not wanted:
            # Still a sign of life: a Prometheus that is gone must not go unnoticed until it is needed.
            self._api.instant("vector(1)")
            return Reading([])
        found, wrong = self.ask(wanted)
        if not found and wrong:
            raise SourceError("; ".join(dict.fromkeys(wrong.values())))
        silent: dict[str, str] = {}
        for one in own:
            if (one.figure, one.host) not in {(point.figure, point.host) for point in found}:
                silent[one.host] = wrong.get(one.key) or f"Prometheus has no {one.figure} of {one.host}"
        for point in found:
            self._given[point.figure, point.host] = round(point.at, 3)
        return Reading(found, silent)

    def ask(self, wanted: Sequence[Query]) -> tuple[list[Point], dict[str, str]]:
        """Ask in one request; where one expression spoils it, each alone. Returns points and what is wrong, by key.

        Raises SourceError when Prometheus is lost.
        """
        found, wrong = self._each(wanted, self._api.instant)
        points = [Point(at, one.figure, one.host, value) for one in wanted for at, value in found.get(one.key, ())]
        return points, wrong

    def past(self, since: float, until: float, step: float) -> tuple[Points, dict[str, str]]:
        """Ask for a span of the past: points by key, and what is wrong. Raises SourceError."""
        return self._each(self._asked, lambda text: self._api.past(text, since, until, step))

    @property
    def asked(self) -> tuple[Query, ...]:
        """Return everything it can be asked."""
        return self._asked

    @staticmethod
    def _each(wanted: Iterable[Query], ask: Callable[[str], Points]) -> tuple[Points, dict[str, str]]:
        every = list(wanted)
        try:
            return ask(joined(every)), {}
        except QueryError as error:
            if len(every) == 1:
                return {}, {every[0].key: str(error)}
        found: Points = {}
        wrong: dict[str, str] = {}
        for one in every:
            try:
                found |= ask(joined([one]))
            except QueryError as error:
                wrong[one.key] = f"{one.figure} of {one.host}: {error}"
        return found, wrong

    def _left_alone(self) -> list[Query]:
        """Find what no other source gave lately. Without an incident nobody else watches, so that is everything."""
        rest = [one for one in self._asked if not one.own]
        if self._incident is None:
            return rest
        now = self._clock()
        seen = series.read(self._incident, since=now - max(_LEAST_FRESH, _FRESH * self.interval))
        fresh = {
            (figure, host)
            for figure, hosts in seen.values.items()
            for host, points in hosts.items()
            if points and round(points[-1][0], 3) != self._given.get((figure, host))
        }
        return [one for one in rest if (one.figure, one.host) not in fresh]


def sources(site: Site, _settings: Settings, place: Place) -> list[Prometheus]:
    """Give the site's Prometheus, if it names one. Raises ConfigError."""
    found = of_site(site, place.incident)
    return [found] if found else []
