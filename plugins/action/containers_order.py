"""Say in which order the containers of a service are restarted. See plugins/modules/containers_order.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.environment import order
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments

_PROMOTED = (
    "SELECT DATE_FORMAT(SET_TIME, '%Y-%m-%dT%H:%i:%s.%fZ') FROM performance_schema.variables_info"
    " WHERE VARIABLE_NAME = 'super_read_only' AND NOT @@GLOBAL.super_read_only AND VARIABLE_SOURCE <> 'COMPILED'"
)


class ActionModule(FailbackAction):
    """Read-only."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "containers": {"type": "list", "elements": "dict", "required": True},
        "servers": {"type": "list", "elements": "dict", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Put the services in order and split them into waves; ask IDC since when it takes writes."""
        ordered = order.services(args.mappings("containers"))
        groups = {name: list(hosts) for name, hosts in (self._task_vars.get("groups") or {}).items()}
        waves = order.waves(ordered, groups)
        evidence: dict[str, object] = {
            "order": [one.name for one in ordered],
            "waves": [wave.as_dict() for wave in waves],
            "since": self._promoted(args),
        }
        return Outcome(changed=False, evidence=evidence)

    @staticmethod
    def _promoted(args: Arguments) -> str:
        """Return the latest moment at which an IDC server was opened; "" while one of them is closed."""
        moments: list[str] = []
        for data in args.mappings("servers"):
            with Server.connect(Login.from_dict(data, "db_idc"), name="IDC") as server:
                moments.append(server.text(_PROMOTED))
        return max(moments) if moments and all(moments) else ""
