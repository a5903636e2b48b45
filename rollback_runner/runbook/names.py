"""The names of the service: how each is changed by hand, and asked. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollback_runner.runbook.model import Code
from rollback_runner.runbook.words import word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback_runner.runbook.site_view import View


def updates(view: View, *, side: str, ttl: int | None) -> Iterator[Code]:
    """Point every name to one side (`idc`, `aws`), with `ttl` seconds; None is the name's own TTL."""
    servers = view.service.get("dns_servers") or {}
    for record in view.records:
        seconds = int(record.get("ttl") or 0) if ttl is None else ttl
        if record.get("provider") == "rfc2136":
            yield Code(_nsupdate(servers.get("rfc2136") or {}, record, str(record[side]), seconds))
        elif record.get("provider") == "route53":
            yield Code(_route53(servers.get("route53") or {}, record, str(record[side]), seconds))


def _nsupdate(server: Mapping[str, Any], record: Mapping[str, Any], address: str, ttl: int) -> str:
    full, kind = record["name"], record["type"]
    lines = [
        f"server {server.get('server')} {server.get('port') or 53}",
        f"zone {server.get('zone')}",
        f"prereq yxrrset {full} {kind}",
        f"update delete {full} {kind}",
        f"update add {full} {ttl} {kind} {address}",
        "send",
    ]
    return f"nsupdate -k {word(server.get('key_file', ''))} <<'END'\n" + "\n".join(lines) + "\nEND"


def _route53(zone: Mapping[str, Any], record: Mapping[str, Any], address: str, ttl: int) -> str:
    wanted = {
        "Name": record["name"],
        "Type": record["type"],
        "TTL": ttl,
        "ResourceRecords": [{"Value": address}],
    }
    batch = json.dumps({"Changes": [{"Action": "UPSERT", "ResourceRecordSet": wanted}]})
    return (
        f"route53 change-resource-record-sets --hosted-zone-id {word(zone.get('zone_id', ''))}"
        f" --change-batch {word(batch)}"
    )


def questions(view: View) -> str:
    """Ask every name server and resolver for every name."""
    everywhere = view.service.get("dns_authoritative") or []
    resolvers = view.service.get("dns_resolvers") or []
    lines = []
    for record in view.records:
        for server in [*(record.get("authoritative") or everywhere), *resolvers]:
            host, _, port = str(server).partition(":")
            given = f" -p {port}" if port else ""
            lines.append(f"dig +short @{word(host)}{given} {word(record['name'])} {record['type']}   # {record['idc']}")
    return "\n".join(lines)
