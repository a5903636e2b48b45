"""Change a record in Route 53, only while it has the value we read.

UPSERT would overwrite whatever is there. A change batch is all or nothing, and DELETE must name the record set exactly
as it is (values and TTL); so DELETE of what we read with CREATE of what we want is a compare-and-swap (Route 53 API
reference, ChangeResourceRecordSets).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from failback.dns.records import RecordSet
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

_PLAIN = frozenset({"Name", "Type", "TTL", "ResourceRecords"})
_POLL = 0.5
_OUR_REFUSALS = frozenset({"AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"})
# Answers that say "not now" and nothing about the request: as good as silence.
_NOT_NOW = frozenset(
    {"Throttling", "ThrottlingException", "PriorRequestNotComplete", "ServiceUnavailable", "InternalFailure"}
)


@dataclass(frozen=True)
class Zone:
    """One hosted zone and how to reach the API. Credentials stay in their file."""

    zone_id: str
    zone: str
    endpoint_url: str
    region: str
    credentials_file: str
    profile: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from ``dns_servers.route53``.

        Raises:
            ConfigError: the zone's id is missing.

        """
        if not data.get("zone_id"):
            raise ConfigError("dns_servers.route53 lacks zone_id: add it to the inventory")
        return cls(
            zone_id=str(data["zone_id"]),
            zone=str(data.get("zone") or "").rstrip("."),
            endpoint_url=str(data.get("endpoint_url") or ""),
            region=str(data.get("region") or "us-east-1"),
            credentials_file=str(data.get("credentials_file") or ""),
            profile=str(data.get("profile") or ""),
        )


class Route53:
    """The API for one zone; every call has a deadline of ``timeout`` seconds."""

    def __init__(self, zone: Zone, timeout: float) -> None:
        self.zone = zone
        self._timeout = timeout
        self._client = _client(zone, timeout)

    def read(self, name: str, kind: str) -> RecordSet | None:
        """Return the record set, None when there is none.

        Raises:
            RefusedError: the name is served by an alias or a routing policy, which an address swap would break.
            UnreachableError, FailbackError: the API does not answer, or says no.

        """
        wanted = f"{name.rstrip('.')}."
        try:
            answer = self._client.list_resource_record_sets(
                HostedZoneId=self.zone.zone_id, StartRecordName=wanted, StartRecordType=kind, MaxItems="10"
            )
        except (ClientError, BotoCoreError) as error:
            self._raise(error, f"reading {name}")
        found = [one for one in answer["ResourceRecordSets"] if (one["Name"], one["Type"]) == (wanted, kind)]
        if not found:
            return None
        extra = sorted({key for one in found for key in one if key not in _PLAIN})
        if extra or len(found) > 1:
            raise RefusedError(
                f"{name} in Route 53 is no plain record ({', '.join(extra) or 'several record sets'}): move it by hand"
            )
        values = tuple(sorted(item["Value"] for item in found[0]["ResourceRecords"]))
        return RecordSet(values, int(found[0]["TTL"]))

    def replace(self, name: str, kind: str, *, old: RecordSet, new: RecordSet, run: str) -> str:
        """Put ``new`` in the place of exactly ``old``; return the change's id.

        Raises:
            RefusedError: the record is not ``old`` any more, or the credentials may not do this.
            UnreachableError: no answer; whether it was done is unknown.

        """
        batch = {
            "Comment": f"rollback-runner {run}",
            "Changes": [_change("DELETE", name, kind, old), _change("CREATE", name, kind, new)],
        }
        try:
            answer = self._client.change_resource_record_sets(HostedZoneId=self.zone.zone_id, ChangeBatch=batch)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "InvalidChangeBatch":
                raise RefusedError(
                    f"{name} was changed in Route 53 by someone else at the same moment: it is not"
                    f" {', '.join(old.values)} any more. Nothing was overwritten. See who changed it, then run the"
                    " phase again"
                ) from error
            self._raise(error, f"changing {name}")
        except BotoCoreError as error:
            self._raise(error, f"changing {name}")
        return str(answer["ChangeInfo"]["Id"])

    def wait_in_sync(self, change: str, deadline: float) -> float:
        """Wait until all of Route 53's own servers have the change; return the seconds it took.

        Raises:
            FailbackError: not within ``deadline`` seconds.

        """
        begun = time.monotonic()
        while True:
            try:
                status = self._client.get_change(Id=change)["ChangeInfo"]["Status"]
            except (ClientError, BotoCoreError) as error:
                self._raise(error, "asking for the state of the change")
            waited = time.monotonic() - begun
            if status == "INSYNC":
                return round(waited, 3)
            if waited >= deadline:
                raise FailbackError(f"Route 53 still says {status} for {change} after {deadline:g} s")
            time.sleep(_POLL)

    def _raise(self, error: ClientError | BotoCoreError, what: str) -> NoReturn:
        where = f"Route 53 ({self.zone.endpoint_url or self.zone.region})"
        if isinstance(error, ClientError):
            code = str(error.response.get("Error", {}).get("Code", ""))
            text = str(error.response.get("Error", {}).get("Message", error))
            if code in _NOT_NOW:
                raise UnreachableError(f"{where} does not carry out {what} now: {code}: {text}") from error
            kind = RefusedError if code in _OUR_REFUSALS else FailbackError
            raise kind(f"{where} refuses {what}: {code}: {text}") from error
        raise UnreachableError(f"{where} does not answer {what}: {error}") from error


def _client(zone: Zone, timeout: float) -> Any:
    session = botocore.session.Session(profile=zone.profile or None)
    if zone.credentials_file:
        path = Path(zone.credentials_file).expanduser()
        if not os.access(path, os.R_OK):
            raise ConfigError(f"cannot read the AWS credentials file {zone.credentials_file}")
        session.set_config_variable("credentials_file", str(path))
    settings = Config(connect_timeout=min(3.0, timeout), read_timeout=timeout, retries={"total_max_attempts": 2})
    try:
        return boto3.Session(botocore_session=session, region_name=zone.region).client(
            "route53", endpoint_url=zone.endpoint_url or None, config=settings
        )
    except BotoCoreError as error:
        raise ConfigError(f"dns_servers.route53: {error}") from error


def _change(action: str, name: str, kind: str, content: RecordSet) -> dict[str, object]:
    return {
        "Action": action,
        "ResourceRecordSet": {
            "Name": f"{name.rstrip('.')}.",
            "Type": kind,
            "TTL": content.ttl,
            "ResourceRecords": [{"Value": value} for value in content.values],
        },
    }
