"""What the lab's CloudWatch shows is measured: parsed from the server's own words, and nothing without two readings."""

from __future__ import annotations

import pytest

from lab import monitoring
from lab.aws import figures, requests

STAT = "1 (my sqld) S 0 1 1 0 -1 4194560 9 0 0 0 250 150 0 0 20 0 40 0 5 6 7"
TEXT = f"{STAT}\n1000.50 3000.00\n2\n/dev/vda1 1000 400 600 40% /var/lib/mysql\n49\n"


def test_a_reading_is_parsed() -> None:
    assert figures.parse(TEXT) == figures.Reading(4.0, 1000.5, 2, 600, 49)
    with pytest.raises(ValueError, match="not what was asked for"):
        figures.parse("Error response from daemon")


def test_processor_time_needs_two_readings_of_one_server() -> None:
    first, second = figures.parse(TEXT), figures.Reading(9.0, 1010.5, 2, 600, 50)
    assert [name for name, _, _ in figures.metrics(None, second)] == ["DatabaseConnections", "FreeStorageSpace"]
    assert ("CPUUtilization", 25.0, "Percent") in figures.metrics(first, second)
    # A restarted server begins to count anew.
    assert len(figures.metrics(second, first)) == 2


def test_an_action_named_in_a_header_is_judged_by_the_name_policies_use() -> None:
    signed = "AWS4-HMAC-SHA256 Credential=KEY/20261122/ap-northeast-2/monitoring/aws4_request, SignedHeaders=host"
    call = requests.read("POST", "/", "", signed, b"{}", "1", "GraniteServiceVersion20100801.GetMetricData")
    assert call is not None
    assert (call.name, call.resources) == ("cloudwatch:GetMetricData", ("*",))


def test_prometheus_looks_at_each_exporter() -> None:
    text = monitoring.targets()
    for target in ("172.30.77.11:9100", "172.30.77.11:9104", "172.30.77.31:8405", "172.30.77.71:8405"):
        assert target in text
    assert '"basic_auth_users"' in monitoring.web("$2b$05$x")
