"""Move production to another deployment. See plugins/modules/deployment_switch.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment import request
from failback.deployment.base import DeploymentAction, deployment_of
from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.deployment.model import Deployment, Project
    from failback.deployment.provider import Provider


class ActionModule(DeploymentAction):
    """Never a rebuild, never back by itself. Success is that the request that ended is ours, and the target is live."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "target": {"type": "dict", "required": True},
        "reason": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, move, look again. Raises RefusedError where somebody else moved it, FailbackError where it failed."""
        chosen = args.mapping("target")
        target, kind = deployment_of(dict(chosen.get("to") or {})), str(chosen.get("kind") or "rollback")
        provider = self.provider()
        before = provider.project()
        evidence: dict[str, Any] = {"kind": kind, "from": before.live, "to": target.id, "beside": list(before.beside)}
        self._refuse_a_third(before, chosen, target)
        there = before.live == target.id and not before.beside and not before.moving
        if there or self.check_mode:
            return Outcome(not there, before.live, target.id, evidence | {"request": None, "seconds": 0.0})
        begun, since = time.monotonic(), datetime.now(UTC)
        with self.act(
            "move production to another deployment", app=self.host, to=target.id, since=before.live
        ) as record:
            asked = provider.switch(target, kind, args.text("reason"), self.told)
            evidence |= {"request": asdict(asked), "seconds": round(time.monotonic() - begun, 2)}
            record |= {"request": asdict(asked)}
            if problem := request.problem(asked, target.id, kind, since):
                raise FailbackError(problem, evidence)
        return self._proven(provider, target, before, evidence)

    @staticmethod
    def _refuse_a_third(before: Project, chosen: dict[str, Any], target: Deployment) -> None:
        """Refuse when production stands where nobody who confirmed the plan saw it."""
        expected = {target.id, str(chosen.get("live") or ""), str(dict(chosen.get("from") or {}).get("id") or "")}
        if before.live not in expected:
            raise RefusedError(
                f"production moved to {before.live} since the plan was made: look again before anything is done"
            )

    @staticmethod
    def _proven(provider: Provider, target: Deployment, before: Project, evidence: dict[str, Any]) -> Outcome:
        after = provider.project()
        evidence["live"] = after.live
        if after.live != target.id:
            raise FailbackError(
                f"the request ended, but {after.live} serves production, not {target.id}: somebody else moved it;"
                " look again, then decide",
                evidence,
            )
        if after.beside:
            evidence["beside"] = list(after.beside)
            raise FailbackError(f"{', '.join(after.beside)} still serves production beside {target.id}", evidence)
        return Outcome(before.live != after.live, before.live, after.live, evidence)
