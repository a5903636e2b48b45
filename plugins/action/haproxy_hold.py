"""Keep new requests waiting on a load balancer node, or let them go. Documentation: plugins/modules/haproxy_hold.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, Outcome
from failback.errors import ConfigError, RefusedError
from failback.haproxy.node import NODE_ARGUMENTS, NodeAction, held, rehearsed, seen


class ActionModule(NodeAction):
    """One round trip: set the hold, see that it took, wait until nothing is in flight to the side that is left."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **NODE_ARGUMENTS,
        "state": {"type": "str", "choices": ["held", "released"], "required": True},
        "side": {"type": "str", "choices": ["idc", "aws"], "default": "idc"},
        "limit": {"type": "int", "default": 30},
        "expiry": {"type": "int", "default": 90},
        "drain_timeout": {"type": "float", "default": 3.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Hold or release."""
        return self._hold(args) if args.text("state") == "held" else self._release(args)

    def _hold(self, args: Arguments) -> Outcome:
        limit, expiry = args.count("limit"), args.count("expiry")
        if limit < 1 or expiry < limit:
            raise ConfigError(f"lb_hold_limit ({limit} s) must be at least 1 and at most lb_hold_expiry ({expiry} s)")
        side = args.text("side")
        _, leaving, leaving_side = self.sides(args, side)
        if self.check_mode:
            view = self.ask_node(args, "look")["before"]
            if view["hold_until"] is None:
                raise RefusedError(f"load balancer {self.host} knows no hold: its requests would not wait")
            evidence = {"in_flight": view["in_flight"][leaving_side], "limit": limit, "expiry": expiry}
            moved = view["serving"] == side
            after = seen(view) if moved else rehearsed(view, hold=True)
            return Outcome(not moved and not held(view), seen(view), after, evidence)
        with self.act("hold new requests", limit=limit, expiry=expiry) as record:
            report = self.ask_node(
                args,
                "hold",
                side=side,
                leaving=leaving,
                limit=limit,
                expiry=expiry,
                drain_timeout=args.number("drain_timeout"),
            )
            record |= {"hold_until": report["after"]["hold_until"], "drain": report["drain"]}
        drain = report["drain"]
        evidence = {
            "in_flight_before": report["before"]["in_flight"][leaving_side],
            "in_flight_after": drain["left"],
            "drained": drain["left"] == 0,
            "drain": drain,
            "hold_until": report["after"]["hold_until"],
            "limit": limit,
            "node_seconds": report["seconds"],
        }
        begun = held(report["after"]) and not held(report["before"])
        return Outcome(begun, seen(report["before"]), seen(report["after"]), evidence)

    def _release(self, args: Arguments) -> Outcome:
        if self.check_mode:
            view = self.ask_node(args, "look")["before"]
            return Outcome(bool(view["hold_until"]), seen(view), rehearsed(view, hold=False), {})
        with self.act("release held requests") as record:
            report = self.ask_node(args, "release")
            record["sent"] = report["sent"]
        evidence = {"sent": report["sent"], "node_seconds": report["seconds"]}
        return Outcome(bool(report["sent"]), seen(report["before"]), seen(report["after"]), evidence)
