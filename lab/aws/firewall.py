"""Security groups and network ACLs as nftables rules in the instance's own network namespace.

Facts (EC2 guide, "Security group connection tracking"): a security group is stateful, so a rule that goes away stops
new connections and leaves tracked ones alone. A network ACL is stateless and judges each packet in both directions, so
a deny breaks live connections at once, in silence. Both must let a packet pass. Anything a rule says that cannot be
enforced here (a group or a prefix list as the source) lets nothing through, and is reported.
"""

from __future__ import annotations

import ipaddress
import subprocess
from dataclasses import dataclass
from typing import Any

TABLE = "rr_aws"
APPLY_SECONDS = 20
_PROTOCOLS = {"6": "tcp", "17": "udp", "tcp": "tcp", "udp": "udp"}
_ALL = "-1"
CLOSING_RULE = 32_767


class FirewallError(RuntimeError):
    """The rules could not be put in place; the message is nft's."""


@dataclass(frozen=True)
class Ruleset:
    """The text for `nft -f -`, and what of the rules it leaves out."""

    text: str
    not_enforced: tuple[str, ...]


def ruleset(desired: dict[str, Any], instance: str, address: str) -> Ruleset:
    """Translate what AWS says about one instance at one address. Pure."""
    problems: list[str] = []
    groups = [desired["security_groups"].get(name, {}) for name in desired["instances"][instance]["security_groups"]]
    acl = acl_of(desired, address)
    chains = [
        _acl_chain("acl_in", "input", "saddr", acl, egress=False),
        _acl_chain("acl_out", "output", "daddr", acl, egress=True),
        _group_chain(
            "group_in", "input", "saddr", [rule for group in groups for rule in group.get("ingress", [])], problems
        ),
        _group_chain(
            "group_out", "output", "daddr", [rule for group in groups for rule in group.get("egress", [])], problems
        ),
    ]
    body = "\n".join(chains)
    # One transaction: the old table goes and the new one comes, and no packet sees neither.
    return Ruleset(
        f"table inet {TABLE} {{}}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{body}\n}}\n", tuple(problems)
    )


def acl_of(desired: dict[str, Any], address: str) -> dict[str, Any] | None:
    """Return the network ACL of the subnet that the address lies in; the default one lets everything pass."""
    inside = {
        name for name, cidr in desired["subnets"].items() if ipaddress.ip_address(address) in ipaddress.ip_network(cidr)
    }
    found: list[dict[str, Any]] = [acl for acl in desired["network_acls"] if inside & set(acl["subnets"])]
    return found[0] if found else None


def apply(rules: Ruleset, container: str) -> None:
    """Put the rules into a container's namespace. Raises FirewallError."""
    argv = ["docker", "exec", "-i", container, "nft", "-f", "-"]
    done = subprocess.run(argv, input=rules.text, text=True, capture_output=True, timeout=APPLY_SECONDS, check=False)
    if done.returncode:
        raise FirewallError(f"nft in {container}: {done.stderr.strip()}")


def _acl_chain(name: str, hook: str, side: str, acl: dict[str, Any] | None, *, egress: bool) -> str:
    rules = ["iif lo accept" if hook == "input" else "oif lo accept"]
    if acl is None:
        rules.append("accept")
    else:
        entries = [entry for entry in acl["entries"] if entry["egress"] == egress and entry["number"] < CLOSING_RULE]
        for entry in sorted(entries, key=lambda each: int(each["number"])):
            verdict = "accept" if entry["action"] == "allow" else "drop"
            match = _match(side, entry["cidr"], entry["protocol"], entry["from"], entry["to"])
            if match is not None:
                rules.append(f"{match} {verdict}".strip())
    # Before the security group's chain (0), as a packet meets the subnet before the instance. Unmatched: dropped.
    return _chain(name, hook, -10, rules)


def _group_chain(name: str, hook: str, side: str, entries: list[dict[str, Any]], problems: list[str]) -> str:
    rules = ["iif lo accept" if hook == "input" else "oif lo accept", "ct state established,related accept"]
    for entry in entries:
        match = _match(side, entry["cidr"], entry["protocol"], entry["from"], entry["to"]) if entry["cidr"] else None
        if match is None:
            problems.append(f"{name}: a rule without an IPv4 range, or for another protocol, is not enforced: {entry}")
        else:
            rules.append(f"{match} accept".strip())
    return _chain(name, hook, 0, rules)


def _match(side: str, cidr: str, protocol: str, first: int | None, last: int | None) -> str | None:
    network = ipaddress.ip_network(cidr, strict=False)
    source = "" if network.prefixlen == 0 else f"ip {side} {network}"
    if protocol == _ALL:
        return source
    known = _PROTOCOLS.get(protocol)
    if known is None:
        return None
    ports = f"{known} dport {first}-{last}" if first is not None and last is not None else f"meta l4proto {known}"
    return f"{source} {ports}".strip()


def _chain(name: str, hook: str, priority: int, rules: list[str]) -> str:
    body = "\n".join(f"    {rule}" for rule in rules)
    return f"  chain {name} {{\n    type filter hook {hook} priority {priority}; policy drop;\n{body}\n  }}"
