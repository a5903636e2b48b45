"""Route 53 against moto: compare-and-swap, refusals, no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber
from failback.dns.records import RecordSet
from failback.dns.route53 import Route53, Zone
from failback.errors import ConfigError, RefusedError, UnreachableError
from moto import mock_aws

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "m.example.net"
IDC, AWS = "192.0.2.31", "192.0.2.71"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("route53", region_name="us-east-1")
        created = client.create_hosted_zone(Name="example.net", CallerReference="1")
        found = Zone(created["HostedZone"]["Id"].rpartition("/")[2], "example.net", "", "us-east-1", "", "")
        put(found, [AWS])
        yield found


def put(zone: Zone, values: list[str], **more: object) -> None:
    client = boto3.client("route53", region_name="us-east-1")
    record = {"Name": NAME, "Type": "A", "TTL": 30, "ResourceRecords": [{"Value": value} for value in values], **more}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    client.change_resource_record_sets(HostedZoneId=zone.zone_id, ChangeBatch=batch)


def test_swap_and_wait(zone: Zone) -> None:
    api = Route53(zone, 5)
    before = api.read(NAME, "A")
    assert before == RecordSet((AWS,), 30)
    change = api.replace(NAME, "A", old=before, new=RecordSet((IDC,), 20), run="test")
    assert api.wait_in_sync(change, 5) < 5
    assert api.read(NAME, "A") == RecordSet((IDC,), 20)


def test_a_concurrent_change_is_not_overwritten(zone: Zone) -> None:
    # moto deletes by name alone; AWS refuses a DELETE whose values are not the present ones, in these words.
    api = Route53(zone, 5)
    said = f"Tried to delete resource record set [name='{NAME}.', type='A'] but the values provided do not match"
    with Stubber(api._client) as stub:
        stub.add_client_error("change_resource_record_sets", "InvalidChangeBatch", said, 400)
        with pytest.raises(RefusedError, match="changed in Route 53 by someone else"):
            api.replace(NAME, "A", old=RecordSet((AWS,), 30), new=RecordSet((IDC,), 30), run="test")


def test_the_change_names_exactly_what_was_read(zone: Zone) -> None:
    api = Route53(zone, 5)
    sent: list[dict[str, object]] = []
    api._client.meta.events.register("provide-client-params.route53.*", lambda params, **_: sent.append(params))
    api.replace(NAME, "A", old=RecordSet((AWS,), 30), new=RecordSet((IDC,), 20), run="test")
    changes = sent[0]["ChangeBatch"]["Changes"]  # type: ignore[index]
    shown = [
        (c["Action"], c["ResourceRecordSet"]["ResourceRecords"][0]["Value"], c["ResourceRecordSet"]["TTL"])
        for c in changes
    ]
    assert shown == [("DELETE", AWS, 30), ("CREATE", IDC, 20)]


def test_not_now_counts_as_silence(zone: Zone) -> None:
    api = Route53(zone, 5)
    with Stubber(api._client) as stub:
        stub.add_client_error("list_resource_record_sets", "Throttling", "Rate exceeded", 400)
        with pytest.raises(UnreachableError, match="does not carry out reading"):
            api.read(NAME, "A")


def test_the_ttl_alone_changes(zone: Zone) -> None:
    api = Route53(zone, 5)
    api.replace(NAME, "A", old=RecordSet((AWS,), 30), new=RecordSet((AWS,), 1), run="test")
    assert api.read(NAME, "A") == RecordSet((AWS,), 1)


def test_no_record_is_none(zone: Zone) -> None:
    assert Route53(zone, 5).read(f"zz.{NAME}", "A") is None


def test_a_weighted_record_is_refused(zone: Zone) -> None:
    put(zone, [IDC], SetIdentifier="one", Weight=1)
    with pytest.raises(RefusedError, match="no plain record"):
        Route53(zone, 5).read(NAME, "A")


def test_no_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    api = Route53(Zone("Z1", "example.net", "http://127.0.0.1:9", "us-east-1", "", ""), 1)
    with pytest.raises(UnreachableError, match="does not answer"):
        api.read(NAME, "A")


def test_a_missing_credentials_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="absent"):
        Route53(Zone("Z1", "example.net", "", "us-east-1", str(tmp_path / "absent"), ""), 1)
