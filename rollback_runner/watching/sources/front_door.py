"""Response times as a client has them: our own requests through each front door, one a reading, paths in turn.

The percentiles are those of our own requests within a sliding window, so they rest on few: with a window of 60 s and
one request in 5 s they are of twelve, and p99 is the slowest. A request that was not answered in time counts with the
time it was waited for, and as a failure; so do answers of 5xx. Its load is one reading request per door and interval.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import TYPE_CHECKING

from failback import http
from failback.errors import ConfigError
from failback.journeys.latency import percentile

from rollback_runner.watching.series import Point
from rollback_runner.watching.settings import service
from rollback_runner.watching.source import Reading, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_PERCENTILES = {"latency_p50": 0.50, "latency_p95": 0.95, "latency_p99": 0.99}
_FAILED = 500


class FrontDoor(Source):
    """One way in. A door that does not answer is no lost source: that it fails is the figure."""

    name = "front_door"

    def __init__(
        self, door: http.Door, paths: Sequence[str], settings: Settings, elsewhere: Collection[str] = ()
    ) -> None:
        self.hosts = (door.name,)
        self.interval = 0.0
        self._door = door
        self._paths = itertools.cycle(paths)
        self._settings = settings
        self._elsewhere = frozenset(elsewhere)
        self._seen: deque[tuple[float, float, bool]] = deque()

    def read(self) -> Reading:
        """Send one request and reduce the window."""
        try:
            reply = http.ask(self._door, next(self._paths), timeout=self._settings.probe_timeout)
        except (ConfigError, ValueError) as error:
            raise SourceError(str(error)) from error
        now = time.time()
        self._seen.append((now, reply.seconds, not 0 < reply.status < _FAILED))
        while self._seen[0][0] < now - self._settings.window:
            self._seen.popleft()
        found = [(name, value) for name, value in figures(list(self._seen)) if name not in self._elsewhere]
        return Reading([Point(now, name, self._door.name, value) for name, value in found])


def sources(site: Site, settings: Settings, _place: Place) -> Iterator[FrontDoor]:
    """Yield one source per front door, where the site names paths that may be asked for."""
    variables = service(site)
    paths = [str(path) for path in variables.get("service_probe_paths") or () if str(path).startswith("/")]
    if paths:
        for door in variables.get("service_front_doors") or ():
            made = http.Door.from_dict(door)
            yield FrontDoor(made, paths, settings, _elsewhere(variables, made.name))


def _elsewhere(variables: Mapping[str, Any], host: str) -> set[str]:
    """Name the figures of a door that the site's own queries give, of more requests than ours: two would be mixed."""
    asked = variables.get("watching_prometheus")
    queries = (asked.get("queries") or ()) if isinstance(asked, dict) else ()
    return {str(one.get("figure")) for one in queries if isinstance(one, dict) and one.get("host") == host}


def figures(seen: Sequence[tuple[float, float, bool]]) -> Iterator[tuple[str, float]]:
    """Reduce (moment, seconds, failed) of the window to percentiles and the share that failed."""
    ordered = sorted(seconds for _, seconds, _ in seen)
    for name, share in _PERCENTILES.items():
        yield name, percentile(ordered, share)
    yield "probe_failures", sum(failed for _, _, failed in seen) / len(seen)
