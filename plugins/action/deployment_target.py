"""Choose the deployment that production goes to. See plugins/modules/deployment_target.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar, cast

from failback.action import Outcome
from failback.deployment import plan, said
from failback.deployment.base import DeploymentAction
from failback.deployment.choose import Kind, choose
from failback.errors import RefusedError
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.deployment.model import Deployment
    from failback.deployment.provider import Provider


class ActionModule(DeploymentAction):
    """Reads only, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "to": {"type": "str", "default": ""},
        "kind": {"type": "str", "choices": ["rollback", "promote"], "default": "rollback"},
        "limit": {"type": "int", "default": 50},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Choose by the rule, or take what a person picked. Raises RefusedError where a person must decide."""
        provider = self.provider()
        kind = cast("Kind", args.text("kind"))
        project = provider.project()
        found = list(provider.deployments(args.count("limit")))
        picked = self._picked(provider, found, args.text("to"))
        chosen = choose(found, project, kind, picked)
        source = plan.moved_from(project, found, chosen.target.id)
        problems: list[object] = [] if chosen.live else list(provider.problems(chosen.target, kind))
        evidence: dict[str, object] = {
            **chosen.as_dict(),
            "kind": kind,
            "from": self._source(provider, found, source),
            "live": project.live,
            "domains": list(project.domains),
            "problems": [str(one) for one in problems],
            "told": said.pairs([*problems, *chosen.warnings]),
        }
        findings = [
            Finding("blocker", f"deployment:problem:{n}", str(told)) for n, told in enumerate(problems, start=1)
        ]
        findings += [
            Finding("warning", f"deployment:pick:{n}", told.en) for n, told in enumerate(chosen.warnings, start=1)
        ]
        return Outcome(changed=False, before=project.live, after=chosen.target.id, evidence=evidence, findings=findings)

    @staticmethod
    def _picked(provider: Provider, found: list[Deployment], name: str) -> Deployment | None:
        if not name:
            return None
        return next((one for one in found if name in {one.id, one.address}), None) or provider.find(name)

    @staticmethod
    def _source(provider: Provider, found: list[Deployment], name: str) -> dict[str, Any]:
        """Give the one production moves away from; of one that the provider forgot there is only the id."""
        known = next((one for one in found if one.id == name), None)
        if known is not None:
            return known.as_dict()
        try:
            return provider.find(name).as_dict() if name else {"id": ""}
        except RefusedError:
            return {"id": name}
