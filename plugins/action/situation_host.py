"""Read the service's containers on a host, and what their logs say. See plugins/modules/situation_host.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.environment import order
from failback.situation.asking import LookAction

if TYPE_CHECKING:
    from failback.arguments import Arguments

_PROGRAM = ("failback.situation.log_lines", "failback.situation.host_agent")
_SECONDS = 15.0


class ActionModule(LookAction):
    """Looks only: inspects containers and reads the end of their logs."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "containers": {"type": "list", "elements": "dict", "default": []},
        "log_seconds": {"type": "int", "default": 21600},
        "log_lines": {"type": "int", "default": 4000},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask the host once; silence is what was seen."""
        groups = self._task_vars.get("group_names") or []
        address = str(self._task_vars.get("ansible_host") or self.host)
        known = [order.Service.from_dict(entry) for entry in args.mappings("containers")]
        names = [one.on(self.host, address).container for one in known if one.group in groups]
        request = {"containers": names, "seconds": args.count("log_seconds"), "lines": args.count("log_lines")}
        seen = self.ask_host(_PROGRAM, request, _SECONDS)
        evidence: dict[str, object] = {"address": address, **seen}
        return Outcome(changed=False, evidence=evidence)
