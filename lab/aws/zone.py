"""Route 53's records on a real name server: RFC 2136 updates, signed with TSIG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dns.exception
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsigkeyring
import dns.update

if TYPE_CHECKING:
    from lab.aws.config import DnsTarget

QUERY_SECONDS = 3.0
Records = dict[tuple[str, str], tuple[int, tuple[str, ...]]]


class ZoneError(RuntimeError):
    """The name server did not take the update; the message says why."""


def published(records: list[dict[str, Any]], zone: str) -> Records:
    """Return what the name server must answer: (name, type) -> (ttl, values). Pure.

    Of records with weights, those with the greatest weight are served, and none where it is 0: a static zone cannot do
    shares. Records of other zones are left out.
    """
    sets: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in records:
        if record["name"] == zone or record["name"].endswith(f".{zone}"):
            sets.setdefault((record["name"], record["type"]), []).append(record)
    answer: Records = {}
    for key, members in sets.items():
        most = max((member["weight"] for member in members if member["weight"] is not None), default=None)
        chosen = [member for member in members if member["weight"] is None or (member["weight"] == most and most > 0)]
        if chosen:
            values = tuple(sorted({value for member in chosen for value in member["values"]}))
            answer[key] = (min(member["ttl"] for member in chosen), values)
    return answer


def update(target: DnsTarget, wanted: Records, known: Records) -> None:
    """Bring the name server from what it was given before to what is wanted, in one message. Raises ZoneError."""
    keyring = dns.tsigkeyring.from_text({target.key_name: target.key_file.read_text(encoding="utf-8").strip()})
    message = dns.update.UpdateMessage(
        target.zone, keyring=keyring, keyalgorithm=dns.name.from_text(target.key_algorithm)
    )
    for name, kind in set(known) - set(wanted):
        message.delete(f"{name}.", kind)
    for (name, kind), (ttl, values) in wanted.items():
        message.replace(f"{name}.", ttl, kind, *values)
    try:
        answer = dns.query.tcp(message, target.server, timeout=QUERY_SECONDS, port=target.port)
    except (OSError, dns.exception.DNSException) as error:
        raise ZoneError(f"{target.server}: {type(error).__name__}: {error}") from error
    if answer.rcode() != dns.rcode.NOERROR:
        raise ZoneError(f"{target.server} answered {dns.rcode.to_text(answer.rcode())}")
