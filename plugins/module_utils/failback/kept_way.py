"""Whether who asks RDS now could ask it behind the closed network too (AWS-04), where only aws_keep_sources get in.

Pure: how the server sees a session, ``observe.seen_as`` asks it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.rds_rules import networks

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class SeenAs:
    """How the server sees a session: ``shown`` is an address or a name, ``addresses`` what is known to be behind it."""

    shown: str
    addresses: tuple[str, ...] = ()


def cut_off(seen: SeenAs, keep: Sequence[str]) -> str:
    """Name the address that none of ``keep`` (CIDRs) covers; "" when one is covered, or no address is known.

    Raises ConfigError for what is no CIDR.
    """
    kept = networks(keep)
    known = [found for found in map(address_of, seen.addresses) if found]
    if any(address in one for address in known for one in kept):
        return ""
    return str(known[0]) if known else ""


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; None for a name. One of IPv4 written as IPv6 is the former."""
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
