"""Change a record by a signed RFC 2136 update that holds only while the record has the value we read.

The prerequisite "RRset exists (value dependent)" (RFC 2136, 2.4.2) makes read and write one act: whoever changed the
record in between makes our update fail with NXRRSET instead of being overwritten.
"""

from __future__ import annotations

import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update

from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SECRET = re.compile(r'\bsecret\s+"([^"]+)"\s*;')
_BASE64 = re.compile(r"^[A-Za-z0-9+/]+=*$")
_OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Server:
    """The primary server of one zone and the key that it takes updates from. The secret stays in its file."""

    address: str
    port: int
    zone: str
    key_name: str
    key_algorithm: str
    key_file: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from ``dns_servers.rfc2136``.

        Raises:
            ConfigError: a value is missing.

        """
        missing = [key for key in ("server", "zone", "key_name", "key_file") if not data.get(key)]
        if missing:
            raise ConfigError(f"dns_servers.rfc2136 lacks {', '.join(missing)}: add it to the inventory")
        return cls(
            address=str(data["server"]),
            port=int(data.get("port") or 53),
            zone=str(data["zone"]).rstrip("."),
            key_name=str(data["key_name"]),
            key_algorithm=str(data.get("key_algorithm") or "hmac-sha256"),
            key_file=str(data["key_file"]),
        )

    @property
    def asked_as(self) -> str:
        """Return the address in the form that ``answers.ask`` takes."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Change:
    """One record: exactly ``old`` is replaced by ``new`` with a TTL in seconds."""

    name: str
    type: str
    old: tuple[str, ...]
    new: str
    ttl: int


def read_secret(key_file: str) -> str:
    """Return the secret of a key file: a ``key { ... }`` statement of BIND, or the secret alone.

    Raises:
        ConfigError: it cannot be read, others may read it, or there is no secret in it. Its content is never shown.

    """
    path = Path(key_file).expanduser()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the DNS key file {key_file}: {getattr(error, 'strerror', error)}") from error
    if mode & _OTHERS_MAY_READ:
        raise ConfigError(f"the DNS key file {key_file} is open to others: chmod 600 {key_file}")
    found = _SECRET.search(text)
    secret = found[1] if found else text.strip()
    if not _BASE64.match(secret):
        raise ConfigError(f"the DNS key file {key_file} holds neither a BIND key statement nor a base64 secret")
    return secret


def replace(server: Server, change: Change, *, timeout: float) -> dict[str, object]:
    """Put ``new`` in the place of exactly ``old``; return evidence.

    Raises:
        RefusedError: the record has another value by now, the key or the policy says no.
        UnreachableError: no answer in time; whether the update was carried out is unknown.
        FailbackError: any other answer.

    """
    update = _signed(server)
    relative = _relative(server, change.name)
    update.present(relative, change.type, *change.old)
    update.replace(relative, change.ttl, change.type, change.new)
    rcode = _send(server, update, timeout, f"the change of {change.name}")
    if rcode == dns.rcode.NXRRSET:
        raise RefusedError(
            f"{change.name} was changed by someone else at the same moment: it is not {', '.join(change.old)} any more."
            " Nothing was overwritten. See who changed it, then run the phase again"
        )
    if rcode != dns.rcode.NOERROR:
        raise _refusal(server, rcode, f"the change of {change.name}")
    return {"server": server.asked_as, "zone": server.zone, "old": list(change.old), "new": change.new}


def probe(server: Server, name: str, kind: str, *, present: Sequence[str], timeout: float) -> None:
    """Prove that the key may change the record, without changing it: take away a value that it does not have.

    A prerequisite alone would not do: BIND looks into update-policy only for what is to be changed (seen on 9.18). The
    prerequisite is the record as it is, so that the value is surely not there; nothing is written and the zone's serial
    stays.

    Raises:
        As ``replace``.

    """
    update = _signed(server)
    update.present(_relative(server, name), kind, *present)
    update.delete(_relative(server, name), kind, _absent(kind, present))
    rcode = _send(server, update, timeout, f"a test update of {name}")
    if rcode != dns.rcode.NOERROR:
        raise _refusal(server, rcode, f"a test update of {name}")


def ask_zone(server: Server, *, timeout: float) -> None:
    """Ask for the zone's SOA with our key: a key that the server does not know is refused, and nothing is changed.

    Raises:
        As ``replace``; FailbackError also when it does not serve the zone.

    """
    what = f"the question for {server.zone}"
    with _usable(server):
        ring = _ring(server)
        query = dns.message.make_query(server.zone, "SOA")
        query.use_tsig(ring, dns.name.from_text(server.key_name), algorithm=server.key_algorithm)
    try:
        answer = _exchange(server, query, timeout, what)
    except dns.exception.Timeout as error:
        raise UnreachableError(
            f"{server.asked_as} did not answer {what} within {timeout:g} s. Correct server or port in"
            " dns_servers.rfc2136, or bring it up"
        ) from error
    except UnreachableError as error:
        raise UnreachableError(f"{error}. Correct server or port in dns_servers.rfc2136, or bring it up") from error
    if answer.rcode() != dns.rcode.NOERROR or not answer.answer:
        raise FailbackError(
            f"{server.asked_as} answered {dns.rcode.to_text(answer.rcode())} for {server.zone} and does not serve it:"
            " correct server or zone in dns_servers.rfc2136"
        )


