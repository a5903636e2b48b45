"""Hold requests while an application's database changes, and let them go. See plugins/modules/deployment_hold.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment.base import DeploymentAction, deployment_of
from failback.deployment.database.model import CODE_ONLY
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.settings import Settings
from failback.errors import RefusedError

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
            if args.flag("back") and not args.flag("own"):
                self._refuse_unfit(provider)
            found = provider.release(back=args.flag("back"), own=args.flag("own"))
            state = "held" if found.get("stays") else state
        changed = bool(found.get("changed", True))
        return Outcome(changed=changed, after={"state": state}, evidence={"holds": True, **found})

    def _refuse_unfit(self, provider: Any) -> None:
        """Refuse to start again what the database does not fit any more. Raises RefusedError, UnreachableError.

        Only the run that began a hold knows how far it came; anybody else asks the database itself.
        """
        application = self.application()
        held = provider.held()
        if held is None or not application.get("deployment_migrations"):
            return
        settings = Settings.of_application(application)
        known = {one.id: one.commit for one in provider.deployments()}
        look = Look.at(settings)
        for name in sorted({one for one in held.before.values() if one}):
            commit = known.get(name, "")
            gate = look.gate(commit, commit) if commit else None
            if gate is None or gate.verdict not in CODE_ONLY or gate.pending or gate.half_applied:
                raise RefusedError(
                    f"requests stay held: the database does not fit {name} any more, or cannot be held against it. Run"
                    " the rollback again: it goes on where it was cut off",
                    {"before": dict(held.before), "verdict": gate.verdict if gate else "unknown"},
                )
