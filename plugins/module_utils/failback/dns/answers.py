"""Ask name servers one by one, and judge what their answers mean. Asking has a deadline; judging is pure.

TTL facts: RFC 1035 section 3.2.1, RFC 2181 section 8. A cache may keep an answer for the TTL it was given, counted from
when it was fetched. So after a change, the longest anybody may still see the old value is the old TTL; what a listed
resolver still has is the TTL it reports.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DNS_PORT = 53


@dataclass(frozen=True)
class Answer:
    """What one server said about one name. ``values`` is sorted; ``ttl`` in seconds is what is left of it there."""

    server: str
    name: str
    type: str
    values: tuple[str, ...]
    ttl: int
    authoritative: bool
    milliseconds: float
    error: str = ""

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        kept: dict[str, object] = {
            "server": self.server,
            "name": self.name,
            "values": list(self.values),
            "ttl": self.ttl,
            "authoritative": self.authoritative,
            "milliseconds": self.milliseconds,
        }
        return kept | ({"error": self.error} if self.error else {})


def server_address(text: str) -> tuple[str, int]:
    """Split ``192.0.2.1``, ``192.0.2.1:5353`` or ``[2001:db8::1]:5353``.

    Raises:
        ConfigError: the port is not a number.

    """
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if port and not port.isdigit():
        raise ConfigError(f"{text} is not the address of a name server: the port must be a number")
    return host, int(port or DNS_PORT)


@dataclass(frozen=True)
class Question:
    """What is asked, with a timeout in seconds.

    ``recurse`` lets a resolver fetch what it does not have; ``must_own`` wants an authoritative answer.
    """

    name: str
    type: str
    timeout: float
    recurse: bool = False
    must_own: bool = False


def ask(server: str, question: Question) -> Answer:
    """Ask one server, by UDP and where the answer is cut by TCP. Never raises for what the network does."""
    host, port = server_address(server)
    query = dns.message.make_query(question.name, question.type)
    if not question.recurse:
        query.flags &= ~dns.flags.RD
    begun = time.monotonic()
    values: tuple[str, ...] = ()
    ttl, authoritative, error = 0, False, ""
    try:
        reply, _ = dns.query.udp_with_fallback(query, host, timeout=question.timeout, port=port)
    except dns.exception.Timeout:
        error = f"no answer within {question.timeout:g} s"
    except (OSError, dns.exception.DNSException, ValueError) as trouble:
        error = str(trouble) or type(trouble).__name__
    else:
        authoritative = bool(reply.flags & dns.flags.AA)
        wanted = dns.rdatatype.from_text(question.type)
        sets = [found for found in reply.answer if found.rdtype == wanted]
        values = tuple(sorted(item.to_text() for found in sets for item in found))
        ttl = min((found.ttl for found in sets), default=0)
        if reply.rcode() != dns.rcode.NOERROR:
            error = f"answers {dns.rcode.to_text(reply.rcode())}"
        elif not values:
            error = f"has no {question.type} record"
        elif question.must_own and not authoritative:
            error = "is not authoritative for it"
    milliseconds = round((time.monotonic() - begun) * 1000, 1)
    return Answer(server, question.name, question.type, values, ttl, authoritative, milliseconds, error)


def ask_all(servers: Sequence[str], question: Question) -> list[Answer]:
    """Ask every server at the same time; the answers come in the order of the servers."""
    if not servers:
        return []
    with ThreadPoolExecutor(max_workers=min(16, len(servers))) as pool:
        return list(pool.map(lambda server: ask(server, question), servers))


def zone_servers(server: str, name: str, timeout: float) -> dict[str, tuple[str, ...]]:
    """Ask an authoritative server who else serves the name's zone: name of the server -> its addresses.

    Addresses are those that the server itself knows; a name server outside its zones has none. {} without an answer.
    """
    host, port = server_address(server)
    labels = name.rstrip(".").split(".")
    for place in range(len(labels) - 1):
        zone = ".".join(labels[place:])
        query = dns.message.make_query(zone, "NS")
        try:
            reply, _ = dns.query.udp_with_fallback(query, host, timeout=timeout, port=port)
        except (OSError, dns.exception.DNSException, ValueError):
            return {}
        found = [item.target.to_text() for one in reply.answer if one.rdtype == dns.rdatatype.NS for item in one]
        if found:
            return {one: _addresses(server, one, timeout) for one in sorted(found)}
    return {}


def unlisted(found: Mapping[str, Sequence[str]], listed: Sequence[str]) -> list[str]:
    """Name the zone's servers of which no address is listed; those of unknown address too, when fewer are listed."""
    known = {server_address(text)[0] for text in listed}
    missing = [name for name, addresses in found.items() if addresses and not known & set(addresses)]
    nameless = [name for name, addresses in found.items() if not addresses]
    return missing + (nameless if len(known) < len(found) else [])


def _addresses(server: str, name: str, timeout: float) -> tuple[str, ...]:
    return tuple(value for kind in ("A", "AAAA") for value in ask(server, Question(name, kind, timeout)).values)


@dataclass(frozen=True)
class Verdict:
    """What a set of answers means for the wanted value."""

    wanted: str
    unreachable: tuple[str, ...]
    other: tuple[str, ...]
    stale_seconds: int

    @property
    def agreed(self) -> bool:
        """Whether every server answered, and with the wanted value alone."""
        return not self.unreachable and not self.other


def judge(answers: Sequence[Answer], wanted: str) -> Verdict:
    """Sort the servers: silent or refusing, and answering something else, with the longest TTL left among those."""
    other = [answer for answer in answers if not answer.error and answer.values != (wanted,)]
    return Verdict(
        wanted=wanted,
        unreachable=tuple(f"{answer.server} {answer.error}" for answer in answers if answer.error),
        other=tuple(f"{a.server} answers {', '.join(a.values)} for {a.ttl} s more" for a in other),
        stale_seconds=max((answer.ttl for answer in other), default=0),
    )


def present_value(answers: Sequence[Answer]) -> tuple[str, ...] | None:
    """Return the values that all servers that answered agree on; None when they differ or nobody answered."""
    seen = {answer.values for answer in answers if not answer.error}
    return seen.pop() if len(seen) == 1 else None


def side_of(values: Sequence[str], idc: str, aws: str) -> str:
    """Name the side that these values lead to: idc, aws, or other (anything but exactly one of the two)."""
    return {idc: "idc", aws: "aws"}.get(values[0], "other") if len(values) == 1 else "other"


def worst_stale(ttl_before: int, seconds_since: float) -> int:
    """Return how many seconds from now some cache in the world may still give the old value."""
    return max(0, round(ttl_before - seconds_since))
