"""Closes and opens the network way to RDS over the EC2 API. What to change is decided in ``rds_rules``.

The note for the way back is made before the first change, on the resource itself: another machine can undo it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback import aws
from failback.errors import RefusedError
from failback.rds_rules import (
    KEPT,
    TAG,
    AclEntry,
    GroupPlan,
    Rule,
    cidr_of,
    plan_acl,
    plan_group,
    rule_from_tag,
    rules_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRIES_TAG = "rollback-runner:entries"


@dataclass(frozen=True)
class Seen:
    """One security group or network ACL as it stands. ``notes`` are our tags on it."""

    id: str
    rules: list[Rule] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    associations: tuple[str, ...] = ()

    @property
    def ours(self) -> list[int]:
        """The numbers of the entries we added."""
        return [int(number) for number in self.notes.get(ENTRIES_TAG, "").split() if number.isdigit()]

    def as_evidence(self) -> dict[str, object]:
        """Return the rules, readable."""
        ingress = sorted((e for e in self.entries if not e.get("Egress")), key=lambda e: int(e["RuleNumber"]))
        shown = [f"{e['RuleNumber']} {e['RuleAction']} {cidr_of(e)} {e.get('PortRange') or ''}" for e in ingress]
        return {"id": self.id, "rules": [str(rule) for rule in self.rules] or shown, "subnets": list(self.associations)}


def read_groups(client: Any, ids: Sequence[str]) -> list[Seen]:
    """Read security groups. Raises AwsUnreachableError, FailbackError."""
    with aws.answering("describe the security groups"):
        found = client.describe_security_groups(GroupIds=list(ids))["SecurityGroups"]
    return [Seen(g["GroupId"], rules=rules_of(g["IpPermissions"]), notes=_notes(g)) for g in found]


def read_acls(client: Any, ids: Sequence[str]) -> list[Seen]:
    """Read network ACLs. Raises AwsUnreachableError, FailbackError."""
    with aws.answering("describe the network ACLs"):
        found = client.describe_network_acls(NetworkAclIds=list(ids))["NetworkAcls"]
    return [
        Seen(
            a["NetworkAclId"],
            entries=a["Entries"],
            notes=_notes(a),
            associations=tuple(sorted(s["SubnetId"] for s in a.get("Associations", []))),
        )
        for a in found
    ]


def group_plan(seen: Seen, port: int, keep: Sequence[str], *, closed: bool) -> GroupPlan:
    """Decide what to change on a security group."""
    if closed:
        return plan_group(seen.rules, port, keep, noted=len(seen.notes))
    noted = sorted({rule_from_tag(value) for key, value in seen.notes.items() if key.startswith(TAG)})
    have = {(r.protocol, r.low, r.high, r.kind, r.source) for r in seen.rules}
    back = [rule for rule in noted if (rule.protocol, rule.low, rule.high, rule.kind, rule.source) not in have]
    return GroupPlan(revoke=[rule for rule in seen.rules if rule.description == KEPT], authorize=back)


def change_group(client: Any, seen: Seen, plan: GroupPlan, *, closed: bool) -> None:
    """Carry the plan out: note, let the kept in, shut the others out; or put back what was noted."""
    if closed and plan.revoke:
        # After an interruption some are noted already.
        fresh = [text for rule in plan.revoke if (text := rule.as_tag()) not in seen.notes.values()]
        tags = [{"Key": f"{TAG}{number}", "Value": text} for number, text in enumerate(fresh, len(seen.notes))]
        with aws.answering("note the rules on the security group"):
            if tags:
                client.create_tags(Resources=[seen.id], Tags=tags)
    if plan.authorize:
        with aws.answering("add rules to the security group"):
            client.authorize_security_group_ingress(
                GroupId=seen.id, IpPermissions=[rule.as_permission() for rule in plan.authorize]
            )
    if plan.revoke:
        with aws.answering("take rules out of the security group"):
            client.revoke_security_group_ingress(
                GroupId=seen.id, IpPermissions=[rule.as_permission() for rule in plan.revoke]
            )
    if not closed:
        _forget(client, seen)


def acl_plan(seen: Seen, port: int, keep: Sequence[str], *, closed: bool) -> list[AclEntry]:
    """Decide which entries to add (closed) or to delete (open)."""
    if closed:
        return plan_acl(seen.entries, seen.ours, port, keep)
    there = {int(e["RuleNumber"]): e for e in seen.entries if not e.get("Egress")}
    return [
        AclEntry(number, str(there[number]["RuleAction"]), cidr_of(there[number]))
        for number in seen.ours
        if number in there
    ]


def change_acl(client: Any, seen: Seen, plan: Sequence[AclEntry], port: int, *, closed: bool) -> None:
    """Carry the plan out. The allowing entries come first, so that the kept sources are never cut off."""
    if closed and plan:
        numbers = sorted({*seen.ours, *(entry.number for entry in plan)})
        with aws.answering("note the entries on the network ACL"):
            tag = {"Key": ENTRIES_TAG, "Value": " ".join(str(number) for number in numbers)}
            client.create_tags(Resources=[seen.id], Tags=[tag])
        with aws.answering("add entries to the network ACL"):
            for entry in sorted(plan):
                client.create_network_acl_entry(NetworkAclId=seen.id, **entry.as_call(port))
    if not closed:
        with aws.answering("delete entries of the network ACL"):
            # The denying entry has the highest number and goes first.
            for entry in sorted(plan, reverse=True):
                client.delete_network_acl_entry(NetworkAclId=seen.id, RuleNumber=entry.number, Egress=False)
        _forget(client, seen)


def check_ids(kind: str, ids: Sequence[str]) -> None:
    """Refuse an empty list: nothing would be closed and nobody would notice."""
    if not ids:
        raise RefusedError(f"aws_network_fence is {kind} but no ids are listed: correct aws_{kind}s")


def _notes(resource: dict[str, Any]) -> dict[str, str]:
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in resource.get("Tags", [])}
    return {key: value for key, value in tags.items() if key.startswith(TAG) or key == ENTRIES_TAG}


def _forget(client: Any, seen: Seen) -> None:
    if seen.notes:
        with aws.answering("remove the notes"):
            client.delete_tags(Resources=[seen.id], Tags=[{"Key": key} for key in seen.notes])
