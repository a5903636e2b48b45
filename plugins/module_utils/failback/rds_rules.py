"""Which network rules to change so that only the kept sources reach the database port. Pure.

A security group only allows, so what lets others in is taken out, and noted in tags to be put back. A network ACL is
read in order of its rule numbers, so entries in front of the others suffice, and undoing is deleting them.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TAG = "rollback-runner:undo:"
KEPT = "kept by rollback-runner"
_MOST_TAGS = 40  # AWS allows 50 on a resource
_MOST_TAG_VALUE = 256
_TCP = "6"
_SIX = 6
_KINDS = {4: "cidr", _SIX: "cidr6"}


@dataclass(frozen=True, order=True)
class Rule:
    """One source of one ingress permission of a security group. Ports -1: all of the protocol."""

    protocol: str
    low: int
    high: int
    kind: str  # cidr, cidr6, group or prefix
    source: str
    description: str = ""

    def reaches(self, port: int) -> bool:
        """Whether it lets TCP in on the port."""
        return self.protocol == "-1" or (self.protocol in {"tcp", _TCP} and self.low <= port <= self.high)

    def as_permission(self) -> dict[str, object]:
        """Return it as EC2's IpPermission with this one source."""
        where, key = {
            "cidr": ("IpRanges", "CidrIp"),
            "cidr6": ("Ipv6Ranges", "CidrIpv6"),
            "group": ("UserIdGroupPairs", "GroupId"),
            "prefix": ("PrefixListIds", "PrefixListId"),
        }[self.kind]
        source = {key: self.source} | ({"Description": self.description} if self.description else {})
        ports: dict[str, object] = {} if self.protocol == "-1" else {"FromPort": self.low, "ToPort": self.high}
        return {"IpProtocol": self.protocol, **ports, where: [source]}

    def as_tag(self) -> str:
        """Return it as a tag's value, to be read by ``rule_from_tag``."""
        fields = [self.protocol, self.low, self.high, self.kind, self.source, self.description]
        text = json.dumps(fields, separators=(",", ":"))
        return text if len(text) <= _MOST_TAG_VALUE else json.dumps([*fields[:5], ""], separators=(",", ":"))

    def __str__(self) -> str:
        ports = "all" if self.protocol == "-1" else f"{self.low}-{self.high}"
        return f"{self.protocol} {ports} from {self.source}"


def rule_from_tag(value: str) -> Rule:
    """Read what ``Rule.as_tag`` wrote."""
    protocol, low, high, kind, source, description = json.loads(value)
    return Rule(str(protocol), int(low), int(high), str(kind), str(source), str(description))


def rules_of(permissions: Iterable[Mapping[str, object]]) -> list[Rule]:
    """Flatten EC2's IpPermissions: one rule for each source."""
    keys = (
        ("IpRanges", "CidrIp", "cidr"),
        ("Ipv6Ranges", "CidrIpv6", "cidr6"),
        ("UserIdGroupPairs", "GroupId", "group"),
        ("PrefixListIds", "PrefixListId", "prefix"),
    )
    found: list[Rule] = []
    for permission in permissions:
        low, high = _port(permission.get("FromPort")), _port(permission.get("ToPort"))
        protocol = str(permission.get("IpProtocol", "-1"))
        for where, key, kind in keys:
            sources = permission.get(where)
            found += [
                Rule(protocol, low, high, kind, str(source[key]), str(source.get("Description") or ""))
                for source in (sources if isinstance(sources, list) else [])
            ]
    return sorted(found)


def _port(value: object) -> int:
    return -1 if value is None else int(str(value))


@dataclass(frozen=True)
class GroupPlan:
    """What to change on one security group."""

    revoke: list[Rule]
    authorize: list[Rule]

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.revoke or self.authorize)


