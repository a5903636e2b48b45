"""Say whether the next push undoes the rollback. See plugins/modules/deployment_pushes.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import shlex
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment import said
from failback.deployment.base import DeploymentAction
from failback.deployment.said import Said
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.deployment.model import Project
    from failback.findings import Severity

_STILL_HELD = Said(
    "new pushes to the production branch still do not serve production by themselves",
    "운영 브랜치의 새 푸시가 여전히 운영에 자동으로 반영되지 않습니다",
)
_TURN_ON = Said("turn auto-assignment on where that is not meant", "의도한 것이 아니면 자동 반영을 켜십시오")
_HELD = Said(
    "new pushes to the production branch do not serve production until somebody says so",
    "누군가 풀기 전에는 운영 브랜치의 새 푸시가 운영에 반영되지 않습니다",
)
_TO_END = Said("to end it: {undo}", "끝내려면: {undo}")
_UNDOES = Said(
    "the next push to the production branch serves production by itself and undoes this rollback",
    "운영 브랜치에 다음 푸시가 들어오면 저절로 운영에 반영되어 이 롤백을 덮어씁니다",
)
_UNKNOWN = Said(
    "it is not known whether the next push undoes this rollback: the provider does not say",
    "다음 푸시가 이 롤백을 덮어쓰는지 제공 측이 알려 주지 않아 알 수 없습니다",
)
_STOP = Said(
    "stop deployments of the production branch until the fault is corrected",
    "문제를 고칠 때까지 운영 브랜치의 배포를 멈추십시오",
)


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
        if rehearsed or not (judged := self._judge(project, args.text("kind"), undo)):
            return Outcome(changed=False, after=project.auto_assign, evidence=evidence)
        severity, told, step = judged
        finding = Finding(severity, "deployment:pushes", told.en, step.en)
        evidence["told"] = said.pairs([told, step])
        return Outcome(changed=False, after=project.auto_assign, evidence=evidence, findings=[finding])

    @staticmethod
    def _judge(project: Project, kind: str, undo: str) -> tuple[Severity, Said, Said] | None:
        if kind == "promote":
            return ("warning", _STILL_HELD, _TURN_ON) if project.auto_assign is False else None
        if project.auto_assign is False:
            return "note", _HELD, _TO_END.filled(undo=undo)
        return "blocker", _UNDOES if project.auto_assign else _UNKNOWN, _STOP
