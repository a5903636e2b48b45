"""Figures of the RDS instances as CloudWatch has them: what is left of a server that nobody may log in to any more.

RDS reports once a minute and CloudWatch shows it a minute or two later, so a point carries the moment it speaks of.
Needs ``cloudwatch:GetMetricData``.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import aws
from failback.errors import FailbackError

from rollback_runner.site.inventory import is_template
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import Reading, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

PERIOD = 60  # seconds; what RDS reports in without enhanced monitoring
_BACK = 10  # periods that are looked back: CloudWatch is late, and later at times
_LEAST_BACK = 180.0  # seconds
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class Metric:
    """One figure as RDS names it; ``scale`` makes our unit of theirs."""

    figure: str
    name: str
    scale: float = 1.0


METRICS = (
    Metric("rds_cpu", "CPUUtilization", 0.01),
    Metric("rds_connections", "DatabaseConnections"),
    Metric("rds_free_storage", "FreeStorageSpace"),
)


@dataclass(frozen=True)
class Instance:
    """An RDS instance; its figures stand under its own name, as those that MySQL itself gives."""

    name: str


class CloudWatch(Source):
    """See `source.Source`. One account and region."""

    name = "cloudwatch"

    def __init__(
        self,
        account: aws.Account,
        instances: tuple[Instance, ...],
        period: int = PERIOD,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.hosts = tuple(one.name for one in instances)
        self.interval = float(max(1, period) if period < PERIOD else period / 2)
        self._account, self._instances, self._period, self._clock = account, instances, max(1, period), clock
        self._client: Any = None
        self._last: dict[tuple[str, str], float] = {}

    def read(self) -> Reading:
        """Give every point that CloudWatch has had since the last reading. Raises SourceError."""
        now = self._clock()
        # CloudWatch works fastest, and alike each time, on whole periods.
        back = max(_LEAST_BACK, _BACK * self._period)
        since = math.floor((now - back) / self._period) * self._period
        try:
            if self._client is None:
                self._client = self._account.client("cloudwatch")
            with aws.answering("give figures of RDS"):
                found = dict(self._ask(since, now))
        except FailbackError as error:
            if str(error.evidence.get("aws_error")) in _REFUSED:
                raise SourceError(
                    f"{error}: allow cloudwatch:GetMetricData to the user of aws_credentials_file"
                ) from error
            raise SourceError(str(error)) from error
        points: list[Point] = []
        silent: dict[str, str] = {}
        for instance in self._instances:
            mine = {metric: found.get((instance.name, metric.figure), []) for metric in METRICS}
            if missing := [metric.name for metric, values in mine.items() if not values]:
                told = f"CloudWatch has no {', '.join(missing)} of {instance.name} in the last {back:.0f} s"
                silent[instance.name] = f"{told}: is the instance stopped or gone?"
            for metric, values in mine.items():
                points += self._new(instance.name, metric, values)
        return Reading(points, silent)

    def close(self) -> None:
        """Give back the connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _new(self, host: str, metric: Metric, values: list[tuple[float, float]]) -> Iterator[Point]:
        last = self._last.get((host, metric.figure), -math.inf)
        for at, value in sorted(values):
            if at > last:
                self._last[host, metric.figure] = at
                yield Point(at, metric.figure, host, value * metric.scale)

    def _ask(self, since: float, until: float) -> Iterator[tuple[tuple[str, str], list[tuple[float, float]]]]:
        ids = {
            f"m{number}": (instance, metric)
            for number, (instance, metric) in enumerate((i, m) for i in self._instances for m in METRICS)
        }
        wanted = [
            {
                "Id": key,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/RDS",
                        "MetricName": metric.name,
                        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": instance.name}],
                    },
                    "Period": self._period,
                    "Stat": "Average",
                },
            }
            for key, (instance, metric) in ids.items()
        ]
        answer: Mapping[str, Any] = self._client.get_metric_data(
            MetricDataQueries=wanted,
            StartTime=datetime.fromtimestamp(since, UTC),
            # One second on: what ends now is not over yet.
            EndTime=datetime.fromtimestamp(math.ceil(until) + 1, UTC),
        )
        # A period that is not over is still being averaged: it is taken with the next reading.
        closed = until - self._period
        for one in answer.get("MetricDataResults", ()):
            instance, metric = ids[str(one["Id"])]
            pairs = [(at.timestamp(), float(value)) for at, value in zip(one["Timestamps"], one["Values"], strict=True)]
            yield (instance.name, metric.figure), [pair for pair in pairs if pair[0] <= closed]


def of_site(site: Site) -> list[CloudWatch]:
    """Make a source per account and region of the site's databases."""
    by_account: dict[tuple[aws.Account, int], list[Instance]] = {}
    for host in site.hosts("databases"):
        said = site.variables[host]
        if not said.get("aws_region") or not said.get("aws_db_instance") or is_template(said["aws_db_instance"]):
            continue
        account = aws.Account.from_arguments({name: said.get(f"aws_{name}") for name in aws.ARGUMENTS})
        period = int(said.get("watching_cloudwatch_period") or PERIOD)
        by_account.setdefault((account, period), []).append(Instance(str(said["aws_db_instance"])))
    return [CloudWatch(account, tuple(found), period) for (account, period), found in by_account.items() if period > 0]


def sources(site: Site, _settings: Settings, _place: Place) -> list[CloudWatch]:
    """Give CloudWatch where the site has RDS instances."""
    return of_site(site)
