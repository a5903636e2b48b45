"""Stop or delete one resource, and prove it by asking AWS again. The only file that ends anything on AWS.

What AWS refuses is raised with its own words. Everything can be repeated: what is gone already is found gone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from failback import aws
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.leftovers.model import Resource

_POLL = 2.0
_NOT_THERE = ("NotFound", "DBInstanceNotFound", "DBSnapshotNotFound", "DBParameterGroupNotFound")
_GOING = frozenset({"deleting", "shutting-down", "terminated", "deleted", "deleting-volume"})
SERVICES = {
    "load_balancer": "elbv2",
    "rds_instance": "rds",
    "rds_snapshot": "rds",
    "rds_parameter_group": "rds",
    "rds_subnet_group": "rds",
}


class Remover:
    """Acts with one account's clients. ``patience`` seconds for what takes its time (a last snapshot, a stop)."""

    def __init__(
        self, client: Callable[[str], Any], patience: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._patience = patience
        self._sleep = sleep
        self._clients: dict[str, Any] = {}

    def delete(self, one: Resource, last_snapshot: str = "") -> dict[str, Any]:
        """Delete it, prove that it is gone or going, and say what was seen. Raises FailbackError."""
        seen: dict[str, Any] = {}
        if one.kind == "rds_instance":
            seen["last_snapshot"] = self._last_snapshot(one, last_snapshot)
        with aws.answering(f"delete {one.key}"):
            _DELETE[one.kind](self._of(one.kind), one)
        seen["state"] = self._await(one, {"gone", *_GOING})
        return seen

    def stop(self, one: Resource) -> dict[str, Any]:
        """Stop it and prove that it stops. Raises FailbackError, AwsUnreachableError."""
        client = self._of(one.kind)
        with aws.answering(f"stop {one.key}"):
            if one.kind == "rds_instance":
                client.stop_db_instance(DBInstanceIdentifier=one.id)
            else:
                client.stop_instances(InstanceIds=[one.id])
        return {"state": self._await(one, {"stopped", "stopping"})}

    def state(self, one: Resource) -> str:
        """Ask AWS for its state; "gone" when AWS knows it no more. Raises FailbackError, AwsUnreachableError."""
        try:
            with aws.answering(f"describe {one.key}"):
                found = _DESCRIBE[one.kind](self._of(one.kind), one)
        except FailbackError as error:
            if any(word in str(error.evidence.get("aws_error", "")) for word in _NOT_THERE):
                return "gone"
            raise
        return found or "gone"

    def _last_snapshot(self, one: Resource, name: str) -> str:
        """Make the last snapshot and wait until it is whole: only then may its instance go."""
        rds = self._of("rds_instance")
        try:
            with aws.answering(f"make the last snapshot of {one.id}"):
                rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=one.id)
        except FailbackError as error:
            if "AlreadyExists" not in str(error.evidence.get("aws_error", "")):
                raise
        deadline = time.monotonic() + self._patience
        while True:
            with aws.answering(f"describe the snapshot {name}"):
                row = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]
            if str(row.get("DBInstanceIdentifier")) != one.id:
                raise FailbackError(f"the snapshot {name} is of {row.get('DBInstanceIdentifier')}, not of {one.id}")
            if row.get("Status") == "available":
                return name
            if time.monotonic() >= deadline:
                raise FailbackError(
                    f"the last snapshot {name} is {row.get('Status')} after {self._patience:g} s, so {one.id} stays:"
                    " give the command again when it is available"
                )
            self._sleep(_POLL)

    def _await(self, one: Resource, wanted: set[str]) -> str:
        deadline = time.monotonic() + self._patience
        while (seen := self.state(one)) not in wanted:
            if time.monotonic() >= deadline:
                raise FailbackError(f"AWS took the order, but {one.key} is still {seen} after {self._patience:g} s")
            self._sleep(_POLL)
        return seen

    def _of(self, kind: str) -> Any:
        service = SERVICES.get(kind, "ec2")
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]


_DELETE: Mapping[str, Callable[[Any, Resource], Any]] = {
    "load_balancer": lambda c, one: c.delete_load_balancer(LoadBalancerArn=one.arn),
    "ec2_instance": lambda c, one: c.terminate_instances(InstanceIds=[one.id]),
    # The last snapshot stands already: AWS's own final snapshot could not be proven before the instance goes.
    "rds_instance": lambda c, one: c.delete_db_instance(
        DBInstanceIdentifier=one.id, SkipFinalSnapshot=True, DeleteAutomatedBackups=False
    ),
    "elastic_ip": lambda c, one: c.release_address(AllocationId=one.id),
    "ebs_volume": lambda c, one: c.delete_volume(VolumeId=one.id),
    "rds_snapshot": lambda c, one: c.delete_db_snapshot(DBSnapshotIdentifier=one.id),
    "ebs_snapshot": lambda c, one: c.delete_snapshot(SnapshotId=one.id),
    "rds_parameter_group": lambda c, one: c.delete_db_parameter_group(DBParameterGroupName=one.id),
    "rds_subnet_group": lambda c, one: c.delete_db_subnet_group(DBSubnetGroupName=one.id),
    "security_group": lambda c, one: c.delete_security_group(GroupId=one.id),
    "network_acl": lambda c, one: c.delete_network_acl(NetworkAclId=one.id),
}


def _first(rows: list[dict[str, Any]], key: str) -> str:
    return str(rows[0].get(key) or "there") if rows else "gone"


def _machine(client: Any, one: Resource) -> str:
    found = client.describe_instances(InstanceIds=[one.id])["Reservations"]
    return str(found[0]["Instances"][0]["State"]["Name"]) if found else "gone"


_DESCRIBE: Mapping[str, Callable[[Any, Resource], str]] = {
    "load_balancer": lambda c, one: _first(c.describe_load_balancers(LoadBalancerArns=[one.arn])["LoadBalancers"], "-"),
    "ec2_instance": _machine,
    "rds_instance": lambda c, one: _first(
        c.describe_db_instances(DBInstanceIdentifier=one.id)["DBInstances"], "DBInstanceStatus"
    ),
    "elastic_ip": lambda c, one: _first(c.describe_addresses(AllocationIds=[one.id])["Addresses"], "-"),
    "ebs_volume": lambda c, one: _first(c.describe_volumes(VolumeIds=[one.id])["Volumes"], "State"),
    "rds_snapshot": lambda c, one: _first(
        c.describe_db_snapshots(DBSnapshotIdentifier=one.id)["DBSnapshots"], "Status"
    ),
    "ebs_snapshot": lambda c, one: _first(c.describe_snapshots(SnapshotIds=[one.id])["Snapshots"], "State"),
    "rds_parameter_group": lambda c, one: _first(
        c.describe_db_parameter_groups(DBParameterGroupName=one.id)["DBParameterGroups"], "-"
    ),
    "rds_subnet_group": lambda c, one: _first(
        c.describe_db_subnet_groups(DBSubnetGroupName=one.id)["DBSubnetGroups"], "-"
    ),
    "security_group": lambda c, one: _first(c.describe_security_groups(GroupIds=[one.id])["SecurityGroups"], "-"),
    "network_acl": lambda c, one: _first(c.describe_network_acls(NetworkAclIds=[one.id])["NetworkAcls"], "-"),
}
