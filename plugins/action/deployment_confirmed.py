"""Check that a person confirmed what would be done now. See plugins/modules/deployment_confirmed.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import incident
from failback.action import Outcome
from failback.deployment import answers, plan
from failback.deployment.base import DeploymentAction
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.journeys import model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.arguments import Arguments

_JOURNEYS = "DEPLOY-10"
_KEPT = "deployment-plan"
_STOPS = ("forward", "refuse")


class ActionModule(DeploymentAction):
    """Looks only. ``part: look`` writes the plan down; ``part: confirm`` refuses what nobody confirmed."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "part": {"type": "str", "choices": ["look", "confirm"], "default": "confirm"},
        "site": {"type": "str", "required": True},
        "target": {"type": "dict", "required": True},
        "gate": {"type": "dict", "default": {}},
        "choice": {"type": "dict", "default": {}},
        "digest": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Write the plan of now down and compare. Raises RefusedError."""
        self._readable()
        now = self._plan(args)
        digest, confirmed = plan.digest(now), args.text("digest").strip().lower()
        evidence: dict[str, object] = {"plan": now, "digest": digest, "confirmed": confirmed}
        if args.text("part") == "look":
            return Outcome(changed=False, after=digest, evidence=evidence)
        self._refuse_what_stops(args, evidence)
        if not confirmed and self.check_mode:
            msg = f"a real run goes on only when this plan is confirmed: {digest}"
            return Outcome(changed=False, after=digest, evidence=evidence | {"by": "rehearsal"}, msg=msg)
        if not confirmed:
            raise RefusedError(
                f"nobody confirmed this plan yet: look at it, then run again with deployment_plan={digest}", evidence
            )
        evidence["by"] = self._judge(now, digest, confirmed, evidence)
        return Outcome(changed=False, after=digest, evidence=evidence)

    def _readable(self) -> None:
        """Read now what is needed once production has moved: nobody wants to find a slip of the pen there.

        Raises ConfigError.
        """
        application = self.application()
        self.build_place()
        if not answers.checks(application.get("deployment_smoke") or []):
            raise ConfigError(f"deployment_smoke of {self.host} is empty: name at least one request that must work")
        directory = str(application.get("deployment_journeys") or "")
        if directory and not any(one.proves == _JOURNEYS for one in model.read(directory).journeys):
            raise ConfigError(
                f"no journey in {directory} proves {_JOURNEYS}: write one, or leave deployment_journeys out"
            )

    def _plan(self, args: Arguments) -> dict[str, Any]:
        application = self.application()
        target = args.mapping("target")
        return plan.content(
            site=args.text("site"),
            application=self.host,
            provider=str(application.get("deployment_provider")),
            kind=str(target.get("kind") or "rollback"),
            source=str(dict(target.get("from") or {}).get("id") or ""),
            target=str(dict(target.get("to") or {}).get("id") or ""),
            domains=[f"{door.url} {door.host_header}".strip() for door in self.domains()],
            gate=args.mapping("gate") if args.given("gate") else None,
            choice=args.mapping("choice") if args.given("choice") else None,
        )

    @staticmethod
    def _refuse_what_stops(args: Arguments, evidence: dict[str, object]) -> None:
        """Refuse what no confirmation may carry out: a target that cannot serve, a database that forbids it."""
        target, choice = args.mapping("target"), args.mapping("choice")
        if problems := [str(one) for one in target.get("problems") or ()]:
            raise RefusedError(f"production cannot move to it: {'; '.join(problems)}", evidence)
        if choice.get("strategy") in _STOPS:
            said = " ".join(str(dict(choice.get(key) or {}).get("en") or "").strip() for key in ("why", "next_step"))
            raise RefusedError(f"nothing is rolled back: {said.strip()}", evidence)

    def _judge(self, now: dict[str, Any], digest: str, confirmed: str, evidence: dict[str, object]) -> str:
        if confirmed == digest:
            self.keep(_KEPT, {"digest": digest, "plan": now})
            return "digest"
        kept = self._kept(confirmed)
        if kept is not None and plan.rest_of(kept, now):
            return "rest of a confirmed plan"
        differs = f" (it differs in {', '.join(plan.differences(kept, now))})" if kept is not None else ""
        raise RefusedError(
            f"what would be done now is not the plan {confirmed[:12]} that was confirmed{differs}: look at the new"
            f" plan and confirm it ({digest})",
            evidence,
        )

    def _kept(self, confirmed: str) -> Mapping[str, Any] | None:
        """Find the plan that this digest was confirmed with, in the open incident."""
        place = incident.of_environment()
        if place is None:
            return None
        try:
            found = incident.facts(place).get(f"{_KEPT}.{self.host}".lower())
        except FailbackError:
            return None
        content = found.get("plan") if isinstance(found, dict) else None
        return content if isinstance(content, dict) and plan.digest(content) == confirmed else None
