"""Say whether the next push undoes the rollback. See plugins/modules/deployment_pushes.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import shlex
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment.base import DeploymentAction
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.deployment.model import Project


class ActionModule(DeploymentAction):
    """Reads only, so a rehearsal does the same. Changes no setting: pushes are let through again by a person's word."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "kind": {"type": "str", "choices": ["rollback", "promote"], "default": "rollback"},
        "site_path": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read the provider's setting and judge it. Raises what a provider raises."""
        project = self.provider().project()
        where = f" -i {shlex.quote(args.text('site_path'))}" if args.given("site_path") else ""
        undo = f"rollback-runner deployment undo{where} --app {self.host}"
        evidence: dict[str, object] = {
            "auto_assign": project.auto_assign,
            "live": project.live,
            "undo": undo,
            "pinned": project.auto_assign is False,
        }
        rehearsed = self.check_mode and args.text("kind") == "rollback"
        findings = [] if rehearsed else self._judge(project, args.text("kind"), undo)
        return Outcome(changed=False, after=project.auto_assign, evidence=evidence, findings=findings)

    @staticmethod
    def _judge(project: Project, kind: str, undo: str) -> list[Finding]:
        if kind == "promote":
            if project.auto_assign is False:
                told = "new pushes to the production branch still do not serve production by themselves"
                return [
                    Finding("warning", "deployment:pushes", told, "turn auto-assignment on where that is not meant")
                ]
            return []
        if project.auto_assign is False:
            told = "new pushes to the production branch do not serve production until somebody says so"
            return [Finding("note", "deployment:pushes", told, f"to end it: {undo}")]
        told = (
            "the next push to the production branch serves production by itself and undoes this rollback"
            if project.auto_assign
            else "it is not known whether the next push undoes this rollback: the provider does not say"
        )
        step = "stop deployments of the production branch until the fault is corrected"
        return [Finding("blocker", "deployment:pushes", told, step)]
