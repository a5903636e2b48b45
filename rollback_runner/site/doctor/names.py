"""The doctor's look at the places where names are changed: the key of a name server, a zone of Route 53."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.dns import rfc2136
from failback.dns.records import Record
from failback.dns.route53 import Route53, Zone
from failback.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.dns.records import RecordSet

_PATIENCE = 5.0  # seconds for one answer from outside


def zone(settings: Mapping[str, Any] | None, records: Sequence[Mapping[str, Any]]) -> str:
    """Read every record that lies there: the API, the credentials and the zone, without a change."""
    if not settings:
        raise ValueError("dns_records use route53, and dns_servers has no entry route53")
    api = Route53(Zone.from_dict(settings), _PATIENCE)
    told = []
    for data in records:
        record = Record.from_dict(data, ["not asked here"])
        found = _read(api, record)
        if found is None or record.side(found.values) == "other":
            shown = ", ".join(found.values) if found else "nothing"
            raise ValueError(f"{record.name} has {shown} there, neither its AWS nor its IDC value")
        told.append(f"{record.name} leads to {record.side(found.values)}, TTL {found.ttl} s")
    return "; ".join(told)


def _read(api: Route53, record: Record) -> RecordSet | None:
    try:
        return api.read(record.name, record.type)
    except UnreachableError as error:
        raise ValueError(
            f"{error}. Correct region or endpoint_url in dns_servers.route53, or the way out (site_https_proxy,"
            " site_no_proxy)"
        ) from error


def key(settings: Mapping[str, Any]) -> str:
    """Ask for the zone with our key: a key the server does not know is refused, and nothing is changed."""
    server = rfc2136.Server.from_dict(settings)
    rfc2136.ask_zone(server, timeout=_PATIENCE)
    return f"{server.address} knows the key {server.key_name} and serves {server.zone}"
