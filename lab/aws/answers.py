"""Put right the answers of moto that would mislead a tool. Each function replaces one; README.md says how true each is.

Untyped on purpose where it touches moto: its classes carry no types that hold from release to release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.rds.exceptions import DBParameterGroupNotFoundError, RDSClientError
from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse
from moto.route53.exceptions import Route53ClientError
from moto.route53.models import Route53Backend
from moto.route53.responses import Route53

from lab.aws import record_changes
from lab.aws.database import carried
from lab.aws.parameters import ParameterError, check_change, describe, page
from lab.aws.snapshot import desired
from lab.aws.state import read_state

if TYPE_CHECKING:
    from pathlib import Path

_modify_group = RDSResponse.modify_db_parameter_group
_describe_groups = RDSResponse.describe_db_parameter_groups
_modify_instance = RDSResponse.modify_db_instance
_change_records = Route53Backend.change_resource_record_sets


def describe_db_parameters(self: Any) -> Any:
    """All parameters with type, allowed values and whether they can be changed; moto has only what was set."""
    found, marker = page(
        describe(_group(self).parameters, self.params.get("Source", "")),
        str(self.params.get("Marker", "")),
        self.params.get("MaxRecords"),
    )
    return ActionResult({"Parameters": found, **({"Marker": marker} if marker else {})})


def modify_db_parameter_group(self: Any) -> Any:
    """Refuse what RDS refuses; moto stores anything."""
    changes = [change.original_dict() for change in self.params.get("Parameters", [])]
    try:
        check_change(_group(self).name, changes)
    except ParameterError as error:
        raise RDSClientError("InvalidParameterValue", str(error)) from error
    return _modify_group(self)


def describe_db_parameter_groups(self: Any) -> Any:
    """Refuse a name that nobody has; moto answers with an empty list."""
    if self.params.get("DBParameterGroupName"):
        _group(self)
    return _describe_groups(self)


def reset_db_parameter_group(self: Any) -> Any:
    """Give parameters back their defaults; moto has no such call."""
    group = _group(self)
    if self.params.get("ResetAllParameters"):
        group.parameters.clear()
    for change in self.params.get("Parameters", []):
        group.parameters.pop(change.original_dict().get("ParameterName"), None)
    return ActionResult({"DBParameterGroupName": group.name})


def change_resource_record_sets(self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
    """Judge a batch by the records that stand; moto judges by all that ever stood."""
    zone = self.get_hosted_zone(zoneid)
    stands = record_changes.standing(zone.rr_changes)
    try:
        record_changes.check(stands, change_list)
    except record_changes.BatchError as error:
        raise Route53ClientError("InvalidChangeBatch", str(error)) from error
    zone.rr_changes[:] = stands
    _change_records(self, zoneid, change_list)


def _group(response: Any) -> Any:
    name = response.params.get("DBParameterGroupName")
    found = response.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if not found:
        raise DBParameterGroupNotFoundError(name)
    return found[0]


def install(state_file: Path | None) -> None:
    """Replace moto's answers in this process. `state_file` is what the reconciler has made true."""

    def instance_status(self: Any) -> str:
        """Say what the instance really does: stopping and starting take their time."""
        known, told = read_state(state_file), str(self.status)
        if not known.instance_status:
            return told
        if known.wanted_status == told:
            return known.instance_status
        return {"stopped": "stopping", "available": "starting"}.get(told, told)

    def group_status(self: Any) -> list[Any]:
        """Say whether what the group holds has arrived at the server; moto says in-sync always."""
        groups: list[Any] = self.db_parameter_groups()
        for group in groups:
            wanted = carried({name: entry["ParameterValue"] for name, entry in group.parameters.items()})
            arrived = state_file is None or wanted == read_state(state_file).parameters
            group.ParameterApplyStatus = "in-sync" if arrived else "applying"
        return groups

    def get_change(self: Any) -> Any:
        """Say PENDING until the name server has what the zone says; moto says INSYNC at once."""
        wanted, known = desired()["records_digest"], read_state(state_file).records
        status = "INSYNC" if state_file is None or wanted == known else "PENDING"
        change = {"Id": self._get_param("Id"), "Status": status, "SubmittedAt": utcnow()}
        return ActionResult({"ChangeInfo": change})

    def modify_db_instance(self: Any) -> Any:
        """Refuse to change a stopped instance, as RDS does."""
        name = self.params.get("DBInstanceIdentifier")
        if self.backend.describe_db_instances(name)[0].status != "available":
            raise RDSClientError("InvalidDBInstanceState", f"Instance {name} is not in available state.")
        return _modify_instance(self)

    RDSResponse.describe_db_parameters = describe_db_parameters
    RDSResponse.describe_db_parameter_groups = describe_db_parameter_groups
    RDSResponse.modify_db_parameter_group = modify_db_parameter_group
    RDSResponse.reset_db_parameter_group = reset_db_parameter_group
    RDSResponse.modify_db_instance = modify_db_instance
    DBInstance.DBInstanceStatus = property(instance_status)
    DBInstance.db_parameter_group_status_list = property(group_status)
    Route53.get_change = get_change
    Route53Backend.change_resource_record_sets = change_resource_record_sets
