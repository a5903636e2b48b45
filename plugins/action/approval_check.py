"""Check that a role has signed the frozen plan. Documentation: plugins/modules/approval_check.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import FailbackAction, Outcome
from failback.approval import look, policy, statement
from failback.errors import ConfigError
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.approval.judge import Judged
    from failback.approval.policy import Policy
    from failback.approval.words import Problem
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Looks only; the same in a rehearsal. Whose word is missing is waited for, what is wrong is a blocker."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "role": {"type": "str", "required": True, "choices": list(policy.ROLES)},
        "approvals": {"type": "dict"},
        "site": {"type": "str", "required": True},
        "critical": {"type": "bool", "required": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Say who signed, or who must. Raises ConfigError for a policy that cannot be understood."""
        role = args.text("role")
        if not args.given("approvals"):
            why = "this site asks for no approvals: site_approvals is not set"
            finding = Finding("warning", "approval:not_asked", why, "docs/inventory.md says what it takes")
            return Outcome(changed=False, evidence={"asked": False}, msg=why, findings=[finding])
        asked = policy.read(
            {
                "site_approvals": args.mapping("approvals"),
                "site_name": args.text("site"),
                "site_critical": args.flag("critical"),
            }
        )
        place = incident.of_environment()
        if asked is None or place is None:
            raise ConfigError("no incident is open, so nobody can have signed: start this with rollback-runner")
        seen, judged = look.at_once(place, asked)
        evidence: dict[str, object] = {"asked": True, "plan": seen.plan.digest, "made_by": seen.plan.maker}
        if role not in asked.required:
            evidence |= {"required": False, **_granted(judged, role)}
            return Outcome(changed=False, evidence=evidence, msg=f"the site is not critical: no {role} needs to sign")
        return self._judged(asked, judged, role, evidence)

    def _judged(self, asked: Policy, judged: Judged, role: str, evidence: dict[str, object]) -> Outcome:
        evidence |= {"required": True, **_granted(judged, role)}
        # What concerns all roles is told once, where the first of them is looked at.
        mine = [one for one in judged.problems if one.role == role or (not one.role and role == asked.required[0])]
        shared = [one for one in judged.problems if not one.role]
        found = [_finding(one, "blocker") for one in mine if not one.waits]
        found += [_finding(one, "warning") for one in judged.remarks if one.role == role]
        missing = next((one for one in [*mine, *shared] if one.waits), None)
        waiting = missing.told() if missing else ""
        if shared and not found and not waiting:
            waiting = f"nothing can be said of the approval of {role}: {shared[0].sentence()}"
        return Outcome(changed=False, evidence=evidence, findings=found, waiting=waiting)


def _granted(judged: Judged, role: str) -> dict[str, object]:
    one = judged.of(role)
    if one is None:
        return {}
    said = one.statement
    return {
        "by": said.principal,
        "key": one.key,
        "conditions": said.conditions,
        "made_at": statement.moment_text(said.made_at),
        "expires_at": statement.moment_text(said.expires_at or said.made_at),
    }


def _finding(problem: Problem, severity: str) -> Finding:
    assert severity in {"blocker", "warning"}
    return Finding(severity, problem.key, problem.sentence(), problem.next_step())  # type: ignore[arg-type]