def _absent(kind: str, present: Sequence[str]) -> str:
    """Pick an address that nobody has (RFC 5737, RFC 3849) and that the record does not have either."""
    prefix = "2001:db8::" if kind == "AAAA" else "203.0.113."
    return next(f"{prefix}{number}" for number in range(1, 255) if f"{prefix}{number}" not in present)


def _signed(server: Server) -> dns.update.UpdateMessage:
    with _usable(server):
        return dns.update.UpdateMessage(
            server.zone,
            keyring=_ring(server),
            keyname=dns.name.from_text(server.key_name),
            keyalgorithm=server.key_algorithm,
        )


def _ring(server: Server) -> dict[dns.name.Name, dns.tsig.Key]:
    if dns.name.from_text(server.key_algorithm) not in dns.tsig.mac_sizes:
        raise ValueError("there is no such algorithm")
    return dns.tsigkeyring.from_text({server.key_name: (server.key_algorithm, read_secret(server.key_file))})


@contextmanager
def _usable(server: Server) -> Iterator[None]:
    try:
        yield
    except (ValueError, NotImplementedError, dns.exception.DNSException) as error:
        raise ConfigError(f"the DNS key {server.key_name} ({server.key_algorithm}) cannot be used: {error}") from error


def _relative(server: Server, name: str) -> dns.name.Name:
    zone = dns.name.from_text(server.zone)
    full = dns.name.from_text(name)
    if not full.is_subdomain(zone):
        raise ConfigError(f"{name} is not in the zone {server.zone} of dns_servers.rfc2136")
    return full.relativize(zone)


def _send(server: Server, update: dns.update.UpdateMessage, timeout: float, what: str) -> dns.rcode.Rcode:
    try:
        return _exchange(server, update, timeout, what).rcode()
    except dns.exception.Timeout as error:
        raise UnreachableError(
            f"{server.asked_as} did not answer {what} within {timeout:g} s: whether it was done is unknown"
        ) from error


def _exchange(server: Server, message: dns.message.Message, timeout: float, what: str) -> dns.message.Message:
    """Send a signed message; return the answer. A Timeout is left to the caller: what it means depends on ``what``."""
    key = f"the key {server.key_name}"
    try:
        return dns.query.tcp(message, server.address, timeout=timeout, port=server.port)
    except dns.tsig.PeerBadKey as error:
        raise RefusedError(
            f"{server.asked_as} does not know {key}: nothing was changed. Correct key_name in dns_servers.rfc2136"
        ) from error
    except (dns.tsig.PeerBadSignature, dns.tsig.BadSignature) as error:
        raise RefusedError(
            f"{server.asked_as} refuses {key}: the secret in {server.key_file} is not the server's. Nothing was"
            " changed. Correct key_file in dns_servers.rfc2136, or copy the key statement again"
        ) from error
    except (dns.tsig.PeerBadTime, dns.tsig.BadTime) as error:
        raise RefusedError(
            f"{server.asked_as} refuses {what}: its clock and the clock here differ too much. Nothing was changed"
        ) from error
    except dns.exception.Timeout:
        raise
    except (OSError, EOFError) as error:
        raise UnreachableError(
            f"{server.asked_as} cannot be reached for {what}: {getattr(error, 'strerror', None) or error}"
        ) from error
    except dns.exception.DNSException as error:
        raise FailbackError(f"{server.asked_as} answered {what} with something unreadable: {error}") from error


def _refusal(server: Server, rcode: dns.rcode.Rcode, what: str) -> FailbackError:
    reasons = {
        dns.rcode.REFUSED: f"its policy does not let the key {server.key_name} do that",
        dns.rcode.NOTAUTH: f"it does not accept the key {server.key_name} for {server.zone}, or is not its primary",
        dns.rcode.NOTZONE: f"the name is not in the zone {server.zone}",
        dns.rcode.NXRRSET: "the record has another value than was read",
    }
    word = dns.rcode.to_text(rcode)
    if rcode in reasons:
        return RefusedError(f"{server.asked_as} refuses {what} ({word}): {reasons[rcode]}. Nothing was changed")
    return FailbackError(f"{server.asked_as} answers {what} with {word}. Nothing was changed")
