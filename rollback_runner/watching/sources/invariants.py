"""Asks the site's own invariants of IDC from time to time, from the promotion on, to see whether the data drifts.

They are those of ``service_journeys``, asked in one transaction that cannot write, with a deadline per query. The
connection is opened for the question and closed after it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from failback.journeys import invariants, model
from failback.mysql import Login, Server

from rollback_runner.watching.final import Finals
from rollback_runner.watching.series import Point
from rollback_runner.watching.settings import service
from rollback_runner.watching.source import Reading, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from failback.journeys.model import Invariant

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_DEADLINE = 20.0  # seconds of one query; the phase itself allows more, but it is waited for


class Data(Source):
    """One database pair; silent without a gap until IDC was opened."""

    name = "invariants"

    def __init__(
        self, pair: str, variables: Mapping[str, Any], asked: Sequence[Invariant], finals: Finals, interval: float
    ) -> None:
        self._host = str(variables.get("db_idc_host") or pair)
        self.hosts = (self._host,)
        self.interval = interval
        self._pair = pair
        self._login = Login.from_dict(variables["db_idc"], "db_idc")
        self._asked = asked
        self._finals = finals

    def read(self) -> Reading:
        """Ask all of them. Raises a `FailbackError`; a query that fails counts as one that does not hold."""
        if self._finals.of(self._pair) is None:
            return Reading([])
        with Server.connect(self._login, name="IDC") as server:
            results = invariants.check(server, self._asked, timeout=_DEADLINE)
        broken = sum(1 for result in results if result.problems)
        return Reading([Point(time.time(), "data_problems", self._host, float(broken))])


def sources(site: Site, settings: Settings, place: Place) -> Iterator[Data]:
    """Yield one source per database pair that has invariants. Raises ConfigError for a file that cannot be read."""
    directory = str(service(site).get("service_journeys") or "")
    if not settings.data_interval or not directory or not Path(directory).is_dir():
        return
    known = model.read(directory).invariants
    finals = Finals(place.home, place.incident)
    for pair in site.hosts("databases"):
        mine = [one for one in known if one.database in {"", pair}]
        if mine and isinstance(site.variables[pair].get("db_idc"), dict):
            yield Data(pair, site.variables[pair], mine, finals, max(settings.data_interval, settings.interval))
