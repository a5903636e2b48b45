"""Prove on every domain which build serves. See plugins/modules/deployment_served.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment import own, serving
from failback.deployment.base import DeploymentAction, bare, names_of
from failback.deployment.serving import Wanted
from failback.errors import ConfigError, FailbackError
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.deployment.model import Project
    from failback.deployment.provider import Provider
    from failback.http import Door

_SILENCES = 3  # requests without any answer after which a domain that the site does not name is given up


class ActionModule(DeploymentAction):
    """Asks only. What does not hold is a finding: production has moved, and nothing goes back by itself."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "target": {"type": "dict", "required": True},
        "times": {"type": "int", "default": 5},
        "within": {"type": "float", "default": 30.0},
        "timeout": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask domains and hosts until each answered rightly ``times`` times in a row, or ``within`` is over."""
        chosen = args.mapping("target")
        wanted = Wanted(
            self.build_place(),
            str(dict(chosen.get("to") or {}).get("build") or ""),
            str(dict(chosen.get("from") or {}).get("build") or ""),
            args.count("times"),
            args.number("within"),
            args.number("timeout"),
        )
        if not wanted.build:
            raise ConfigError("the chosen deployment has no build id, so its answers cannot be told from another's")
        provider, doors = self.provider(), self.domains()
        if self.check_mode:
            return Outcome(changed=False, after=wanted.build, evidence={"would_ask": [door.url for door in doors]})
        with own.each_host(provider) as hosts, ThreadPoolExecutor(max_workers=min(16, len(doors) + len(hosts))) as pool:
            seen = list(pool.map(lambda door: serving.settle(door, wanted), [*doors, *hosts]))
        findings = [
            Finding(
                "blocker", f"deployment:served:{door.name}", problem, "look again: rollback-runner deployment status"
            )
            for door, (_, problem) in zip([*doors, *hosts], seen, strict=True)
            if problem
        ]
        evidence: dict[str, Any] = {"wanted": wanted.build, "faulty": wanted.faulty}
        evidence["doors"] = [found for found, _ in seen]
        try:
            project = provider.project()
        except FailbackError as error:
            # The doors themselves have answered; that the provider is silent now does not change what they said.
            told = f"what the provider itself says of production could not be read: {error}"
            findings.append(Finding("warning", "deployment:provider_silent", told))
            return self._outcome(evidence, findings)
        evidence["live"] = project.live
        others, more = self._others(provider, [*project.domains, *chosen.get("domains", ())], doors, wanted)
        evidence["others"] = others
        findings += [*more, *self._beside(project, str(dict(chosen.get("to") or {}).get("id") or ""))]
        return self._outcome(evidence, findings)

    @staticmethod
    def _outcome(evidence: dict[str, Any], findings: list[Finding]) -> Outcome:
        proven = not any(one.severity == "blocker" for one in findings)
        return Outcome(changed=False, after={"proven": proven}, evidence=evidence, findings=findings)

    @staticmethod
    def _others(
        provider: Provider, domains: list[str], doors: list[Door], wanted: Wanted
    ) -> tuple[list[dict[str, Any]], list[Finding]]:
        """Ask the domains that only the provider knows, now or before the move, as often as the others, and count them.

        One that does not answer from here, or does not name its build, is not proven, and is listed with the reason.
        """
        known = names_of(doors)
        names = [name for name in dict.fromkeys(map(bare, domains)) if name and name not in known]
        if not names:
            return [], []
        ways = [own.way_in(provider, name) for name in names]
        with ThreadPoolExecutor(max_workers=min(16, len(ways))) as pool:
            seen = list(pool.map(lambda way: serving.settle(way, wanted, silences=_SILENCES), ways))
        asked, findings = [], []
        for name, (found, problem) in zip(names, seen, strict=True):
            builds = [one for one in found["answers"] if not one.startswith("status ")]
            wrong = [one for one in builds if one != wanted.build]
            asked.append({"domain": name, **found, "proven": not problem and not wrong, "problem": problem})
            if wrong:
                told = problem or f"{name} answered with build {', '.join(wrong)} too"
                step = "look again: rollback-runner deployment status"
                findings.append(Finding("blocker", f"deployment:served:{name}", told, step))
            elif problem:
                told = f"not proven for {name}, a production domain by the provider's list: {problem}"
                step = "ask it yourself, and add it to deployment_domains, so that it is proven as the others are"
                findings.append(Finding("warning", f"deployment:served:{name}", told, step))
        return asked, findings

    @staticmethod
    def _beside(project: Project, target: str) -> list[Finding]:
        """Say what the provider itself sees of other deployments in production."""
        if project.live != target:
            told = f"the provider says that {project.live} serves production, not {target}"
            return [Finding("blocker", "deployment:live", told, "look again: rollback-runner deployment status")]
        if not project.beside:
            return []
        told = f"{', '.join(project.beside)} still serves production beside {target}"
        return [Finding("blocker", "deployment:beside", told, "look again: rollback-runner deployment status")]
