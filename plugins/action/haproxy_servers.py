"""Send a node's traffic to one side. Documentation: plugins/modules/haproxy_servers.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, Outcome
from failback.errors import RefusedError
from failback.haproxy.node import NODE_ARGUMENTS, NodeAction, rehearsed, seen


class ActionModule(NodeAction):
    """One round trip: leaving servers down and cut, arriving ones up, states read again, hold ended."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **NODE_ARGUMENTS,
        "side": {"type": "str", "choices": ["idc", "aws"], "required": True},
        "release": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Switch, or say what a switch would do."""
        side, release = args.text("side"), args.flag("release")
        arriving, leaving, leaving_side = self.sides(args, side)
        if self.check_mode:
            return self._rehearse(args, arriving, leaving)
        with self.act(f"send traffic to {side}", arriving=arriving, leaving=leaving, release=release) as record:
            report = self.ask_node(
                args, "switch", arriving=arriving, leaving=leaving, leaving_side=leaving_side, release=release
            )
            record |= {"sent": report["sent"], "states": report["after"]["states"]}
        evidence = {
            "side": side,
            "sent": report["sent"],
            "cut": report["before"]["in_flight"][leaving_side],
            "in_flight": report["after"]["in_flight"],
            "hold_was_until": report["before"]["hold_until"],
            "node_seconds": report["seconds"],
        }
        return Outcome(bool(report["sent"]), seen(report["before"]), seen(report["after"]), evidence)

    def _rehearse(self, args: Arguments, arriving: list[str], leaving: list[str]) -> Outcome:
        view = self.ask_node(args, "look")["before"]
        missing = [name for name in [*arriving, *leaving] if name not in view["states"]]
        if missing:
            raise RefusedError(
                f"load balancer {self.host}: backend {args.text('backend')} has no server {', '.join(missing)}"
            )
        planned = dict.fromkeys(arriving, "ready") | dict.fromkeys(leaving, "maint")
        ends_hold = args.flag("release") and bool(view["hold_until"])
        after = rehearsed(view, states=planned, hold=seen(view)["held"] and not ends_hold)
        after["serving"] = args.text("side")
        changed = any(view["states"][name] != word for name, word in planned.items()) or ends_hold
        return Outcome(changed, seen(view), after, {"side": args.text("side"), "in_flight": view["in_flight"]})
