"""Finds out whether the DNS key may change each name, by an update that changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.access import host_needs
from failback.dns import rfc2136
from failback.dns.providers import Rfc2136
from failback.dns.records import Record
from failback.errors import ConfigError, FailbackError, UnreachableError
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNKNOWN = ("does not know", "refuses the key", "secret in", "NOTAUTH")


def look(
    records: Sequence[Mapping[str, Any]], servers: Mapping[str, Any], authoritative: Sequence[str], timeout: float
) -> tuple[list[dict[str, object]], list[Finding]]:
    """Try every name that is changed by RFC 2136. Returns what was seen and what is wrong."""
    mine = [Record.from_dict(one, authoritative) for one in records if one.get("provider") == "rfc2136"]
    if not mine:
        return [], []
    settings = servers.get("rfc2136") or {}
    provider, server = Rfc2136(settings, timeout), rfc2136.Server.from_dict(settings)
    seen: list[dict[str, object]] = []
    findings: list[Finding] = []
    for record in mine:
        found: Finding | None = None
        try:
            provider.prove(record, provider.read(record))
        except FailbackError as error:
            if isinstance(error, ConfigError):
                raise
            found = _finding(record, server, error)
        seen.append({"name": record.name, "key": server.key_name, "allowed": found is None})
        if found and found.key not in {one.key for one in findings}:
            findings.append(found)
    return seen, findings


def _finding(record: Record, server: rfc2136.Server, error: FailbackError) -> Finding:
    text = str(error)
    items = ", ".join(host_needs.TSIG_POLICY.items)
    if isinstance(error, UnreachableError):
        return Finding(
            "blocker", f"unknown:dns:{server.asked_as}", text, "open the way first (TECH-03), then look again"
        )
    if any(words in text for words in _UNKNOWN):
        step = host_needs.TSIG_KNOWN.grant.format(
            key=server.key_name, algorithm=server.key_algorithm, file=server.key_file
        )
        return Finding("blocker", f"{host_needs.TSIG_KNOWN.key}:{server.key_name}", f"{text} (for {items})", step)
    if "clock" in text:
        return Finding("blocker", "dns:clock", text, "set both clocks by NTP")
    step = host_needs.TSIG_POLICY.grant.format(
        key=server.key_name, name=record.name, type=record.type, zone=server.zone
    )
    return Finding("blocker", f"{host_needs.TSIG_POLICY.key}:{record.name}", f"{text} (for {items})", step)
