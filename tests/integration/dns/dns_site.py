"""Two real name servers: an authoritative one that takes signed updates, and a resolver that caches."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.message
import dns.query
import dns.rdatatype
import dns.tsigkeyring
import dns.update
from daemons import Daemon, free_port

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

ZONE = "shop.example.org"
WWW = f"www.{ZONE}"
IDC, AWS, THIRD = "192.0.2.31", "192.0.2.71", "192.0.2.99"
KEY = "rr-test"
TTL = 3

_COMMON = """\
directory "{directory}"; pid-file none; session-keyfile none; listen-on-v6 {{ none; }};
listen-on port {port} {{ 127.0.0.1; }}; dnssec-validation no; notify no;
"""
_PRIMARY = """\
include "{key}";
options {{ {common} recursion no; }};
controls {{ }};
zone "{zone}" {{ type primary; file "{directory}/zone"; update-policy {{ grant {key_name} zonesub A; }}; }};
"""
_RESOLVER = """\
options {{ {common} recursion yes; allow-query {{ any; }}; prefetch 0; forward only;
  forwarders {{ 127.0.0.1 port {upstream}; }}; }};
controls {{ }};
"""
_RECORDS = """\
$ORIGIN {zone}.
$TTL 60
@ IN SOA ns1 hostmaster 1 3600 600 86400 5
@ IN NS ns1
ns1 IN A 127.0.0.1
www {ttl} IN A {aws}
db {ttl} IN A {aws}
other {ttl} IN A {third}
"""


@dataclass
class Named:
    """One running name server."""

    daemon: Daemon
    port: int

    @property
    def address(self) -> str:
        """Its address as the inventory writes it."""
        return f"127.0.0.1:{self.port}"

    def values(self, name: str = WWW) -> list[str]:
        """What it answers."""
        reply = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", timeout=1, port=self.port)
        return sorted(item.to_text() for found in reply.answer for item in found if found.rdtype == dns.rdatatype.A)

    def ttl(self, name: str = WWW) -> int:
        """The TTL it gives out."""
        reply = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", timeout=1, port=self.port)
        return int(reply.answer[0].ttl)


class Site:
    """A zone with its key, its primary and a resolver."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.secret = base64.b64encode(os.urandom(32)).decode()
        self.key_file = directory / "tsig.key"
        self.write_key(self.key_file, self.secret)
        self.primary = self._start("primary", _PRIMARY)
        self.resolver = self._start("resolver", _RESOLVER, upstream=self.primary.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resolver.daemon.stop()
        self.primary.daemon.stop()

    @staticmethod
    def write_key(path: Path, secret: str, name: str = KEY) -> None:
        """Write a key statement as tsig-keygen does, readable by its owner alone."""
        path.write_text(f'key "{name}" {{\n\talgorithm hmac-sha256;\n\tsecret "{secret}";\n}};\n', encoding="utf-8")
        path.chmod(0o600)

    def _start(self, name: str, template: str, upstream: int = 0) -> Named:
        directory = self.directory / name
        directory.mkdir()
        port = free_port()
        common = _COMMON.format(directory=directory, port=port)
        text = template.format(
            common=common, directory=directory, zone=ZONE, key=self.key_file, key_name=KEY, upstream=upstream
        )
        (directory / "named.conf").write_text(text, encoding="utf-8")
        zone = _RECORDS.format(zone=ZONE, ttl=TTL, aws=AWS, third=THIRD)
        (directory / "zone").write_text(zone, encoding="utf-8")
        daemon = Daemon(["named", "-g", "-4", "-n", "1", "-c", str(directory / "named.conf")], self.directory, name)
        server = Named(daemon, port)
        daemon.wait_until(lambda: _answers(server))
        return server

    def change_as_somebody_else(self, name: str, value: str) -> None:
        """Change a record with the key, past the tool."""
        update = dns.update.UpdateMessage(ZONE, keyring=dns.tsigkeyring.from_text({KEY: ("hmac-sha256", self.secret)}))
        update.replace(name.removesuffix(f".{ZONE}"), TTL, "A", value)
        assert dns.query.tcp(update, "127.0.0.1", timeout=2, port=self.primary.port).rcode() == 0

    def record(self, name: str = WWW, **more: Any) -> dict[str, Any]:
        """One entry of dns_records."""
        return {"name": name, "type": "A", "idc": IDC, "aws": AWS, "ttl": TTL, "provider": "rfc2136", **more}

    def server(self, **more: Any) -> dict[str, Any]:
        """The entry dns_servers.rfc2136."""
        base = {"server": "127.0.0.1", "port": self.primary.port, "zone": ZONE, "key_name": KEY}
        return {**base, "key_algorithm": "hmac-sha256", "key_file": str(self.key_file), **more}

    def change(self, *records: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Arguments of dns_record."""
        base = {"records": list(records) or [self.record()], "servers": {"rfc2136": self.server()}, "side": "idc"}
        return {**base, "authoritative": [self.primary.address], "timeout": 2, **more}

    def answers(self, **more: Any) -> dict[str, Any]:
        """Arguments of dns_answers."""
        base = {"records": [self.record()], "authoritative": [self.primary.address], "side": "idc"}
        return {**base, "resolvers": [self.resolver.address], "timeout": 1, **more}


def _answers(server: Named) -> bool:
    try:
        return bool(server.values())
    except dns.exception.DNSException:
        return False
