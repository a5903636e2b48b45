"""CloudWatch: points carry the moment they speak of, and what it does not give is named with the reason."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from failback import aws

from rollback_runner.watching.series import Point
from rollback_runner.watching.source import SourceError
from rollback_runner.watching.sources.cloudwatch import CloudWatch, Instance

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_030.0  # half a minute past a whole one
ACCOUNT = aws.Account("ap-northeast-2", "", "", "")


class Client:
    """What the API would answer: by name of the metric, (moment, value)."""

    def __init__(self, values: dict[str, list[tuple[float, float]]], error: Exception | None = None) -> None:
        self.values, self.error = values, error
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.error:
            raise self.error
        results = []
        for query in asked["MetricDataQueries"]:
            some = self.values.get(query["MetricStat"]["Metric"]["MetricName"], [])
            moments = [datetime.fromtimestamp(at, UTC) for at, _ in some]
            results.append({"Id": query["Id"], "Timestamps": moments, "Values": [value for _, value in some]})
        return {"MetricDataResults": results}

    def close(self) -> None:
        """Nothing to close."""


def source(client: Client) -> CloudWatch:
    made = CloudWatch(ACCOUNT, (Instance("shop-prod"),), clock=lambda: NOW)
    made._client = client
    return made


def test_points_are_in_our_units_at_their_own_moment_and_told_once() -> None:
    at = 1_799_999_940.0
    client = Client({"CPUUtilization": [(at, 12.5)], "DatabaseConnections": [(at, 3)], "FreeStorageSpace": [(at, 5e9)]})
    asked = source(client)
    assert list(asked.read().points) == [
        Point(at, "rds_cpu", "shop-prod", 0.125),
        Point(at, "rds_connections", "shop-prod", 3.0),
        Point(at, "rds_free_storage", "shop-prod", 5e9),
    ]
    again = asked.read()
    assert (list(again.points), dict(again.silent)) == ([], {})
    assert client.asked[0]["StartTime"].second == 0


def test_a_minute_that_is_not_over_waits() -> None:
    values = [(1_800_000_000.0, 50.0), (1_799_999_940.0, 10.0)]
    found = source(Client(dict.fromkeys(("CPUUtilization", "DatabaseConnections", "FreeStorageSpace"), values))).read()
    assert {point.at for point in found.points} == {1_799_999_940.0}


def test_no_figures_at_all_are_named() -> None:
    found = source(Client({"CPUUtilization": [(1_799_999_940.0, 1.0)]})).read()
    assert [point.figure for point in found.points] == ["rds_cpu"]
    assert "no DatabaseConnections, FreeStorageSpace of shop-prod in the last 600 s" in found.silent["shop-prod"]
    assert "stopped or gone" in found.silent["shop-prod"]


def test_refused_names_the_right_that_is_missing() -> None:
    answer = {"Error": {"Code": "AccessDenied", "Message": "User is not authorized"}}
    with pytest.raises(SourceError, match="allow cloudwatch:GetMetricData"):
        source(Client({}, ClientError(answer, "GetMetricData"))).read()  # type: ignore[arg-type]


def test_silent_ends_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that takes connections and never answers: the deadline holds."""
    credentials = tmp_path / "credentials"
    credentials.write_text("[p]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n")
    monkeypatch.setattr(aws, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        asked = CloudWatch(aws.Account("ap-northeast-2", url, str(credentials), "p"), (Instance("shop-prod"),))
        with pytest.raises(SourceError, match="the AWS API does not answer"):
            asked.read()
        asked.close()
