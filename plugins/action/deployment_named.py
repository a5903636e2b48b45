"""Name what does not go back with the code. See plugins/modules/deployment_named.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment.base import DeploymentAction, deployment_of
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(DeploymentAction):
    """Reads only, so a rehearsal does the same. Each thing is a note: a person sees to it, or leaves it."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "target": {"type": "dict", "required": True},
        "before": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask the provider. Raises what a provider raises."""
        chosen = args.mapping("target")
        target = deployment_of(dict(chosen.get("to") or {}))
        before = dict(chosen.get("from") or {})
        # Where nobody knows what served before, what is named is what there is now.
        since = deployment_of(before) if before.get("id") else target
        named = list(self.provider().not_reverted(since, target))
        # Before the move it is part of the plan; what a person has to see to afterwards is told once, after it.
        findings = [
            Finding("note", f"deployment:stays:{one.kind}:{one.name}", f"{one.name}: {one.told}", one.next_step)
            for one in named
            if not args.flag("before")
        ]
        evidence: dict[str, object] = {"named": [asdict(one) for one in named]}
        evidence["told"] = [
            {"en": en, "ko": ko}
            for one in named
            for en, ko in ((one.told, one.told_ko), (one.next_step, one.next_step_ko))
            if en and ko
        ]
        return Outcome(changed=False, after={"named": len(named)}, evidence=evidence, findings=findings)
