"""Which AWS actions a site's plan will call on which resources, and the least policy that allows them. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.access.aws_needs import AWS, SIMULATE
from failback.access.model import WITH_RESTORE
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.access.model import AwsPermission
    from failback.access.site import Site
    from failback.findings import Severity

_SPARED = {
    "network_acl": ". Only cutting off a silent RDS (--accept-loss) needs it",
    "s3": ". Only a way that restores needs it",
    "look": ". The rollback does without it",
    "cloudwatch": ". The rollback does without it; RDS is then followed by MySQL's own figures alone",
}
_ASSUMED = re.compile(r"(arn:[\w-]+):sts::(\d+):assumed-role/([^/]+)/.*")


@dataclass(frozen=True)
class Call:
    """One action on one resource. ``severity``: what it means when it is not allowed."""

    need: AwsPermission
    arn: str
    severity: Severity

    @property
    def statement(self) -> str:
        """Give the policy statement that allows it."""
        return self.need.grant.format(action=self.need.action, arn=self.arn)


@dataclass(frozen=True)
class Decision:
    """What was found out about one call. ``allowed`` None: it cannot be found out without trying it."""

    allowed: bool | None
    why: str = ""
    missing: bool = False  # there is no such resource, whatever the policy allows


def calls(site: Site, host: str, account: str) -> list[Call]:
    """Work out the calls of a host of ``databases`` or ``service``. ``account`` is the AWS account's number."""
    names: dict[str, list[str]] = {
        "region": [str(site.get(host, "aws_region", ""))],
        "account": [account],
        "group": [str(site.get(host, "aws_parameter_group", ""))],
    }
    groups = site.groups_of(host)
    found: list[Call] = []
    if "databases" in groups:
        required = set(site.get(host, "db_fence_required", []))
        fence = str(site.get(host, "aws_network_fence", "none"))
        found += _filled("", names, "blocker")
        if fence == "security_group":
            ids = [str(name) for name in site.get(host, "aws_security_groups", [])]
            found += _filled("security_group", names | {"id": ids}, "blocker")
        acls = [str(name) for name in site.get(host, "aws_network_acls", [])]
        if acls:
            # Without it only --accept-loss is out of reach, which needs an ACL to cut a silent RDS off.
            needed = fence == "network_acl" or "network" in required or site.accepts_loss(host)
            found += _filled("network_acl", names | {"id": acls}, "blocker" if needed else "warning")
        found += _buckets(site, host, names)
        if site.get(host, "aws_db_instance", "") and site.get(host, "watching_cloudwatch_period", 1):
            found += _filled("cloudwatch", names, "warning")
        asked = {(call.need.action, call.arn) for call in found}
        found += [call for call in _filled("look", names, "warning") if (call.need.action, call.arn) not in asked]
    if "service" in groups:
        zone = str(((site.get(host, "dns_servers") or {}).get("route53") or {}).get("zone_id") or "")
        if zone and any(one.get("provider") == "route53" for one in site.get(host, "dns_records", [])):
            found += _filled("route53", names | {"zone": [zone.removeprefix("/hostedzone/")]}, "blocker")
    return found


def _buckets(site: Site, host: str, names: dict[str, list[str]]) -> list[Call]:
    found = []
    for source in site.get(host, "backup_sources", []):
        at = urlsplit(str(source.get("url") or ""))
        if at.scheme == "s3":
            prefix = at.path.lstrip("/")
            severity: Severity = "blocker" if site.way(host) in WITH_RESTORE else "warning"
            found += _filled("s3", names | {"bucket": [str(at.hostname)], "prefix": [prefix]}, severity)
    return found


def _filled(when: str, names: Mapping[str, list[str]], severity: Severity) -> list[Call]:
    found = []
    for need in AWS:
        if need.when != when or need.optional:
            continue
        used = re.findall(r"{(\w+)}", need.resource)
        for values in product(*(names[name] for name in used)):
            arn = need.resource.format(**dict(zip(used, values, strict=True)))
            found.append(Call(need, arn, severity))
    return found


def policy(wanted: Iterable[Call], principal: str = "") -> dict[str, Any]:
    """Give the least policy: one statement for each set of resources, actions sorted."""
    by_action: dict[str, list[str]] = {}
    for call in wanted:
        by_action.setdefault(call.need.action, []).append(call.arn)
    if principal:
        by_action[SIMULATE.action] = [principal]
    by_resource: dict[tuple[str, ...], list[str]] = {}
    for action, arns in by_action.items():
        by_resource.setdefault(tuple(sorted(set(arns))), []).append(action)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": list(arns)} for arns, actions in by_resource.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def principal_of(arn: str) -> str:
    """Give the user or role behind a caller's ARN, for the simulation. A role's path is not in it."""
    match = _ASSUMED.fullmatch(arn)
    return f"{match[1]}:iam::{match[2]}:role/{match[3]}" if match else arn


def findings(who: str, found: Sequence[tuple[Call, Decision]]) -> list[Finding]:
    """Say what is not allowed, each with the statement that allows it, and what could not be found out."""
    told = [
        Finding(
            call.severity,
            f"{call.need.key}:{call.arn}",
            f"{who} may not {call.need.action} on {call.arn} (to {call.need.what.en}, for"
            f" {', '.join(call.need.items)}): {decision.why}{_spared(call)}",
            f"add to its policy: {call.statement}",
        )
        for call, decision in found
        if decision.allowed is False
    ]
    told += [
        Finding(
            call.severity,
            f"{call.need.key}:{call.arn}:missing",
            f"{call.arn} does not exist, or not in this account (to {call.need.what.en}, for"
            f" {', '.join(call.need.items)}): {decision.why}{_spared(call)}",
            "correct its name, the region or the account in the inventory",
        )
        for call, decision in found
        if decision.missing
    ]
    told += [
        Finding(
            "warning",
            f"{call.need.key}:{call.arn}:unanswered",
            f"AWS was asked whether {who} may {call.need.action} on {call.arn} and did not say: {decision.why}",
            "look again in a minute",
        )
        for call, decision in found
        if decision.allowed is None and decision.why and not decision.missing
    ]
    unknown = [call for call, decision in found if decision.allowed is None and not decision.why]
    if unknown:
        names = sorted({call.need.action for call in unknown})
        told.append(
            Finding(
                "warning",
                "iam:unproven",
                f"nobody knows yet whether {who} may {', '.join(names)}: it could not be simulated, and trying it would"
                " do it",
                f"add to its policy: {SIMULATE.grant.format(action=SIMULATE.action, arn=who)}   (or read its policy"
                f" by eye: it must allow {json.dumps(policy(unknown)['Statement'])})",
            )
        )
    return told


def _spared(call: Call) -> str:
    return _SPARED.get(call.need.when, "") if call.severity == "warning" else ""


def without_acl(site: Site, host: str) -> Finding | None:
    """Find that RDS was given up and nothing could cut it off: what AWS-04 would refuse, at the last moment."""
    if not site.accepts_loss(host) or site.get(host, "aws_network_acls", []):
        return None
    return Finding(
        "blocker",
        f"acl:{host}:none",
        "RDS is given up (--accept-loss), and may still serve others when it is only silent: a network ACL cuts open"
        " sessions, and the site lists none (for AWS-04)",
        "add aws_network_acls, the ACLs of the subnets of RDS, or bring RDS back and leave --accept-loss out",
    )
