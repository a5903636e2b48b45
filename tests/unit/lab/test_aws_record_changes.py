"""A batch for Route 53 is judged by the records that stand, and moto's server with our answers does so."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from lab.aws import record_changes as changes

IDC, AWS = "192.0.2.31", "192.0.2.71"


def change(action: str, value: str, ttl: int, name: str = "m.shop.example.net.") -> dict[str, Any]:
    records = {"Name": name, "Type": "A", "TTL": ttl, "ResourceRecords": [{"Value": value}]}
    return {"Action": action, "ResourceRecordSet": records}


def swap(old: tuple[str, int], new: tuple[str, int]) -> list[dict[str, Any]]:
    return [change("DELETE", *old), change("CREATE", *new)]


def after(*batches: list[dict[str, Any]]) -> list[Any]:
    history: list[Any] = [change("UPSERT", AWS, 30)]
    for batch in batches:
        changes.check(changes.standing(history), batch)
        history = [*changes.standing(history), *batch]
    return changes.standing(history)


def test_what_was_changed_and_put_back_can_be_changed_again() -> None:
    low, back = swap((AWS, 30), (AWS, 1)), swap((AWS, 1), (AWS, 30))
    assert after(low, back, low) == [change("UPSERT", AWS, 1)]


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        (swap((IDC, 30), (IDC, 1)), "do not match the current values"),
        (swap((AWS, 1), (IDC, 1)), "do not match the current values"),
        ([change("DELETE", AWS, 30, "other.shop.example.net")], "was not found"),
        ([change("CREATE", AWS, 30)], "already exists"),
        ([*swap((AWS, 30), (IDC, 30)), change("DELETE", AWS, 30)], "do not match the current values"),
    ],
)
def test_what_is_not_so_is_refused(batch: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(changes.BatchError, match=told):
        after(batch)


def test_a_value_that_it_once_had_deletes_nothing() -> None:
    with pytest.raises(changes.BatchError, match="do not match"):
        after(swap((AWS, 30), (IDC, 30)), swap((AWS, 30), (IDC, 1)))


# In a process of its own: `answers.install` changes moto for good.
SCRIPT = f"""
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from lab.aws import answers
answers.install(None)
def swap(old, new):
    changes = [("DELETE", old), ("CREATE", new)]
    batch = [{{"Action": a, "ResourceRecordSet": {{"Name": "m.shop.example.net.", "Type": "A", "TTL": t,
              "ResourceRecords": [{{"Value": v}}]}}}} for a, (v, t) in changes]
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={{"Changes": batch}})
with mock_aws():
    client = boto3.client("route53", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    zone = client.create_hosted_zone(Name="shop.example.net", CallerReference="1")["HostedZone"]["Id"]
    first = {{"Action": "CREATE", "ResourceRecordSet": {{"Name": "m.shop.example.net.", "Type": "A", "TTL": 30,
             "ResourceRecords": [{{"Value": "{AWS}"}}]}}}}
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={{"Changes": [first]}})
    for old, new in [(30, 1), (1, 30), (30, 1)]:
        swap(("{AWS}", old), ("{AWS}", new))
    try:
        swap(("{AWS}", 30), ("{IDC}", 1))
    except ClientError as error:
        print(error.response["Error"]["Code"])
    found = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    print([(one["TTL"], one["ResourceRecords"][0]["Value"]) for one in found if one["Type"] == "A"])
"""


def test_motos_server_answers_so() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.splitlines() == ["InvalidChangeBatch", f"[(1, '{AWS}')]"], done.stderr[-2000:]
