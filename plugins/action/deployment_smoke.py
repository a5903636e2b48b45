"""Run the smoke test on the target itself, or on production. See plugins/modules/deployment_smoke.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from failback import http
from failback.action import Outcome
from failback.deployment import answers, own
from failback.deployment.base import DeploymentAction, deployment_of
from failback.errors import ConfigError, RefusedError
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.arguments import Arguments
    from failback.deployment.answers import Check


class ActionModule(DeploymentAction):
    """Asks only. Before the switch a problem refuses; after it, it is a finding: nothing goes back by itself."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "at": {"type": "str", "choices": ["target", "domains"], "required": True},
        "target": {"type": "dict", "required": True},
        "without_database": {"type": "bool", "default": False},
        "for_users": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 10.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask every address the same questions. Raises ConfigError for a smoke test that cannot be meant."""
        wanted = answers.checks(self.application().get("deployment_smoke") or [])
        if not wanted:
            raise ConfigError(f"deployment_smoke of {self.host} is empty: name at least one request that must work")
        target = dict(args.mapping("target").get("to") or {})
        return (
            self._target(args, wanted, target) if args.text("at") == "target" else self._domains(args, wanted, target)
        )

    def _target(self, args: Arguments, wanted: tuple[Check, ...], target: dict[str, Any]) -> Outcome:
        """Ask the target at its own address, before anything moves."""
        later = [one for one in wanted if one.database and args.flag("without_database")]
        now = [one for one in wanted if one not in later]
        evidence: dict[str, Any] = {"at": "target", "left_for_later": [one.path for one in later]}
        if args.mapping("target").get("already_live"):
            evidence["why_not"] = "it serves production already, and is asked there"
            return Outcome(changed=False, evidence=evidence)
        # Whether it is ready often depends on the database; which build it is does not.
        answers_at = self.build_place().path if args.flag("without_database") else ""
        way = own.address_of(self.provider(), deployment_of(target), rehearsal=self.check_mode, answers_at=answers_at)
        with way as found:
            if found.door is None:
                evidence["why_not"] = found.why_not
                return Outcome(changed=False, evidence=evidence, findings=self._untried(found.why_not))
            evidence |= self._ask(
                found.door, now, str(target.get("build") or ""), args.number("timeout"), found.headers
            )
        if evidence["problems"]:
            raise RefusedError(
                f"{target['id']} does not pass the smoke test at its own address, so nothing was moved:"
                f" {'; '.join(evidence['problems'])}",
                evidence,
            )
        return Outcome(changed=False, after={"passed": True}, evidence=evidence)

    def _untried(self, why: str) -> list[Finding]:
        if self.check_mode:
            return []
        told = f"the target could not be tried before production moved: {why}"
        return [Finding("warning", "deployment:untried", told)]

    def _domains(self, args: Arguments, wanted: tuple[Check, ...], target: dict[str, Any]) -> Outcome:
        """Ask production through every door, as it is now."""
        # In a rehearsal production was not moved: what serves now answers, and it need not pass.
        build = "" if self.check_mode else str(target.get("build") or "")
        doors = self.domains()
        with ThreadPoolExecutor(max_workers=min(8, len(doors))) as pool:
            seen = list(pool.map(lambda door: self._ask(door, wanted, build, args.number("timeout")), doors))
        evidence: dict[str, Any] = {"at": "domains", **dict(zip((d.name for d in doors), seen, strict=True))}
        problems = [problem for one in seen for problem in one["problems"]]
        if self.check_mode:
            return Outcome(changed=False, evidence=evidence)
        next_step = "production stays where it is: correct it forward, or go to another deployment"
        found = [
            Finding("blocker", f"deployment:smoke:{n}", told, next_step) for n, told in enumerate(problems, start=1)
        ]
        if args.flag("for_users"):
            told = "nobody looked at the service as a user does: the smoke test alone was asked"
            found.append(
                Finding("warning", "deployment:no_journeys", told, "write journeys, and set deployment_journeys")
            )
        return Outcome(changed=False, after={"passed": not problems}, evidence=evidence, findings=found)

    def _ask(
        self,
        door: http.Door,
        wanted: tuple[Check, ...] | list[Check],
        build: str,
        timeout: float,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Ask who answers, then each question; ``build`` is the one that must answer, "" any."""
        place = self.build_place()
        first = http.ask(door, place.path, timeout=timeout, unique=True, headers=headers)
        problems = [answers.served_problem(door.name, first, place, build)] if build else []
        asked: list[dict[str, object]] = []
        for check in wanted:
            reply = http.ask(door, check.path, timeout=timeout, headers=headers)
            found = answers.check_problems(door.name, reply, check)
            asked.append(reply.as_evidence() | {"problems": found})
            problems += found
        return {
            "url": door.url,
            "build": answers.build_of(first, place),
            "checks": asked,
            "problems": [problem for problem in problems if problem],
        }
