"""List an application's deployments, each with its mark. See plugins/modules/deployment_list.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment import marks
from failback.deployment.base import DeploymentAction, bare, names_of
from failback.deployment.knows import knowing
from failback.errors import FailbackError
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.arguments import Arguments
    from failback.deployment.model import Deployment, Project


class ActionModule(DeploymentAction):
    """Reads only, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "limit": {"type": "int", "default": 50},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read, mark, and say which code knows the database as it is. Raises what a provider raises."""
        provider = self.provider()
        project = provider.project()
        found = list(provider.deployments(args.count("limit")))
        judged = marks.of_all(found, project)
        known, findings = self._knowing(found)
        application = self.application()
        rows = [one.as_dict() | {"mark": judged[one.id].as_dict(), "knows": known.get(one.id)} for one in found]
        named = {
            word: next((one.id for one in found if judged[one.id].word == word), "") for word in ("live", "previous")
        }
        evidence: dict[str, object] = {
            "application": self.host,
            "title": application.get("deployment_title") or {},
            "provider": str(application.get("deployment_provider")),
            "project": project.as_dict(),
            "deployments": rows,
            **named,
        }
        return Outcome(changed=False, after=named, evidence=evidence, findings=[*findings, *self._odd(project)])

    def _knowing(self, found: Sequence[Deployment]) -> tuple[dict[str, dict[str, str]], list[Finding]]:
        """Say of each whether its code knows the database; what cannot be told is no reason to list nothing."""
        try:
            return knowing(self.application(), found), []
        except FailbackError as error:
            why = f"it cannot be told which code knows the database as it is: {error}"
            unknown = {one.id: {"state": "unknown", "why": why} for one in found}
            return unknown, [Finding("warning", "deployment:knows", why)]

    def _odd(self, project: Project) -> list[Finding]:
        """Name what a person should know of production before anything is chosen."""
        ways = names_of(self.domains())
        odd = [
            Finding(
                "warning",
                f"deployment:domain:{name}",
                f"{name} leads to production and is not in deployment_domains, so it is only asked in passing",
                "add it to deployment_domains",
            )
            for name in project.domains
            if bare(name) not in ways
        ]
        if project.beside:
            told = f"{', '.join(project.beside)} serves production beside {project.live}"
            odd.append(Finding("warning", "deployment:beside", told, "find out why before anything moves"))
        return odd + [Finding("note", f"deployment:limit:{n}", told) for n, told in enumerate(project.limits, start=1)]
