"""Read what a load balancer node does, and what passes through it. See plugins/modules/situation_balancer.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.haproxy.node import NODE_ARGUMENTS
from failback.situation.asking import LookAction

if TYPE_CHECKING:
    from failback.arguments import Arguments

_PROGRAM = (
    "failback.haproxy.runtime",
    "failback.haproxy.agent",
    "failback.situation.stats",
    "failback.situation.balancer_agent",
)
_SECONDS = 15.0


class ActionModule(LookAction):
    """Looks only: states, weights, and two readings of HAProxy's own figures."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {**NODE_ARGUMENTS, "window": {"type": "float", "default": 2.0}}

    def perform(self, args: Arguments) -> Outcome:
        """Ask the node once; silence is what was seen."""
        request = {
            "socket": args.text("socket"),
            "backend": args.text("backend"),
            "idc": args.texts("servers_idc"),
            "aws": args.texts("servers_aws"),
            "window": args.number("window"),
        }
        seen = self.ask_host(_PROGRAM, request, _SECONDS + args.number("window"))
        evidence: dict[str, object] = {
            "address": str(self._task_vars.get("ansible_host") or self.host),
            "absent_ok": str(args.mapping("absent_ok").get(self.host) or ""),
            "servers_idc": request["idc"],
            "servers_aws": request["aws"],
            **seen,
        }
        return Outcome(changed=False, evidence=evidence)