def networks(keep: Sequence[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Read CIDRs. Raises ConfigError for what is none, with what may be meant."""
    found = []
    for source in keep:
        try:
            found.append(ipaddress.ip_network(source))
        except ValueError as error:
            raise ConfigError(f"aws_keep_sources has {source}, which is no network: {_meant(source)}") from error
    return found


def _meant(source: str) -> str:
    try:
        one = ipaddress.ip_interface(source)
    except ValueError:
        return "write an address such as 192.0.2.10/32, or a network such as 192.0.2.0/24"
    return f"write {ipaddress.ip_network(one.ip)} for the one address, or {one.network} for all of its network"


def plan_group(rules: Sequence[Rule], port: int, keep: Sequence[str], noted: int = 0) -> GroupPlan:
    """Leave the kept sources and nobody else on the port; rules that do not touch it stay.

    Raises RefusedError when there are more rules than can be noted for the way back, ConfigError as ``networks`` does.
    """
    kept = networks(keep)
    revoke = [rule for rule in rules if rule.reaches(port) and not _within(rule, kept)]
    if len(revoke) + noted > _MOST_TAGS:
        raise RefusedError(
            f"the security group has {len(revoke)} rules that let others in, more than can be noted for the way back;"
            " use a prefix list, or aws_network_fence: network_acl"
        )
    stay = [rule for rule in rules if rule not in revoke and rule.reaches(port) and rule.kind in _KINDS.values()]
    have = [ipaddress.ip_network(rule.source) for rule in stay]
    authorize = [
        Rule("tcp", port, port, _KINDS[source.version], str(source), KEPT)
        for source in kept
        if not any(_subnet(source, network) for network in have)
    ]
    return GroupPlan(revoke, authorize)


def _within(rule: Rule, kept: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    if rule.kind not in _KINDS.values():
        return False  # whom a group or list stands for cannot be told from here
    return any(_subnet(ipaddress.ip_network(rule.source), source) for source in kept)


def _subnet(
    inner: ipaddress.IPv4Network | ipaddress.IPv6Network, outer: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


@dataclass(frozen=True, order=True)
class AclEntry:
    """One ingress entry of a network ACL that we add."""

    number: int
    action: str  # allow or deny
    cidr: str

    def as_call(self, port: int) -> dict[str, object]:
        """Return it as arguments of CreateNetworkAclEntry."""
        return {
            "RuleNumber": self.number,
            "RuleAction": self.action,
            "Ipv6CidrBlock" if ":" in self.cidr else "CidrBlock": self.cidr,
            "Protocol": _TCP,
            "Egress": False,
            "PortRange": {"From": port, "To": port},
        }


def acl_entries(keep: Sequence[str], *, six: bool) -> list[AclEntry]:
    """Return all entries that leave the port to the kept sources; ``six``: the ACL lets IPv6 in by itself."""
    denied = ["0.0.0.0/0", *(["::/0"] if six or any(one.version == _SIX for one in networks(keep)) else [])]
    found = [("allow", source) for source in keep] + [("deny", source) for source in denied]
    return [AclEntry(number, action, cidr) for number, (action, cidr) in enumerate(found, start=1)]


def cidr_of(entry: Mapping[str, object]) -> str:
    """Name the sources of an ACL's entry, IPv4 or IPv6."""
    return str(entry.get("CidrBlock") or entry.get("Ipv6CidrBlock") or "")


def plan_acl(
    entries: Iterable[Mapping[str, object]], ours: Sequence[int], port: int, keep: Sequence[str]
) -> list[AclEntry]:
    """Return the entries still to be added in front; [] when they are all there.

    IPv6 is denied where an entry lets it in; an ACL without one denies it already. ``ours`` are the numbers noted on
    the ACL as ours. Raises RefusedError when there is no room in front.
    """
    ingress = [entry for entry in entries if not entry.get("Egress")]
    others = [int(str(entry["RuleNumber"])) for entry in ingress if int(str(entry["RuleNumber"])) not in ours]
    wanted = acl_entries(keep, six=any(e.get("Ipv6CidrBlock") and e["RuleAction"] == "allow" for e in ingress))
    first = min(others, default=32767)
    if first <= len(wanted):
        raise RefusedError(
            f"the network ACL has rule {first}, so there is no room for {len(wanted)} rules in front of it: renumber it"
            " before the fail-back"
        )
    there = {(int(str(e["RuleNumber"])), str(e["RuleAction"]), cidr_of(e)) for e in ingress if _on(e, port)}
    return [entry for entry in wanted if (entry.number, entry.action, entry.cidr) not in there]


def _on(entry: Mapping[str, object], port: int) -> bool:
    ports = entry.get("PortRange")
    return isinstance(ports, dict) and ports.get("From") == port and ports.get("To") == port
