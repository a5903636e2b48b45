"""What AWS says of the RDS instance: status, pending changes, parameter group, backups, rules, events. Looks only.

Every answer comes within the deadline or is told as missing; one call that is refused leaves the others standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import aws, rds_rules
from failback.errors import FailbackError
from failback.rds_group import read_group
from failback.situation import times
from failback.situation.patience import Seen, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_MOST_EVENTS = 50
_MOST_RULES = 20
# EC2 and RDS keep words and passwords of a change that is under way in one place.
_SECRET = "MasterUserPassword"  # noqa: S105 - the name of a field


@dataclass(frozen=True)
class Place:
    """Which instance, and what stands around it."""

    instance: str
    group: str
    security_groups: tuple[str, ...]
    port: int


def look(account: aws.Account, place: Place, *, log_seconds: int, deadline: float) -> dict[str, Any]:
    """Ask for everything side by side. Raises ConfigError for credentials that cannot be used."""
    rds, ec2 = account.client("rds"), account.client("ec2")
    found = within(
        deadline,
        {
            "instance": lambda: _instance(rds, place.instance),
            "parameter_group": lambda: read_group(rds, place.instance, place.group).as_evidence(),
            "events": lambda: _events(rds, place.instance, log_seconds),
            "security_groups": lambda: _rules(ec2, place.security_groups, place.port),
        },
    )
    return {
        "name": place.instance,
        "answers": found["instance"].answer is not None,
        "error": found["instance"].error,
        "wanted_groups": list(place.security_groups),
        "port": place.port,
        **{name: seen.answer for name, seen in found.items()},
        "unread": [f"{name}: {seen.error}" for name, seen in found.items() if seen.error],
    }


def silent(name: str, seen: Seen) -> dict[str, Any]:
    """Return what `look` returns for an API that could not even be asked."""
    return {"name": name, "answers": False, "error": seen.error, "unread": [seen.error]}


def _instance(client: Any, name: str) -> dict[str, Any]:
    with aws.answering("describe the instance"):
        try:
            found = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        except client.exceptions.DBInstanceNotFoundFault as error:
            raise FailbackError(f"there is no RDS instance {name}: correct aws_db_instance or aws_region") from error
    pending = {key: value for key, value in (found.get("PendingModifiedValues") or {}).items() if value not in ({}, [])}
    return {
        "status": str(found.get("DBInstanceStatus", "")),
        "class": str(found.get("DBInstanceClass", "")),
        "version": str(found.get("EngineVersion", "")),
        "multi_az": bool(found.get("MultiAZ")),
        "pending": {key: "***" if key == _SECRET else value for key, value in pending.items()},
        "backup_retention_days": int(found.get("BackupRetentionPeriod") or 0),
        "restorable_until": _moment(found.get("LatestRestorableTime")),
        "groups": {
            str(one["DBParameterGroupName"]): str(one.get("ParameterApplyStatus", ""))
            for one in found.get("DBParameterGroups", [])
        },
        "security_groups": sorted(str(one["VpcSecurityGroupId"]) for one in found.get("VpcSecurityGroups", [])),
        "replicas": [str(one) for one in found.get("ReadReplicaDBInstanceIdentifiers", [])],
        "storage_gib": int(found.get("AllocatedStorage") or 0),
    }


def _events(client: Any, name: str, seconds: int) -> list[dict[str, Any]]:
    """Read the instance's events, the oldest first; RDS keeps them 14 days."""
    with aws.answering("describe the events"):
        found = client.describe_events(
            SourceIdentifier=name, SourceType="db-instance", Duration=max(1, min(seconds // 60, 20160))
        )["Events"]
    rows = [
        {
            "at": _moment(one.get("Date")),
            "text": str(one.get("Message", ""))[:240],
            "categories": [str(category) for category in one.get("EventCategories", [])],
        }
        for one in found
    ]
    return sorted(rows, key=lambda row: str(row["at"]))[-_MOST_EVENTS:]


def _rules(client: Any, ids: Sequence[str], port: int) -> dict[str, list[str]]:
    """Read who is let in on the database's port, by security group."""
    if not ids:
        return {}
    with aws.answering("describe the security groups"):
        found = client.describe_security_groups(GroupIds=list(ids))["SecurityGroups"]
    return {str(one["GroupId"]): _sources(one, port) for one in found}


def _sources(group: Mapping[str, Any], port: int) -> list[str]:
    rules = rds_rules.rules_of(group.get("IpPermissions", []))
    return sorted({rule.source for rule in rules if rule.reaches(port)})[:_MOST_RULES]


def _moment(value: datetime | None) -> str:
    return times.utc(value) if value is not None else ""
