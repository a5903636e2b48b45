"""Hold requests while an application's database changes, and let them go. See plugins/modules/deployment_hold.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment.base import DeploymentAction, deployment_of

if TYPE_CHECKING:
    from failback.arguments import Arguments

_CANNOT = "the provider cannot hold requests: those that meet the database while it changes may fail"


class ActionModule(DeploymentAction):
    """Where the provider cannot hold, it says so and goes on: the plan has told that before."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "state": {"type": "str", "choices": ["held", "released"], "required": True},
        "back": {"type": "bool", "default": False},
        "own": {"type": "bool", "default": False},
        "target": {"type": "dict", "required": True},
        "reason": {"type": "str", "default": ""},
        "foreseen": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Hold, or let go. Raises what the provider raises."""
        provider: Any = self.provider()
        state = args.text("state")
        if not hasattr(provider, "hold"):
            return Outcome(changed=False, after={"state": "open"}, evidence={"holds": False, "why_not": _CANNOT})
        if self.check_mode:
            foreseen = state == "held" or args.flag("foreseen")
            return Outcome(changed=foreseen, after={"state": state}, evidence={"holds": True})
        # The provider puts each of its acts on record by itself.
        if state == "held":
            target = deployment_of(dict(args.mapping("target").get("to") or {}))
            found = provider.hold(target, args.text("reason"))
        else:
            found = provider.release(back=args.flag("back"), own=args.flag("own"))
            state = "held" if found.get("stays") else state
        changed = bool(found.get("changed", True))
        return Outcome(changed=changed, after={"state": state}, evidence={"holds": True, **found})
