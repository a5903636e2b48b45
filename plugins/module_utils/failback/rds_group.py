"""A parameter group of RDS as a lever for read_only: what it says, and whether it may be pulled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from failback import aws
from failback.errors import RefusedError

_PARAMETER = "read_only"


@dataclass(frozen=True)
class Group:
    """``value`` "" means that the engine's default holds: {TrueIfReplica}, 0 on a standalone instance."""

    name: str
    instance: str
    value: str
    modifiable: bool | None  # None: the API did not tell
    apply_type: str
    apply_status: str
    attached: bool
    shared_with: tuple[str, ...]

    def says(self, *, wanted: bool) -> bool:
        """Whether the group already asks for it."""
        return (self.value in {"1", "ON"}) == wanted

    def unusable(self) -> str:
        """Why it must not be changed; "" when it may."""
        if self.name.startswith("default."):
            return f"{self.name} is a default group and cannot be edited; attach a custom one before the migration"
        if not self.attached:
            return f"the instance {self.instance} does not use the group {self.name}; correct aws_parameter_group"
        if self.shared_with:
            return (
                f"the group {self.name} is shared with {', '.join(self.shared_with)}, which would stop taking writes"
                " too; give the instance a group of its own"
            )
        if self.modifiable is False:
            return f"read_only is not modifiable in the group {self.name}"
        if self.apply_type == "static" or self.apply_status == "pending-reboot":
            return f"the group {self.name} takes effect only after a reboot of {self.instance}"
        return ""

    def as_evidence(self) -> dict[str, object]:
        """Return it as JSON-able fields."""
        return asdict(self)


def read_group(client: Any, instance: str, name: str) -> Group:
    """Ask RDS. Raises AwsUnreachableError, FailbackError, or RefusedError when the instance is not there."""
    attached, status, shared = False, "", []
    seen = False
    with aws.answering("describe the instances"):
        for page in client.get_paginator("describe_db_instances").paginate():
            for found in page["DBInstances"]:
                groups = {g["DBParameterGroupName"]: g for g in found.get("DBParameterGroups", [])}
                mine = found["DBInstanceIdentifier"] == instance
                seen = seen or mine
                if name in groups and mine:
                    attached, status = True, str(groups[name].get("ParameterApplyStatus", ""))
                elif name in groups:
                    shared.append(str(found["DBInstanceIdentifier"]))
    if not seen:
        raise RefusedError(f"there is no RDS instance {instance}: correct aws_db_instance or aws_region")
    parameter: dict[str, Any] = {}
    with aws.answering("describe the parameter group"):
        for page in client.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=name):
            parameter = next((p for p in page["Parameters"] if p.get("ParameterName") == _PARAMETER), parameter)
    return Group(
        name=name,
        instance=instance,
        value=str(parameter.get("ParameterValue") or ""),
        modifiable=parameter.get("IsModifiable"),
        apply_type=str(parameter.get("ApplyType") or ""),
        apply_status=status,
        attached=attached,
        shared_with=tuple(shared),
    )
