"""Whether who asks RDS now could ask it behind the closed network too (AWS-04), where only aws_keep_sources get in.

RDS itself says under which address it sees a session: behind NAT or a VPN nobody else knows. It shows a name instead
unless skip_name_resolve is on; the host cache has its address then (MySQL reference, "The host_cache Table"), but only
with performance_schema, which small RDS instances run without.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import MySQLError
from failback.rds_rules import networks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Server


@dataclass(frozen=True)
class SeenAs:
    """How the server sees a session: ``shown`` is an address or a name, ``addresses`` what is known to be behind it."""

    shown: str
    addresses: tuple[str, ...] = ()


def seen_as(server: Server) -> SeenAs:
    """Ask the server how it sees this very session. Raises ``failback.errors``."""
    shown = server.text("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    if _address(shown):
        return SeenAs(shown, (shown,))
    try:
        rows = server.rows("SELECT ip AS ip FROM performance_schema.host_cache WHERE host = %s", (shown,))
    except MySQLError:
        return SeenAs(shown)  # without the right to read it
    return SeenAs(shown, tuple(sorted(str(row["ip"]) for row in rows)))


def cut_off(seen: SeenAs, keep: Sequence[str]) -> str:
    """Name the address that none of ``keep`` (CIDRs) covers; "" when one is covered, or no address is known.

    Raises ConfigError for what is no CIDR.
    """
    kept = networks(keep)
    known = [found for found in map(_address, seen.addresses) if found]
    if any(address in one for address in known for one in kept):
        return ""
    return str(known[0]) if known else ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def reason(address: str, keep: Sequence[str]) -> tuple[str, str]:
    """Say what is wrong, and what to do, for the one who runs the tool."""
    wrong = (
        f"RDS sees this machine as {address}, which aws_keep_sources ({', '.join(keep)}) does not cover: once the"
        " network is closed (AWS-04), RDS answers it no more and the fence stays unproven"
    )
    return wrong, f"add {network(address)} to aws_keep_sources"


def network(address: str) -> str:
    """Give the CIDR of this one address."""
    return str(ipaddress.ip_network(address))
